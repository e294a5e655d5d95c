/**
 * Payload: what a tracepoint prints after its name, in the form that ftrace and perf share (TP_printk in
 * include/trace/events/{kmem,workqueue,vmscan,sched}.h). Most are `key=value` with spaces between. Which keys there are
 * changed over the years, what they mean did not.
 */
import type { TraceEvent } from '../trace-event.js'
import { ByteTable } from './byte-table.js'
import type { Damage } from './damage.js'
import { whole } from './decimal.js'
import { type ReadGfp, readGfp } from './gfp-names.js'

/** When, where and by whom: what stands before the name. */
export interface Head {
  readonly line: number
  readonly time: number
  readonly cpu: number
  readonly pid: number
  readonly comm: string
}

const SPACE = 32
const EQUALS = 61

/** No tracepoint here prints more pairs. */
const PAIRS = 24

const NOTHING: readonly [] = []

export class PayloadReader {
  readonly #damage: Damage
  readonly #keys = new ByteTable((text) => text)
  readonly #names = new ByteTable((text) => text)
  readonly #functions = new ByteTable(functionName)
  readonly #gfp = new ByteTable(readGfp)
  /** The pairs of the payload that is being read. */
  readonly #key: string[] = Array(PAIRS).fill('')
  readonly #start = new Int32Array(PAIRS)
  readonly #end = new Int32Array(PAIRS)
  #pairs = 0
  #bytes: Buffer = Buffer.alloc(0)
  /** What is wrong with the payload. */
  #wrong = ''
  #unknownGfp: readonly string[] = NOTHING

  constructor(damage: Damage) {
    this.#damage = damage
  }

  /**
   * The event with this name and payload, without its stack. Undefined when the audit has no use for it, or when it is
   * damaged; `ignored` tells which.
   */
  read(
    head: Head,
    name: string,
    bytes: Buffer,
    start: number,
    end: number,
  ): TraceEvent | undefined {
    this.#bytes = bytes
    this.#wrong = ''
    this.#unknownGfp = NOTHING
    this.#scan(start, end)
    const event = this.#event(head, name, start, end)
    if (this.#wrong !== '') {
      this.#damage.add('invalid', head.line, `${name}: ${this.#wrong}`)
      return undefined
    }
    for (const part of this.#unknownGfp) {
      this.#damage.add('unknown-gfp', head.line, `${name}: "${part.slice(0, 60)}"`)
    }
    return event
  }

  /** Whether an audit has a use for events of this name. */
  static knows(name: string): boolean {
    return KNOWN.has(name)
  }

  #event(
    { line, time, cpu, pid, comm }: Head,
    name: string,
    start: number,
    end: number,
  ): TraceEvent | undefined {
    const taskFlags = undefined
    const flagsFrom = undefined
    const stack = undefined
    switch (name) {
      case 'kmalloc':
      case 'kmalloc_node':
      case 'kmem_cache_alloc':
      case 'kmem_cache_alloc_node': {
        const event = name.startsWith('kmalloc') ? 'kmalloc' : 'kmem_cache_alloc'
        const site = this.#function('call_site')
        const cache = event === 'kmalloc' ? undefined : this.#optionalName('name')
        const bytes = this.#number('bytes_alloc')
        const gfp = this.#flags('gfp_flags')
        const node = this.#optionalNumber('node', -1)
        return {
          line,
          time,
          cpu,
          pid,
          comm,
          taskFlags,
          flagsFrom,
          stack,
          event,
          site,
          cache,
          bytes,
          gfp,
          node,
        }
      }
      case 'mm_page_alloc': {
        const failed = this.#isZero('pfn')
        const order = this.#number('order')
        const gfp = this.#flags('gfp_flags')
        const migratetype = this.#number('migratetype')
        const event = name
        return {
          line,
          time,
          cpu,
          pid,
          comm,
          taskFlags,
          flagsFrom,
          stack,
          event,
          failed,
          order,
          gfp,
          migratetype,
        }
      }
      case 'mm_page_free': {
        const order = this.#number('order')
        return { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, event: name, order }
      }
      case 'workqueue_queue_work': {
        const work = this.#name('struct')
        const fn = this.#function('function')
        const workqueue = this.#optionalName('workqueue') ?? ''
        return {
          line,
          time,
          cpu,
          pid,
          comm,
          taskFlags,
          flagsFrom,
          stack,
          event: name,
          work,
          fn,
          workqueue,
        }
      }
      case 'workqueue_execute_start':
      case 'workqueue_execute_end': {
        const [work, fn] = this.#execution(start, end)
        return { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, event: name, work, fn }
      }
      case 'mm_vmscan_direct_reclaim_begin':
      case 'mm_vmscan_memcg_reclaim_begin': {
        const order = this.#number('order')
        const gfp = this.#flags('gfp_flags')
        return { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, event: name, order, gfp }
      }
      case 'mm_vmscan_direct_reclaim_end':
      case 'mm_vmscan_memcg_reclaim_end': {
        const reclaimed = this.#number('nr_reclaimed')
        return { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, event: name, reclaimed }
      }
      case 'mm_shrink_slab_start': {
        const [shrinker, gfp] = this.#shrink(start, end)
        return {
          line,
          time,
          cpu,
          pid,
          comm,
          taskFlags,
          flagsFrom,
          stack,
          event: name,
          shrinker,
          gfp,
        }
      }
      case 'mm_vmscan_kswapd_wake':
      case 'mm_vmscan_kswapd_sleep':
      case 'mm_vmscan_wakeup_kswapd':
        return { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, event: name }
      default:
        return undefined
    }
  }

  /** Notes where keys and values stand. */
  #scan(start: number, end: number): void {
    const bytes = this.#bytes
    this.#pairs = 0
    let at = start
    while (at < end && this.#pairs < PAIRS) {
      let equals = at
      while (equals < end && bytes[equals] !== EQUALS && bytes[equals] !== SPACE) equals++
      if (equals >= end || bytes[equals] === SPACE) {
        at = equals + 1
        continue
      }
      let stop = equals + 1
      while (stop < end && bytes[stop] !== SPACE) stop++
      this.#key[this.#pairs] = this.#keys.get(bytes, at, equals)
      this.#start[this.#pairs] = equals + 1
      this.#end[this.#pairs] = stop
      this.#pairs++
      at = stop + 1
    }
  }

  #find(key: string): number {
    for (let i = 0; i < this.#pairs; i++) if (this.#key[i] === key) return i
    return -1
  }

  #missing(key: string): void {
    if (this.#wrong === '') this.#wrong = `"${key}" is missing or impossible`
  }

  #number(key: string): number {
    const i = this.#find(key)
    const value =
      i < 0 ? Number.NaN : whole(this.#bytes, this.#start[i] as number, this.#end[i] as number)
    if (Number.isNaN(value)) this.#missing(key)
    return value
  }

  #optionalNumber(key: string, otherwise: number): number {
    return this.#find(key) < 0 ? otherwise : this.#number(key)
  }

  #name(key: string): string {
    const name = this.#optionalName(key)
    if (name === undefined) this.#missing(key)
    return name ?? ''
  }

  #optionalName(key: string): string | undefined {
    const i = this.#find(key)
    return i < 0
      ? undefined
      : this.#names.get(this.#bytes, this.#start[i] as number, this.#end[i] as number)
  }

  #function(key: string): string {
    const i = this.#find(key)
    if (i < 0) {
      this.#missing(key)
      return ''
    }
    return this.#functions.get(this.#bytes, this.#start[i] as number, this.#end[i] as number)
  }

  #flags(key: string): number {
    const i = this.#find(key)
    if (i < 0) {
      this.#missing(key)
      return 0
    }
    return this.#flagsAt(this.#start[i] as number, this.#end[i] as number)
  }

  #flagsAt(start: number, end: number): number {
    const { gfp, unknown }: ReadGfp = this.#gfp.get(this.#bytes, start, end)
    this.#unknownGfp = unknown
    return gfp
  }

  /** Whether the value is 0, decimal or hexadecimal: the page frame number where there is no page. */
  #isZero(key: string): boolean {
    const i = this.#find(key)
    if (i < 0) {
      this.#missing(key)
      return false
    }
    const value = this.#names.get(this.#bytes, this.#start[i] as number, this.#end[i] as number)
    return /^(0x)?0+$/.test(value)
  }

  /** `work struct 00000000853bc473: function vmstat_update` */
  #execution(start: number, end: number): [work: string, fn: string] {
    const bytes = this.#bytes
    const PREFIX = 'work struct '
    const MIDDLE = ': function '
    const colon = bytes.indexOf(MIDDLE, start, 'latin1')
    if (colon < 0 || colon >= end) {
      this.#missing('function')
      return ['', '']
    }
    return [
      this.#names.get(bytes, start + PREFIX.length, colon),
      this.#functions.get(bytes, colon + MIDDLE.length, end),
    ]
  }

  /** `super_cache_scan 00000000f3a4: nid: 0 objects to shrink 0 gfp_flags GFP_NOFS cache items ...` */
  #shrink(start: number, end: number): [shrinker: string, gfp: number] {
    const bytes = this.#bytes
    const MIDDLE = ' gfp_flags '
    const space = bytes.indexOf(SPACE, start)
    const flags = bytes.indexOf(MIDDLE, start, 'latin1')
    if (space < 0 || flags < 0 || flags >= end) {
      this.#missing('gfp_flags')
      return ['', 0]
    }
    const from = flags + MIDDLE.length
    const to = bytes.indexOf(SPACE, from)
    return [
      this.#functions.get(bytes, start, space),
      this.#flagsAt(from, to < 0 || to > end ? end : to),
    ]
  }
}

/** The names that `#event` has a case for. */
const KNOWN = new Set([
  'kmalloc',
  'kmalloc_node',
  'kmem_cache_alloc',
  'kmem_cache_alloc_node',
  'mm_page_alloc',
  'mm_page_free',
  'workqueue_queue_work',
  'workqueue_execute_start',
  'workqueue_execute_end',
  'mm_vmscan_direct_reclaim_begin',
  'mm_vmscan_direct_reclaim_end',
  'mm_vmscan_memcg_reclaim_begin',
  'mm_vmscan_memcg_reclaim_end',
  'mm_shrink_slab_start',
  'mm_vmscan_kswapd_wake',
  'mm_vmscan_kswapd_sleep',
  'mm_vmscan_wakeup_kswapd',
])

/** `mas_preallocate+0x3ef/0x430 [xfs]` → `mas_preallocate` */
function functionName(text: string): string {
  return text.replace(/[+ ].*$/, '')
}
