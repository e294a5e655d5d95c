/** What a reader remembers of the lines before may make it fast, but never changes what a line says. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { read } from '../audit/trace.js'

const KMALLOC =
  'kmalloc: call_site=f+0x1/0x2 ptr=0 bytes_req=8 bytes_alloc=8 gfp_flags=GFP_KERNEL node=-1 accounted=false'

/** An event of ftrace with its stack, in a column of this width. */
function event(task: string, width: number, frames: readonly string[] = []): string {
  const head = `${task.padStart(width)} [000] ..... 1.000001: `
  const stack = frames.length === 0 ? '' : `${head}<stack trace>\n`
  return `${head}${KMALLOC}\n${stack}${frames.map((frame) => ` => ${frame}\n`).join('')}`
}

/** What of the events of a text does not depend on where in a recording it stands. */
async function eventsOf(text: string, before = '', chunk?: number) {
  const { events } = await read(before + text, chunk)
  const lines = before.split('\n').length - 1
  return events
    .map(({ line, ...rest }) => ({ line: line - lines, ...rest }))
    .filter(({ line }) => line > 0)
}

describe('a text of ftrace', () => {
  it('keeps its stacks whole where the next line has its CPU further left, by the length of a frame', async () => {
    // ` => abc` and its line break are as long as the columns are apart.
    const { events, reading } = await read(
      event('wl-a-1', 20, ['x', 'abc']) + event('wl-b-2', 12, ['y']),
    )
    expect(events.map(({ stack }) => stack?.path)).toEqual(['x;abc', 'y'])
    expect(reading.damaged).toBe(0)
  })

  it('has an empty line before one with its CPU further left', async () => {
    const { events, reading } = await read(`${event('wl-a-1', 20)}\n${event('wl-b-2', 19)}`)
    expect(events.map(({ line, pid }) => [line, pid])).toEqual([
      [1, 1],
      [3, 2],
    ])
    expect(reading).toMatchObject({ lines: 3, blank: 1, damaged: 0 })
  })

  it('has lines that end after their time: they take nothing of the next', async () => {
    const { events, reading } = await read(
      `${event('wl-a-1', 20)}wl-a-1 [000] ..... 1.000001: \n\n${event('wl-b-2', 20)}`,
    )
    expect(events.map(({ line }) => line)).toEqual([1, 4])
    expect(reading).toMatchObject({ lines: 4, blank: 1, damaged: 1, ignored: 0 })
  })

  it('has lines that end before their time: the next one does not lend them its own', async () => {
    const { events, reading } = await read(
      `${event('wl-a-1', 20)}wl-a-1 [000] ..\nx 1.000001: ${KMALLOC}\n${event('wl-b-2', 20)}`,
    )
    expect(events.map(({ line }) => line)).toEqual([1, 4])
    expect(reading).toMatchObject({ lines: 4, ignored: 0 })
    expect(reading.damage).toMatchObject([
      { kind: 'truncated', count: 1, samples: [{ line: 2 }] },
      { kind: 'foreign', count: 1, samples: [{ line: 3 }] },
    ])
  })

  it('has the CPU after the name of the task, also if that has something like it where one stood before', async () => {
    const { events } = await read(event('wl-a-1', 10) + event('0123456789 [000] b-2', 30))
    expect(events.map(({ comm, pid, cpu }) => [comm, pid, cpu])).toEqual([
      ['wl-a', 1, 0],
      ['0123456789 [000] b', 2, 0],
    ])
  })
})

const name = fc.constantFrom(
  'a',
  'bb',
  'jbd2/dm-3',
  'my task',
  'x [000] y',
  '[000]',
  'kworker/u8:7',
)
const task = fc.tuple(name, fc.nat(70_000)).map(([comm, pid]) => `${comm}-${pid}`)
const frame = fc.stringMatching(/^[a-z_]{1,24}$/)
const flags = fc.constantFrom('.....', 'd..1.', '..s1.', '')
const other = fc.constantFrom('', '#', '# tracer: nop', 'CPU:1 [LOST 3 EVENTS]', 'dmesg says hello')

const ftrace = fc
  .tuple(task, fc.nat(30), fc.nat(1200), flags, fc.array(frame, { maxLength: 6 }), fc.option(other))
  .map(([who, width, cpu, flag, frames, after]) => {
    const head = `${who.padStart(width)} [${String(cpu).padStart(3, '0')}] ${flag} 1.000001: `
    const stack = frames.length === 0 ? '' : `${head}<stack trace>\n`
    const last = after === null ? '' : `${after}\n`
    return `${head}${KMALLOC}\n${stack}${frames.map((f) => ` => ${f}\n`).join('')}${last}`
  })

const perf = fc
  .tuple(task, fc.nat(1200), fc.array(frame, { maxLength: 6 }), fc.option(other))
  .map(([who, cpu, frames, after]) => {
    const chain = frames.map((f) => `\tffffffff81634007 ${f}+0x237 ([kernel.kallsyms])\n`).join('')
    const last = after === null ? '' : `${after}\n`
    return `${who.replace(/-(\d+)$/, ' $1')} [${String(cpu).padStart(3, '0')}] 1.000001: kmem:${KMALLOC}\n${chain}${last}`
  })

describe.each([
  ['ftrace', ftrace],
  ['perf', perf],
])('any text of %s', (_format, records) => {
  const texts = fc.array(records, { minLength: 1, maxLength: 8 }).map((each) => each.join(''))

  it('says the same after any other text, and however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        texts,
        texts,
        fc.integer({ min: 1, max: 200 }),
        async (before, text, chunk) => {
          const alone = await eventsOf(text)
          expect(await eventsOf(text, before)).toEqual(alone)
          expect(await eventsOf(text, before, chunk)).toEqual(alone)
        },
      ),
      { numRuns: 200 },
    )
  })
})
