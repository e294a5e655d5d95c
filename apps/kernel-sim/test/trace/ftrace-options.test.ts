/** Options of tracefs and of trace-cmd report change how ftrace's text looks: it says the same, or the way out is named. */
import { describe, expect, it } from 'vitest'
import { read } from '../audit/trace.js'

const KMALLOC =
  'kmalloc: call_site=f+0x1/0x2 ptr=0 bytes_req=8 bytes_alloc=8 gfp_flags=GFP_NOFS node=-1 accounted=false'

/** An event with its stack, whose lines have this head, and whose frames look so. */
const text = (head: string, frame = (name: string, _address: string) => ` => ${name}`) =>
  `${head}${KMALLOC}\n${head}<stack trace>\n` +
  `${frame('__kmalloc', 'ffffffff81636237')}\n${frame('a', 'ffffffff8160267d')}\n`

describe.each([
  ['as it is', 'my task-12 [003] d.s1. 1.000002: '],
  ['latency-format', ' my task-12     3d.s1. 1000002us : '],
  ['latency-format, after a delay', 'my task-12 3d.s1. 1000002us+: '],
  ['trace-cmd report -l', ' my task-12     3d.s1.     1.000002: '],
  ['trace-cmd report -l, of a clock without seconds', ' my task-12     3d.s1.1000002000: '],
  ['trace-cmd report --ts-diff', ' my task-12 [003] d.s1.     1.000002: (+5403)  '],
])('a text of ftrace, %s', (_option, head) => {
  it('has all that an event says, and its stack', async () => {
    const { events, reading } = await read(`# tracer: nop\n#\n${text(head)}${text(head)}`)
    expect(events).toHaveLength(2)
    expect(events[1]).toMatchObject({
      line: 7,
      comm: 'my task',
      pid: 12,
      cpu: 3,
      time: 1_000_002_000,
      interrupt: true,
      site: 'f',
      gfp: 0xc40,
    })
    expect(events.map(({ stack }) => stack?.path)).toEqual(['__kmalloc;a', '__kmalloc;a'])
    expect(reading).toMatchObject({ format: 'ftrace', lines: 10, blank: 2, damaged: 0 })
  })
})

describe('frames', () => {
  const head = 'wl-12 [003] ..... 1.000002: '

  it.each([
    [
      'sym-addr',
      (name: string, address: string) => ` => ${name} <${address}>`,
      'a@ffffffff8160267d',
    ],
    [
      'trace-cmd',
      (name: string, address: string) => `=> ${name} (${address})`,
      'a@ffffffff8160267d',
    ],
    ['sym-offset', (name: string) => ` => ${name}+0xe1/0x160`, 'a+0xe1/0x160'],
  ])('keep their return address: %s', async (_option, frame, expected) => {
    const { events } = await read(text(head, frame))
    expect(events[0]?.stack?.functions).toEqual(['__kmalloc', 'a'])
    expect(events[0]?.stack?.frames[1]).toBe(expected)
  })

  it('that are numbers are said to be missing, once', async () => {
    const raw = `${head}${KMALLOC}\n${head}kernel_stack:          size=2 caller=ARRAY[34, 6d, 2a, ba]\n`
    const { events, reading } = await read(raw + raw)
    expect(events.map(({ stack }) => stack)).toEqual([undefined, undefined])
    expect(reading.damage).toMatchObject([{ kind: 'symbols', count: 1, samples: [{ line: 2 }] }])
  })
})

it('fields can be as they are recorded: trace-cmd report -R', async () => {
  const line = (rest: string) => `wl-12 [003] 1.000002: ${rest}\n`
  const { events, reading } = await read(
    line('workqueue_queue_work:  work=0xffff1 function=fn workqueue=events req_cpu=8192 cpu=1') +
      line('workqueue_execute_start:  work=0xffff1 function=fn') +
      line('workqueue_execute_end:  work=0xffff1 function=fn') +
      line('mm_page_alloc:  pfn=0x3163 order=0 gfp_flags=0xc40 migratetype=1') +
      line('mm_shrink_slab_start:  shr=0x1 shrink=super_cache_scan+0x0 nid=0 gfp_flags=0xc40 x=1') +
      line('mm_shrink_slab_end:  shr=0x1 shrink=super_cache_scan+0x0 nid=0 retval=1'),
  )
  expect(reading.damaged).toBe(0)
  const item = { work: '0xffff1', fn: 'fn' }
  const shrinker = { shrinker: 'super_cache_scan' }
  expect(events).toMatchObject([
    { ...item, workqueue: 'events' },
    item,
    item,
    { pfn: 0x3163, gfp: 0xc40 },
    { ...shrinker, gfp: 0xc40 },
    shrinker,
  ])
})

it('trace-cmd speaks of its plugins', async () => {
  const said =
    'registering plugin: /usr/lib/traceevent/plugins/plugin_kvm.so\noverriding event (1) a:b\n'
  const { reading } = await read(`${said}wl-12 [003] 1.000002: ${KMALLOC}\n`)
  expect(reading).toMatchObject({ events: 1, blank: 2, damaged: 0 })
})

it.each([
  [`${KMALLOC}\n<stack trace>\n`, 'turn on the option context-info'],
  ['12778 0 27848468798720 type: 659\n', 'turn off the options raw, hex and bin'],
  ['000031ea 00000000 00001953fa171d00 type: 659\n', 'turn off the options raw, hex and bin'],
  [
    '    bash   12778   0 0 00000000 00000000 [67be5e93f] 27848468.799ms (+0.002ms): kmalloc: x\n',
    'turn off the option verbose',
  ],
  [`perf 26902.079754: kmem:${KMALLOC}\n`, 'let perf script write the fields comm, tid'],
])('what is not read says what to do: %s', async (lines, way) => {
  await expect(read(lines)).rejects.toThrow(way)
})
