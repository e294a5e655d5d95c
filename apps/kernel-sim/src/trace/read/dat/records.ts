/**
 * Records: the values of a record, each where the format of its event says, as events. An event that lacks a field that
 * is needed is refused as a whole, once, by name.
 */
import {
  type CompactionTracepoint,
  type CompactionValues,
  compactionFields,
  isCompactionTracepoint,
} from '../../compaction-tracepoints.js'
import type { TraceEvent } from '../../event.js'
import type { ByteTable } from '../byte-table.js'
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
} from '../make-event.js'
import { type Kind, kindOf } from '../tracepoints.js'
import type { EventFormat, Field } from './event-format.js'
import type { GfpOf } from './flag-names.js'
import type { Symbols } from './symbols.js'

/** Reads the record whose data begin at `start` of a page. The head has everything but what is special to the event. */
export type ReadRecord = (view: DataView, start: number, head: Head) => TraceEvent

export interface RecordReader {
  readonly read: ReadRecord
  /** How long a record has to be, in bytes, to have all fields. */
  readonly shortest: number
}

/** What the values of records stand for. */
export interface Meaning {
  readonly littleEndian: boolean
  readonly symbols: Symbols
  readonly gfp: GfpOf
  /** Texts by their bytes; the NUL at their end goes. */
  readonly texts: ByteTable<string>
  /** Addresses by their bytes. */
  readonly addresses: ByteTable<string>
}

/** Makes a reader for the records of one event; undefined when an audit has no use for it, a text when a field is missing. */
export function recordReader(
  format: EventFormat,
  meaning: Meaning,
): RecordReader | { readonly missing: string } | undefined {
  const kind = kindOf(format.name)
  if (kind === undefined) return undefined
  const fields = new Fields(format.fields, meaning)
  const read = readerOf(kind, fields)
  const { missing, shortest } = fields
  return missing === undefined ? { read, shortest } : { missing }
}

function readerOf(kind: Kind, fields: Fields): ReadRecord {
  if (isCompactionTracepoint(kind)) return compactionReader(kind, fields)
  switch (kind) {
    case 'kmalloc':
    case 'kmalloc_node':
    case 'kmem_cache_alloc':
    case 'kmem_cache_alloc_node': {
      const isKmalloc = kind === 'kmalloc' || kind === 'kmalloc_node'
      const event = isKmalloc ? 'kmalloc' : 'kmem_cache_alloc'
      const site = fields.symbol('call_site')
      const cache = isKmalloc || !fields.has('name') ? undefined : fields.text('name')
      const bytes = fields.number('bytes_alloc')
      const gfp = fields.gfp('gfp_flags')
      const node = fields.has('node') ? fields.number('node') : () => -1
      return (view, at, head) =>
        requestEvent(
          head,
          event,
          site(view, at),
          cache?.(view, at),
          bytes(view, at),
          gfp(view, at),
          node(view, at),
        )
    }
    case 'mm_page_alloc': {
      const pfn = fields.page()
      const order = fields.number('order')
      const gfp = fields.gfp('gfp_flags')
      const migratetype = fields.number('migratetype')
      return (view, at, head) => {
        const page = pfn(view, at)
        // Minus one, in a long of the kernel; 0 before 4.1.
        const failed = page === 0 || page >= NO_PAGE || page === NO_PAGE_32
        return pageAllocEvent(
          head,
          kind,
          failed,
          failed ? -1 : page,
          order(view, at),
          gfp(view, at),
          migratetype(view, at),
        )
      }
    }
    case 'mm_page_free': {
      const pfn = fields.page()
      const order = fields.number('order')
      return (view, at, head) => pageFreeEvent(head, kind, pfn(view, at), order(view, at))
    }
    case 'mm_page_alloc_extfrag': {
      const pfn = fields.page()
      const allocOrder = fields.number('alloc_order')
      const fallbackOrder = fields.number('fallback_order')
      const allocMigratetype = fields.number('alloc_migratetype')
      const fallbackMigratetype = fields.number('fallback_migratetype')
      const changeOwnership = fields.number('change_ownership')
      return (view, at, head) =>
        extfragEvent(
          head,
          kind,
          pfn(view, at),
          allocOrder(view, at),
          fallbackOrder(view, at),
          allocMigratetype(view, at),
          fallbackMigratetype(view, at),
          changeOwnership(view, at) !== 0,
        )
    }
    case 'workqueue_queue_work': {
      const work = fields.address('work')
      const fn = fields.symbol('function')
      // Before 5.12 an address.
      const workqueue = fields.isText('workqueue')
        ? fields.text('workqueue')
        : fields.address('workqueue')
      return (view, at, head) =>
        queueWorkEvent(head, kind, work(view, at), fn(view, at), workqueue(view, at))
    }
    case 'workqueue_execute_start':
    case 'workqueue_execute_end': {
      const work = fields.address('work')
      // Before 5.5 the end does not have it.
      const fn = fields.has('function') ? fields.symbol('function') : () => ''
      return (view, at, head) => executeWorkEvent(head, kind, work(view, at), fn(view, at))
    }
    case 'mm_vmscan_direct_reclaim_begin':
    case 'mm_vmscan_memcg_reclaim_begin':
    case 'mm_vmscan_memcg_softlimit_reclaim_begin': {
      const order = fields.number('order')
      const gfp = fields.gfp('gfp_flags')
      return (view, at, head) => reclaimBeginEvent(head, kind, order(view, at), gfp(view, at))
    }
    case 'mm_vmscan_direct_reclaim_end':
    case 'mm_vmscan_memcg_reclaim_end':
    case 'mm_vmscan_memcg_softlimit_reclaim_end': {
      const reclaimed = fields.number('nr_reclaimed')
      return (view, at, head) => reclaimEndEvent(head, kind, reclaimed(view, at))
    }
    case 'mm_shrink_slab_start': {
      const shrinker = fields.symbol('shrink')
      const gfp = fields.gfp('gfp_flags')
      return (view, at, head) => shrinkEvent(head, kind, shrinker(view, at), gfp(view, at))
    }
    case 'mm_shrink_slab_end': {
      const shrinker = fields.symbol('shrink')
      return (view, at, head) => shrinkEndEvent(head, kind, shrinker(view, at))
    }
    case 'mm_vmscan_kswapd_wake':
    case 'mm_vmscan_kswapd_sleep':
    case 'mm_vmscan_wakeup_kswapd':
      return (_view, _at, head) => kswapdEvent(head, kind)
  }
}

function compactionReader(kind: CompactionTracepoint, fields: Fields): ReadRecord {
  const reads = compactionFields(kind).map(({ value, field, type }) => ({
    value,
    read: type === 'gfp' ? fields.gfp(field) : fields.number(field),
  }))
  return (view, at, head) => {
    const values: Partial<Record<keyof CompactionValues, number>> = {}
    for (const { value, read } of reads) values[value] = read(view, at)
    return compactionEvent(head, kind, values)
  }
}

const NO_PAGE = 2 ** 64 - 1
const NO_PAGE_32 = 2 ** 32 - 1

type Read<T> = (view: DataView, start: number) => T

/** The fields of one event, by name: how the value of each is read. */
class Fields {
  readonly #fields: ReadonlyMap<string, Field>
  readonly #meaning: Meaning
  /** The first field that was asked for and is not there. */
  missing: string | undefined
  /** Where the last of the fields that were asked for ends. */
  shortest = 0

  constructor(fields: ReadonlyMap<string, Field>, meaning: Meaning) {
    this.#fields = fields
    this.#meaning = meaning
  }

  has(name: string): boolean {
    return this.#fields.has(name)
  }

  isText(name: string): boolean {
    return this.#fields.get(name)?.elsewhere !== undefined
  }

  /** A whole number; what has 64 bits is rounded to what a double can hold. */
  number(name: string): Read<number> {
    const { offset, size, signed } = this.#field(name)
    const little = this.#meaning.littleEndian
    if (size === 8) {
      const [high, low] = little ? [offset + 4, offset] : [offset, offset + 4]
      return (view, at) =>
        (signed ? view.getInt32(at + high, little) : view.getUint32(at + high, little)) * 2 ** 32 +
        view.getUint32(at + low, little)
    }
    if (size === 4) {
      return signed
        ? (view, at) => view.getInt32(at + offset, little)
        : (view, at) => view.getUint32(at + offset, little)
    }
    if (size === 2) return (view, at) => view.getUint16(at + offset, little)
    return (view, at) => view.getUint8(at + offset)
  }

  /** The number of a page frame; before 4.1 the lower part of its address in the map of pages, which tells pages apart as well. */
  page(): Read<number> {
    if (this.has('pfn') || !this.has('page')) return this.number('pfn')
    const { offset, size } = this.#field('page')
    const little = this.#meaning.littleEndian
    if (size === 4) return (view, at) => view.getUint32(at + offset, little)
    const [high, low] = little ? [offset + 4, offset] : [offset, offset + 4]
    return (view, at) =>
      (view.getUint32(at + high, little) & 0xffff) * 2 ** 32 + view.getUint32(at + low, little)
  }

  gfp(name: string): Read<number> {
    const { offset, size } = this.#field(name)
    const little = this.#meaning.littleEndian
    const { gfp } = this.#meaning
    const low = size === 8 && !little ? offset + 4 : offset
    return (view, at) => gfp(view.getUint32(at + low, little))
  }

  /** The function that the address in a field is in; the address where there is none. */
  symbol(name: string): Read<string> {
    const { offset, size } = this.#field(name)
    const { symbols, littleEndian: little } = this.#meaning
    if (size === 4) {
      return (view, at) => nameOf(symbols, 0, view.getUint32(at + offset, little))
    }
    const [high, low] = little ? [offset + 4, offset] : [offset, offset + 4]
    return (view, at) =>
      nameOf(symbols, view.getUint32(at + high, little), view.getUint32(at + low, little))
  }

  /** An address that only tells things apart. */
  address(name: string): Read<string> {
    const { offset, size } = this.#field(name)
    const { addresses } = this.#meaning
    return (view, at) => addresses.get(view, at + offset, at + offset + size)
  }

  /** A text that stands elsewhere in the record. */
  text(name: string): Read<string> {
    const { offset, elsewhere } = this.#field(name)
    const { texts, littleEndian: little } = this.#meaning
    const from = elsewhere === 'from-field' ? offset + 4 : 0
    return (view, at) => {
      const place = view.getUint32(at + offset, little)
      const start = at + from + (place & 0xffff)
      const length = place >>> 16
      return length < 2 || start + length > view.byteLength
        ? ''
        : texts.get(view, start, start + length - 1)
    }
  }

  #field(name: string): Field {
    const field = this.#fields.get(name)
    if (field !== undefined) {
      this.shortest = Math.max(this.shortest, field.offset + field.size)
      return field
    }
    this.missing ??= name
    return { offset: 0, size: 4, signed: false, elsewhere: undefined }
  }
}

function nameOf(symbols: Symbols, high: number, low: number): string {
  return symbols.at(high, low)?.name ?? hexadecimal(high, low)
}

/** An address as the kernel prints it where it has no name for it. */
export function hexadecimal(high: number, low: number): string {
  return high === 0
    ? `0x${low.toString(16)}`
    : `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`
}
