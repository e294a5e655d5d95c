/**
 * Recordings that came another way than as files: the same text with something around each line says the same. They are longer than a block of
 * bytes, so that stacks are cut at every place.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { TraceEvent } from '../../src/trace/event.js'
import { read } from '../audit/trace.js'

const linesOf = (name: string) =>
  gunzipSync(readFileSync(new URL(`../data/${name}`, import.meta.url)))
    .toString('latin1')
    .split('\n')
    .slice(0, 2500)
const recordings = { ftrace: linesOf('ftrace.txt.gz'), perf: linesOf('perf.txt.gz') }

const said = (events: readonly TraceEvent[]) =>
  events.map((event) => ({ ...event, line: 0, stack: event.stack?.path }))

const html = (line: string) =>
  line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
/** As latency-format has it, which ftrace_dump_on_oops writes into the kernel's log. */
const dumped = (line: string) =>
  line.replace(/^( *\S.*-\d+) +\[0*(\d+)\] (\S{5}) +(\d+)\.(\d{6}): /, '$1   $2$3 $4$5us : ')

type Form = readonly [name: string, of: (line: string, i: number) => string]
const everywhere: readonly Form[] = [
  ['quoted', (line) => `> ${line}`],
  ['quoted twice', (line) => `> > ${line}`],
  ['indented', (line) => `    ${line}`],
  ['with CRLF', (line) => `${line}\r`],
  ['numbered', (line, i) => `${String(i + 1).padStart(6)}\t${line}`],
  ['from logcat', (line) => `06-26 10:11:12.123  1234  1234 I trace   : ${line}`],
  ['from the journal', (line) => `2024-08-08T08:37:09+0200 host kernel: ${line}`],
  ['as the source of a page', html],
]
const ftraceOnly: readonly Form[] = [
  ['indented by tabs', (line) => `\t${line}`],
  ['dumped into a kernel log', (line) => `[   12.345678][    C1] ${dumped(line)}`],
  ['with an offset in frames', (line) => line.replace(/^ => (\S+)$/, ' => $1 <ffffffff81636237>')],
]

describe.each(['ftrace', 'perf'] as const)('a text of %s', (format) => {
  const lines = recordings[format]
  it.each([...everywhere, ...(format === 'ftrace' ? ftraceOnly : [])])(
    'says the same %s',
    async (name, of) => {
      const plain = await read(lines.join('\n'))
      const { events, reading } = await read(lines.map(of).join('\n'))
      // The last line is cut where the text ends, and with it half of its line break.
      const whole = name === 'with CRLF' ? -1 : undefined
      expect(said(events).slice(0, whole)).toEqual(said(plain.events).slice(0, whole))
      expect(reading.damaged).toBeLessThanOrEqual(name === 'with CRLF' ? 1 : plain.reading.damaged)
      expect(plain.events.length).toBeGreaterThan(100)
    },
  )
})

it('names of tasks have colons in perf, which are not those of the time', async () => {
  const line = 'kmem:kmalloc: call_site=f ptr=0x1 bytes_req=8 bytes_alloc=8 gfp_flags=GFP_NOFS'
  const { events } = await read(`a: b-1 [x] c  6824 [000]  7542.680212: ${line}\n\n`)
  expect(events).toMatchObject([{ comm: 'a: b-1 [x] c', pid: 6824, cpu: 0 }])
})

describe('a recording of other events', () => {
  it.each([
    [
      'ls-4734  [002] 106439.675591: sched_switch: prev_comm=trace-cmd prev_pid=4734\n',
      'is a recording of ftrace, but none of its events is one that kernel-sim reads: it has sched_switch;',
    ],
    [
      'cc1 9 [002] 203265.377019:    1001001 cpu-clock: \n\t6f1 main (/x)\n\n',
      'is a text of perf script, but none of its events is one that kernel-sim reads: it has cpu-clock;',
    ],
    ['cc1 9 150520.991529:   16949152 task-clock:ppp: \n\t6f1 main (/x)\n\n', 'it has task-clock'],
    [
      '  bash-1 [000] d... 12.345678: do_sys_open <-SyS_open\n',
      'it is of the tracer function: record events',
    ],
    ['Attaching 2 probes...\n@[kworker]: 7\n', 'it is output of bpftrace'],
  ])('is refused by what it is: %s', async (text, words) => {
    await expect(read(text)).rejects.toThrow(words)
    await expect(read(text)).rejects.toThrow(/kmem:mm_page_alloc|kernel-sim record/)
  })
})
