import { describe, expect, it } from 'vitest'
import { RecordingConverter } from '../../src/record/converter.js'
import { RECORDED_EVENTS } from '../../src/record/events.js'
import { auditOf, read } from '../audit/trace.js'

const HEADER = ['#recorder\t1', '#kernel\tLinux 6.18.0\t#1 SMP', '#command\tkernel-sim record']

/** The recording that becomes of what the script printed. */
function convert(lines: readonly string[], skipped = -1): string[] {
  const written: string[] = []
  const converter = new RecordingConverter((line) => written.push(line))
  for (const line of lines) converter.line(line)
  converter.end(skipped)
  return written
}

const VALUES = { number: '1', address: '0xffff888100000000', symbol: 'some_function', text: 'x y' }

const STACK = ['', '        kmem+1', '        user+2', '~']
const SHORT = ['', '        kmem+1', '~']

/** What the script prints of one event. */
function printed(event: string, { time = 100, comm = 'wl', stack = STACK } = {}) {
  const index = RECORDED_EVENTS.findIndex((each) => each.event === event)
  const recorded = RECORDED_EVENTS[index]
  const values = recorded?.fields.map(({ type }) => VALUES[type]) ?? []
  const line = [`@${index}`, time, 1, 42, 0x40000, ...values, comm].join('\t')
  return recorded?.stack ? [line, ...stack, '', '        kmem+1', '$'] : [line]
}

describe('the converter', () => {
  it('makes an event that an audit reads of every tracepoint', async () => {
    const lines = RECORDED_EVENTS.flatMap(({ event }, i) => printed(event, { time: 1000 + i }))
    const { reading, events } = await read(convert([...HEADER, ...lines], 5).join('\n'))
    expect(reading).toMatchObject({ damaged: 0, lost: 0, events: RECORDED_EVENTS.length })
    expect(reading.recorders).toEqual([
      {
        kernel: 'Linux 6.18.0 #1 SMP',
        command: 'kernel-sim record',
        events: RECORDED_EVENTS.length,
        lost: 0,
        skipped: 5,
      },
    ])
    expect(events.map(({ event }) => event)).toEqual(RECORDED_EVENTS.map(({ event }) => event))
    expect(events[0]).toMatchObject({
      time: 1000,
      cpu: 1,
      pid: 42,
      comm: 'wl',
      taskFlags: 0x40000,
      stack: { frames: ['kmem+1', 'user+2'], truncated: false },
      site: 'some_function',
      gfp: 1,
    })
    expect(events.find(({ event }) => event === 'workqueue_queue_work')).toMatchObject({
      work: '0xffff888100000000',
      workqueue: 'x y',
    })
  })

  it('takes the most complete of the stacks that were not lost, also of older scripts, which printed three', () => {
    const stacks = [
      [...STACK, ...SHORT],
      ['~', ...STACK],
      ['~', '', ...Array(18).fill('        f+1'), '~'],
      ['~', '~'],
    ].map((stack) => JSON.parse(convert(printed('kmalloc', { stack })).at(0) ?? ''))
    expect(stacks[0]).toMatchObject({ st: 'kmem+1;user+2' })
    expect(stacks[1]).toMatchObject({ st: 'kmem+1;user+2' })
    expect(stacks[2]).toMatchObject({ st_trunc: 18 })
    expect(stacks[3]).toMatchObject({ st: 'kmem+1' })
    expect(stacks.map(({ st_trunc }) => st_trunc)).toEqual([undefined, undefined, 18, undefined])
    const twelve = printed('kmalloc', { stack: ['~', '', ...Array(11).fill('        f+1')] })
    expect(JSON.parse(convert(twelve)[0] ?? '')).toMatchObject({ st_trunc: 12 })
    const lost = printed('kmalloc', { stack: ['~', '~'] }).filter((line) => !line.includes('+1'))
    expect(JSON.parse(convert(lost)[0] ?? '')).toMatchObject({ st_lost: 1 })
  })

  it('says nothing about tasks that were not looked at', async () => {
    const index = RECORDED_EVENTS.findIndex(({ event }) => event === 'workqueue_queue_work')
    const line = `@${index}\t5\t0\t-1\t0\t0x1\tfn\twq\t(other)`
    const written = convert([line, '!$'])
    expect(written[0]).not.toContain('"st')
    const { events } = await read(written.join('\n'))
    expect(events).toMatchObject([{ pid: -1, taskFlags: undefined, stack: undefined, fn: 'fn' }])
  })

  it('puts events in order of time', () => {
    const times = [5, 3, 9, 1, 7, 1]
    const lines = times.flatMap((time) => printed('mm_vmscan_kswapd_sleep', { time }))
    const written = convert(lines).slice(0, -1)
    expect(written.map((line) => JSON.parse(line).ts)).toEqual([1, 1, 3, 5, 7, 9])
  })

  it('counts what bpftrace says it lost', async () => {
    const lines = [...HEADER, ...printed('kmalloc'), 'Lost 12 events', 'Lost 1 events']
    const { reading } = await read(convert(lines).join('\n'))
    expect(reading).toMatchObject({ lost: 13, recorders: [{ lost: 13, skipped: undefined }] })
  })

  it('keeps names that hold anything', async () => {
    const comm = 'a\tb"\\\u0007'
    const { events, reading } = await read(convert(printed('kmalloc', { comm })).join('\n'))
    expect(events).toMatchObject([{ comm }])
    expect(reading.damaged).toBe(0)
  })

  it('counts what it cannot read, wherever the output is cut', () => {
    const text = [...HEADER, ...printed('kmalloc'), ...printed('kmalloc')].join('\n')
    for (let end = 0; end <= text.length; end++) {
      const written = convert(text.slice(0, end).split('\n'))
      const trailer = JSON.parse(written.at(-1) ?? '')
      const events = written.filter((line) => line.includes('"ev"')).length
      expect(trailer.events).toBe(events)
      expect(trailer.damaged).toBeLessThanOrEqual(1)
      if (end > text.indexOf('@') && end < text.length && events < 1) {
        expect(trailer.damaged, String(end)).toBe(1)
      }
    }
  })

  it.each([
    ['a foreign line', 'hello'],
    ['an unknown event', '@99\t1\t1\t1\t0\tx'],
    ['a number that is none', '@12\tx\t1\t1\t0\t0\twl'],
    ['a field that is no number', '@12\t1\t1\t1\t0\tx\twl'],
    ['missing values', '@0\t1\t1\t1\t0\twl'],
  ])('counts %s', async (_, line) => {
    const written = convert([line, ...printed('kmalloc')])
    expect(JSON.parse(written.at(-1) ?? '')).toMatchObject({ events: 1, damaged: 1 })
    expect((await auditOf(written.join('\n'))).reading.damaged).toBe(0)
  })

  it('goes on after an event whose stack broke off', () => {
    const [broken = ''] = printed('kmalloc')
    const written = convert([broken, '        kmem+1', ...printed('kmalloc')])
    expect(JSON.parse(written.at(-1) ?? '')).toMatchObject({ events: 1, damaged: 1 })
  })
})
