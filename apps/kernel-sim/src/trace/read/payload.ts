/**
 * Payload: what a tracepoint prints after its name, in the form that ftrace and perf share (TP_printk in
 * include/trace/events/{kmem,workqueue,vmscan}.h). Most are `key=value` with spaces between. Which keys there are
 * changed over the years, what they mean did not.
 *
 * Addresses are different each time. What stands around them comes again and again, so it is taken apart once.
 */
import {
  type CompactionField,
  type CompactionTracepoint,
  type CompactionValues,
  compactionFields,
  compactResultOf,
  isCompactionTracepoint,
} from '../compaction-tracepoints.js'
import type { TraceEvent } from '../event.js'
import { ByteTable, fromText, viewOf } from './byte-table.js'
import type { Damage } from './damage.js'
import { readGfp } from './gfp-names.js'
import {
  compactionEvent,
  executeWorkEvent,
  extfragEvent,
  type Head,
  kswapdEvent,
  pageAllocEvent,
  pageFreeEvent,
  queueWorkEvent,
  reclaimBeginEvent,
  reclaimEndEvent,
  requestEvent,
  shrinkEndEvent,
  shrinkEvent,
} from './make-event.js'
import type { Kind } from './tracepoints.js'

/** The values of a text of `key=value`: undefined where a key is missing, or its value impossible. */
interface Fields {
  readonly site: string | undefined
  readonly cache: string | undefined
  readonly bytes: number | undefined
  readonly node: number | undefined
  readonly order: number | undefined
  readonly migratetype: number | undefined
  readonly reclaimed: number | undefined
  readonly allocOrder: number | undefined
  readonly fallbackOrder: number | undefined
  readonly allocMigratetype: number | undefined
  readonly fallbackMigratetype: number | undefined
  readonly changeOwnership: number | undefined
  readonly fn: string | undefined
  readonly workqueue: string | undefined
  readonly gfp: number | undefined
  /** What is no flag of any kernel. */
  readonly unknownGfp: readonly string[]
}

const SPACE = 32
const OPEN = 40
const CLOSE = 41
const EQUALS = 61
const ZERO = 48
const NINE = 57
const LOWER_A = 97

/** Beginnings of words, as the first four bytes of them. */
const PTR = fourBytes('ptr=')
const PAGE = fourBytes('page')
const PFN = fourBytes('pfn=')
const STRUCT = fourBytes('stru')
const WORK = fourBytes('work')
const SHR = fourBytes('shr=')

export class PayloadReader {
  readonly #damage: Pick<Damage, 'add'>
  readonly #names = new ByteTable(fromText((text) => text))
  readonly #functions = new ByteTable(fromText(functionName))
  readonly #fields = new ByteTable(fromText(readFields))
  #text: Buffer = Buffer.alloc(0)
  /** The same bytes. */
  #bytes: DataView = viewOf(this.#text)
  #wrong: string | undefined

  constructor(damage: Pick<Damage, 'add'>) {
    this.#damage = damage
  }

  /** The field that is missing or impossible in the payload that was read last, if one is. */
  get wrong(): string | undefined {
    return this.#wrong
  }

  /** The bytes that payloads are in from now on. */
  use(text: Buffer, bytes: DataView): void {
    this.#text = text
    this.#bytes = bytes
  }

  /** Reads the payload from `start` to `end`. Returns its event, without the stack; undefined when it is damaged: see `wrong`. */
  read(head: Head, kind: Kind, start: number, end: number): TraceEvent | undefined {
    this.#wrong = undefined
    const event = this.#event(head, kind, start, end)
    return this.#wrong === undefined ? event : undefined
  }

  #event(head: Head, kind: Kind, begin: number, end: number): TraceEvent {
    const bytes = this.#bytes
    const text = this.#text
    const start = afterPlace(bytes, begin, end)
    if (isCompactionTracepoint(kind)) {
      return compactionEvent(head, kind, this.#compaction(head, kind, start, end))
    }
    switch (kind) {
      case 'kmalloc':
      case 'kmalloc_node':
      case 'kmem_cache_alloc':
      case 'kmem_cache_alloc_node': {
        const isKmalloc = kind === 'kmalloc' || kind === 'kmalloc_node'
        const siteEnd = wordEnd(bytes, start, end)
        const rest = afterWord(bytes, siteEnd, end, PTR)
        const fields = this.#fields.get(bytes, rest, end)
        return requestEvent(
          head,
          isKmalloc ? 'kmalloc' : 'kmem_cache_alloc',
          this.#name('call_site', this.#fields.get(bytes, start, siteEnd).site),
          isKmalloc ? undefined : fields.cache,
          this.#number('bytes_alloc', fields.bytes),
          this.#gfp(head, kind, fields),
          fields.node ?? -1,
        )
      }
      case 'mm_page_alloc': {
        const pfn = afterWord(bytes, start - 1, end, PAGE) + 1
        const pfnEnd = wordEnd(bytes, pfn, end)
        const fields = this.#fields.get(bytes, pfnEnd, end)
        if (!startsWith(bytes, pfn, end, PFN)) this.#wrong = 'pfn'
        const page = pageNumber(bytes, pfn + 4, pfnEnd)
        return pageAllocEvent(
          head,
          kind,
          page === 0,
          page === 0 ? -1 : page,
          this.#number('order', fields.order),
          this.#gfp(head, kind, fields),
          this.#number('migratetype', fields.migratetype),
        )
      }
      case 'mm_page_free': {
        const pfn = afterWord(bytes, start - 1, end, PAGE)
        const pfnEnd = afterWord(bytes, pfn, end, PFN)
        const fields = this.#fields.get(bytes, pfnEnd, end)
        const page = pageNumber(bytes, pfn + 5, pfnEnd)
        const order = this.#number('order', fields.order)
        return pageFreeEvent(head, kind, page, order)
      }
      case 'mm_page_alloc_extfrag': {
        const pfn = afterWord(bytes, start - 1, end, PAGE)
        const pfnEnd = afterWord(bytes, pfn, end, PFN)
        const fields = this.#fields.get(bytes, pfnEnd, end)
        return extfragEvent(
          head,
          kind,
          pageNumber(bytes, pfn + 5, pfnEnd),
          this.#number('alloc_order', fields.allocOrder),
          this.#number('fallback_order', fields.fallbackOrder),
          this.#number('alloc_migratetype', fields.allocMigratetype),
          this.#number('fallback_migratetype', fields.fallbackMigratetype),
          this.#number('change_ownership', fields.changeOwnership) !== 0,
        )
      }
      case 'workqueue_queue_work': {
        // `work struct=00000000853bc473 function=vmstat_update workqueue=mm_percpu_wq req_cpu=1 cpu=1`
        const raw = isRawWork(bytes, start, end)
        const struct = raw ? start : wordEnd(bytes, start, end) + 1
        const structEnd = wordEnd(bytes, struct, end)
        if (!raw && !startsWith(bytes, struct, end, STRUCT)) this.#wrong = 'struct'
        const address = struct + (raw ? 'work=' : 'struct=').length
        const fields = this.#fields.get(bytes, structEnd, end)
        // Before 5.5 it can be missing; an item that is executed is named then.
        return queueWorkEvent(
          head,
          kind,
          this.#names.get(bytes, Math.min(address, structEnd), structEnd),
          fields.fn ?? '',
          fields.workqueue ?? '',
        )
      }
      case 'workqueue_execute_start':
      case 'workqueue_execute_end': {
        // `work struct 00000000853bc473: function vmstat_update`; before 5.5 the end does not have the function.
        if (isRawWork(bytes, start, end)) {
          const workEnd = wordEnd(bytes, start, end)
          const { fn } = this.#fields.get(bytes, workEnd, end)
          if (fn === undefined && kind === 'workqueue_execute_start') this.#wrong = 'function'
          const address = this.#names.get(bytes, start + 'work='.length, workEnd)
          return executeWorkEvent(head, kind, address, fn ?? '')
        }
        const work = Math.min(start + 'work struct '.length, end)
        const colon = text.indexOf(': function ', work, 'latin1')
        const found = colon >= 0 && colon < end
        if (!found && kind === 'workqueue_execute_start') this.#wrong = 'function'
        return executeWorkEvent(
          head,
          kind,
          this.#names.get(bytes, work, found ? colon : end),
          found ? this.#functions.get(bytes, colon + ': function '.length, end) : '',
        )
      }
      case 'mm_vmscan_direct_reclaim_begin':
      case 'mm_vmscan_memcg_reclaim_begin':
      case 'mm_vmscan_memcg_softlimit_reclaim_begin': {
        const fields = this.#fields.get(bytes, start, end)
        return reclaimBeginEvent(
          head,
          kind,
          this.#number('order', fields.order),
          this.#gfp(head, kind, fields),
        )
      }
      case 'mm_vmscan_direct_reclaim_end':
      case 'mm_vmscan_memcg_reclaim_end':
      case 'mm_vmscan_memcg_softlimit_reclaim_end': {
        const { reclaimed } = this.#fields.get(bytes, start, end)
        return reclaimEndEvent(head, kind, this.#number('nr_reclaimed', reclaimed))
      }
      case 'mm_shrink_slab_start': {
        // `super_cache_scan+0x0/0x1b0 00000000f3a4: nid: 0 objects to shrink 0 gfp_flags GFP_NOFS cache items ...`
        const [, gfp = ''] = / gfp_flags[ =](\S+)/.exec(text.toString('latin1', start, end)) ?? []
        const fields = readFields(`gfp_flags=${gfp}`)
        return shrinkEvent(
          head,
          kind,
          this.#shrinker(start, end),
          this.#gfp(head, kind, gfp === '' ? NO_FIELDS : fields),
        )
      }
      case 'mm_shrink_slab_end':
        // `super_cache_scan+0x0/0x1b0 00000000f3a4: nid: 0 unused scan count 0 new scan count 0 ...`
        return shrinkEndEvent(head, kind, this.#shrinker(start, end))
      case 'mm_vmscan_kswapd_wake':
      case 'mm_vmscan_kswapd_sleep':
      case 'mm_vmscan_wakeup_kswapd':
        return kswapdEvent(head, kind)
    }
  }

  /** The values of an event of compaction: there are few of them, each with a text of its own. */
  #compaction(
    head: Head,
    kind: CompactionTracepoint,
    start: number,
    end: number,
  ): Partial<CompactionValues> {
    const text = this.#text.toString('latin1', start, end)
    const printed = new Map<string, string>()
    for (const [, key = '', value = ''] of text.matchAll(/(\w+)=([^\s,]*)/g))
      printed.set(key, value)
    const values: Partial<Record<keyof CompactionValues, number>> = {}
    for (const field of compactionFields(kind)) {
      // Printed as the kernel prints it, or as it is recorded: trace-cmd report -R does that.
      const value = printed.get(field.printed) ?? printed.get(field.field)
      values[field.value] = this.#number(
        field.printed,
        value === undefined ? undefined : this.#compactionValue(head, kind, field, value),
      )
    }
    return values
  }

  #compactionValue(
    { line }: Head,
    kind: Kind,
    { type }: CompactionField,
    text: string,
  ): number | undefined {
    if (type === 'gfp') {
      const { gfp, unknown } = readGfp(text)
      for (const part of unknown) {
        this.#damage.add('unknown-gfp', line, `${kind}: "${part.slice(0, 60)}"`)
      }
      return gfp
    }
    if (/^-?(\d+|0x[\da-f]+)$/.test(text)) return Number(text)
    if (type === 'mode' && (text === 'sync' || text === 'async')) return text === 'sync' ? 1 : 0
    return type === 'result' ? compactResultOf(text) : undefined
  }

  /** The function that scans: the first word, or the field `shrink` of `shr=0xffff8880 shrink=super_cache_scan nid=0 ...`. */
  #shrinker(start: number, end: number): string {
    const bytes = this.#bytes
    const [, shrink] =
      (startsWith(bytes, start, end, SHR) &&
        / shrink=(\S+)/.exec(this.#text.toString('latin1', start, end))) ||
      []
    return shrink === undefined
      ? this.#functions.get(bytes, start, wordEnd(bytes, start, end))
      : functionName(shrink)
  }

  #number(key: string, value: number | undefined): number {
    if (value === undefined) this.#wrong ??= key
    return value ?? 0
  }

  #name(key: string, value: string | undefined): string {
    if (value === undefined) this.#wrong ??= key
    return value ?? ''
  }

  /** Parts that are no flag are damage; the event counts without them. */
  #gfp({ line }: Head, kind: Kind, { gfp, unknownGfp }: Fields): number {
    for (const part of unknownGfp) {
      this.#damage.add('unknown-gfp', line, `${kind}: "${part.slice(0, 60)}"`)
    }
    return this.#number('gfp_flags', gfp)
  }
}

/** Takes `key=value key=value` apart. */
function readFields(text: string): Fields {
  const values = new Map<string, string>()
  for (const [, key = '', value = ''] of text.matchAll(/(\S+?)=(\S*)/g)) values.set(key, value)
  const flags = values.get('gfp_flags')
  const { gfp = undefined, unknown = [] } = flags === undefined ? {} : readGfp(flags)
  const site = values.get('call_site')
  const fn = values.get('function')
  const number = (key: string) => {
    const value = values.get(key)
    return value !== undefined && /^-?\d+$/.test(value) ? Number(value) : undefined
  }
  return {
    site: site === undefined ? undefined : functionName(site),
    cache: values.get('name'),
    bytes: number('bytes_alloc'),
    node: number('node'),
    order: number('order'),
    migratetype: number('migratetype'),
    reclaimed: number('nr_reclaimed'),
    allocOrder: number('alloc_order'),
    fallbackOrder: number('fallback_order'),
    allocMigratetype: number('alloc_migratetype'),
    fallbackMigratetype: number('fallback_migratetype'),
    changeOwnership: number('change_ownership'),
    fn: fn === undefined ? undefined : functionName(fn),
    workqueue: values.get('workqueue'),
    gfp,
    unknownGfp: unknown,
  }
}

const NO_FIELDS = readFields('')

/** `mas_preallocate+0x3ef/0x430 [xfs]` → `mas_preallocate`; on ppc64 the code of a function has a dot before its name. */
function functionName(text: string): string {
  return text.replace(/^\.|[+ ].*$/g, '')
}

/** Plugins of trace-cmd, and perf of RHEL 7, write the place of a request in parentheses before its fields. */
function afterPlace(bytes: DataView, start: number, end: number): number {
  if (start >= end || bytes.getUint8(start) !== OPEN) return start
  let at = start
  while (at < end && bytes.getUint8(at) !== CLOSE) at++
  do at++
  while (at < end && bytes.getUint8(at) === SPACE)
  return Math.min(at, end)
}

/** `work=0xffff8880...`: the fields of an item as they are recorded, from trace-cmd report -R. */
function isRawWork(bytes: DataView, start: number, end: number): boolean {
  return (
    startsWith(bytes, start, end, WORK) && start + 4 < end && bytes.getUint8(start + 4) === EQUALS
  )
}

/** Where the word that begins at `start` ends. */
function wordEnd(bytes: DataView, start: number, end: number): number {
  let at = start
  while (at < end && bytes.getUint8(at) !== SPACE) at++
  return Math.min(at, end)
}

/** Where the word after the space at `space` ends if it begins like that; else `space`. */
function afterWord(bytes: DataView, space: number, end: number, beginning: number): number {
  return startsWith(bytes, space + 1, end, beginning) ? wordEnd(bytes, space + 1, end) : space
}

function startsWith(bytes: DataView, start: number, end: number, beginning: number): boolean {
  return start + 4 <= end && bytes.getInt32(start, true) === beginning
}

function fourBytes(text: string): number {
  return Buffer.from(text).readInt32LE(0)
}

/** A number, decimal or hexadecimal; -1 where there is none. */
function pageNumber(bytes: DataView, start: number, end: number): number {
  const hexadecimal = end - start > 2 && (bytes.getUint8(start + 1) | 32) === 120
  const base = hexadecimal ? 16 : 10
  let at = hexadecimal ? start + 2 : start
  if (at >= end) return -1
  let value = 0
  for (; at < end; at++) {
    const byte = bytes.getUint8(at)
    const digit = byte <= NINE ? byte - ZERO : (byte | 32) - LOWER_A + 10
    if (!(digit >= 0 && digit < base)) return -1
    value = value * base + digit
  }
  return value
}
