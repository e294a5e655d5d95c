/**
 * NDJSON: the format of our own recorder, one JSON object a line. The README of this package documents it for
 * others who want to produce it; the table below is its definition.
 *
 * Reading is strict: an event counts only if it has exactly the fields of its kind, each of its type.
 */

import {
  COMPACTION_TRACEPOINTS,
  type CompactionField,
  type CompactionTracepoint,
  type CompactionValues,
  compactionFields,
  isCompactionTracepoint,
} from '../compaction-tracepoints.js'
import type { EventName, TraceEvent } from '../event.js'
import { StackTable } from '../stack.js'
import type { Damage } from './damage.js'
import {
  armWorkEvent,
  compactionEvent,
  executeWorkEvent,
  extfragEvent,
  kswapdEvent,
  newHead,
  pageAllocEvent,
  pageFreeEvent,
  queueWorkEvent,
  reclaimBeginEvent,
  reclaimEndEvent,
  requestEvent,
  shrinkEndEvent,
  shrinkEvent,
  sleepEvent,
} from './make-event.js'
import { type RecorderNote, RecorderNotes } from './recorder-note.js'
import { excerpt, LineCounts, type TraceReader } from './trace-reader.js'

/** What a field may hold; the text completes "... is needed". */
interface FieldType {
  readonly needed: string
  accepts(value: unknown): boolean
}

const text: FieldType = {
  needed: 'a string',
  accepts: (value) => typeof value === 'string',
}
/** Up to 64 bits: what does not fit a double is near enough, since such values only count or tell apart. */
const count: FieldType = {
  needed: 'a whole number from 0',
  accepts: (value) => Number.isInteger(value) && (value as number) >= 0,
}
const signed: FieldType = {
  needed: 'a whole number',
  accepts: (value) => Number.isInteger(value),
}
const bits: FieldType = {
  needed: 'a whole number of 32 bits',
  accepts: (value) => typeof value === 'number' && value >>> 0 === value,
}
const pid: FieldType = {
  needed: 'a thread id, or -1',
  accepts: (value) => Number.isInteger(value) && (value as number) >= -1,
}
/** No frames at all is how older recorders wrote a stack that was lost. */
const frames: FieldType = {
  needed: 'a list of frames',
  accepts: (value) => typeof value === 'string',
}
const one: FieldType = {
  needed: '1',
  accepts: (value) => value === 1,
}
const bool: FieldType = {
  needed: '0 or 1',
  accepts: (value) => value === 0 || value === 1,
}

/** Fields by name; `?` at the end marks one that may be missing. */
type Fields = Readonly<Record<string, FieldType>>

const COMMON = { ts: count, cpu: count, pid, comm: text, fl: bits, ev: text } satisfies Fields
const STACK = { 'st?': frames, 'st_trunc?': count, 'st_lost?': one } satisfies Fields
const REQUEST = { site: text, req: count, alloc: count, gfp: bits, node: signed } satisfies Fields
const WORK = { work: text, fn: text } satisfies Fields
const RECLAIM = { order: count, gfp: bits } satisfies Fields

const COMPACTION_TYPES: Readonly<Record<CompactionField['type'], FieldType>> = {
  count,
  signed,
  gfp: bits,
  result: count,
  mode: bool,
}

/** The fields of the events of compaction. */
const COMPACTION = Object.fromEntries(
  Object.entries(COMPACTION_TRACEPOINTS).map(([event, fields]) => [
    event,
    Object.fromEntries(fields.map(({ field, type }) => [field, COMPACTION_TYPES[type]])),
  ]),
) as Readonly<Record<CompactionTracepoint, Fields>>

const FIELDS: Readonly<Record<EventName, Fields>> = {
  ...COMPACTION,
  kmalloc: { ...REQUEST, ...STACK },
  kmem_cache_alloc: { ...REQUEST, cache: text, acct: bool, ...STACK },
  mm_page_alloc: { pfn: count, order: count, gfp: bits, mt: count, ...STACK },
  mm_page_free: { pfn: count, order: count },
  mm_page_alloc_extfrag: {
    pfn: count,
    alloc_order: count,
    fallback_order: count,
    alloc_migratetype: count,
    fallback_migratetype: count,
    change_ownership: bool,
  },
  workqueue_queue_work: {
    ...WORK,
    wq: text,
    'req_cpu?': signed,
    'to_cpu?': signed,
    'ksoftirqd?': bool,
    ...STACK,
  },
  workqueue_execute_start: WORK,
  workqueue_execute_end: WORK,
  delayed_work_arm: { work: text, delay_j: count, ...STACK },
  mm_vmscan_direct_reclaim_begin: { ...RECLAIM, ...STACK },
  mm_vmscan_direct_reclaim_end: { nr_reclaimed: count },
  mm_vmscan_memcg_reclaim_begin: { ...RECLAIM, ...STACK },
  mm_vmscan_memcg_reclaim_end: { nr_reclaimed: count },
  mm_vmscan_memcg_softlimit_reclaim_begin: { ...RECLAIM, ...STACK },
  mm_vmscan_memcg_softlimit_reclaim_end: { nr_reclaimed: count },
  mm_vmscan_kswapd_wake: { nid: signed, order: count },
  mm_vmscan_kswapd_sleep: { nid: signed },
  mm_vmscan_wakeup_kswapd: { nid: signed, order: count, gfp: bits },
  mm_shrink_slab_start: { shrink: text, nr: signed, items: count, gfp: bits, prio: signed },
  mm_shrink_slab_end: { shrink: text, ret: signed },
  sched_switch: { prev_state: signed, ...STACK },
}

/** A field, and how it has to be. */
interface Field {
  readonly name: string
  readonly type: FieldType
  readonly optional: boolean
}

/** The fields of each kind of event, in full. */
const FORMAT = new Map<unknown, readonly Field[]>(
  Object.entries(FIELDS).map(([event, fields]) => [
    event,
    Object.entries({ ...COMMON, ...fields }).map(([key, type]) => ({
      name: key.replace('?', ''),
      type,
      optional: key.endsWith('?'),
    })),
  ]),
)

/** An object with the fields of its kind: after `check`, those that its kind has are there. */
interface Raw {
  readonly ts: number
  readonly cpu: number
  readonly pid: number
  readonly comm: string
  readonly fl: number
  readonly ev: EventName
  readonly st?: string
  readonly st_trunc?: number
  readonly site: string
  readonly cache?: string
  readonly req: number
  readonly alloc: number
  readonly gfp: number
  readonly node: number
  readonly pfn: number
  readonly order: number
  readonly mt: number
  readonly alloc_order: number
  readonly fallback_order: number
  readonly alloc_migratetype: number
  readonly fallback_migratetype: number
  readonly change_ownership: number
  readonly work: string
  readonly fn: string
  readonly wq: string
  readonly nr_reclaimed: number
  readonly shrink: string
}

const LF = 10

/** How an event begins: a second beginning in the same line means that two writers got in each other's way. */
const BEGINNING = '{"ts":'

/** Reads NDJSON lines and passes the events on. */
export class NdjsonReader implements TraceReader {
  readonly #sink: (event: TraceEvent) => void
  readonly #damage: Damage
  readonly #stacks = new StackTable()
  readonly #head = newHead()
  /** NDJSON is strict: what is not known is damage, so nothing is ignored. */
  readonly counts = new LineCounts()
  readonly #notes = new RecorderNotes()

  constructor(sink: (event: TraceEvent) => void, damage: Damage) {
    this.#sink = sink
    this.#damage = damage
  }

  get notes(): readonly RecorderNote[] {
    return this.#notes.notes
  }

  lines(bytes: Buffer, start: number, end: number): void {
    for (let at = start; at < end; ) {
      let next = bytes.indexOf(LF, at)
      if (next < 0 || next >= end) next = end
      // JSON takes the CR of a CRLF for white space.
      this.#line(bytes.toString('utf8', at, next), ++this.counts.lines)
      at = next + 1
    }
  }

  oversize(length: number): void {
    this.#damage.add('oversize', ++this.counts.lines, `a line of ${length} bytes`)
  }

  end(): void {
    if (this.#notes.lost > 0) this.counts.lost.add(this.#notes.lost)
  }

  #line(line: string, number: number): void {
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      this.#unreadable(line, number)
      return
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.#damage.add('foreign', number, `${excerpt(line)} is no JSON object`)
      return
    }
    const raw = value as Raw
    const fields = FORMAT.get(raw.ev)
    if (fields === undefined) this.#unknown(raw, number)
    else {
      const wrong = check(raw, fields)
      if (wrong === undefined) this.#sink(this.#event(raw, number))
      else this.#damage.add('invalid', number, `${String(raw.ev)}: ${wrong}`)
    }
  }

  /** Says what is wrong with a line that is not JSON. */
  #unreadable(line: string, number: number): void {
    if (line.trim() === '') this.counts.blank++
    else if (!line.startsWith('{')) this.#damage.add('foreign', number, `${excerpt(line)}`)
    else if (line.includes(BEGINNING, 1)) {
      this.#damage.add('interleaved', number, excerpt(line.slice(line.indexOf(BEGINNING, 1) - 20)))
    } else if (!line.trimEnd().endsWith('}')) {
      this.#damage.add('truncated', number, `it ends with ${excerpt(line.slice(-30))}`)
    } else this.#damage.add('malformed', number, excerpt(line))
  }

  #unknown(raw: Raw | Readonly<Record<string, unknown>>, number: number): void {
    const event: unknown = raw.ev
    if (event === undefined && 'recorder' in raw) {
      const wrong = this.#notes.add(raw)
      if (wrong !== undefined) this.#damage.add('invalid', number, wrong)
      return
    }
    if (typeof event === 'string') {
      this.#damage.add('unknown-event', number, excerpt(event))
    } else
      this.#damage.add(
        'invalid',
        number,
        `"ev" is ${excerpt(String(event))}: ${text.needed} is needed`,
      )
  }

  #event(raw: Raw, line: number): TraceEvent {
    const { pid, ev: event, st } = raw
    const stack =
      st === undefined || st === ''
        ? undefined
        : this.#stacks.intern(st, raw.st_trunc !== undefined)
    const head = this.#head
    head.line = line
    head.time = raw.ts
    head.cpu = raw.cpu
    head.pid = pid
    head.comm = raw.comm
    head.taskFlags = pid === -1 ? undefined : raw.fl
    head.flagsFrom = pid === -1 ? undefined : 'recorded'
    head.stack = stack
    head.interrupt = stack?.interrupt ?? false
    if (isCompactionTracepoint(event)) {
      return compactionEvent(head, event, compactionValues(event, raw))
    }
    switch (event) {
      case 'kmalloc':
      case 'kmem_cache_alloc': {
        const { site, alloc: bytes, gfp, node } = raw
        const cache = event === 'kmalloc' ? undefined : raw.cache
        return requestEvent(head, event, site, cache, bytes, gfp, node)
      }
      case 'mm_page_alloc': {
        const { order, gfp, mt: migratetype } = raw
        const failed = raw.pfn >= NO_PAGE
        return pageAllocEvent(head, event, failed, failed ? -1 : raw.pfn, order, gfp, migratetype)
      }
      case 'mm_page_free':
        return pageFreeEvent(head, event, raw.pfn, raw.order)
      case 'mm_page_alloc_extfrag':
        return extfragEvent(
          head,
          event,
          raw.pfn,
          raw.alloc_order,
          raw.fallback_order,
          raw.alloc_migratetype,
          raw.fallback_migratetype,
          raw.change_ownership === 1,
        )
      case 'workqueue_queue_work': {
        const { work, fn, wq: workqueue } = raw
        return queueWorkEvent(head, event, work, fn, workqueue)
      }
      case 'delayed_work_arm':
        return armWorkEvent(head, event, raw.work)
      case 'workqueue_execute_start':
      case 'workqueue_execute_end':
        return executeWorkEvent(head, event, raw.work, raw.fn)
      case 'mm_vmscan_direct_reclaim_begin':
      case 'mm_vmscan_memcg_reclaim_begin':
      case 'mm_vmscan_memcg_softlimit_reclaim_begin': {
        const { order, gfp } = raw
        return reclaimBeginEvent(head, event, order, gfp)
      }
      case 'mm_vmscan_direct_reclaim_end':
      case 'mm_vmscan_memcg_reclaim_end':
      case 'mm_vmscan_memcg_softlimit_reclaim_end': {
        const { nr_reclaimed: reclaimed } = raw
        return reclaimEndEvent(head, event, reclaimed)
      }
      case 'mm_shrink_slab_start': {
        const { shrink: shrinker, gfp } = raw
        return shrinkEvent(head, event, shrinker, gfp)
      }
      case 'mm_shrink_slab_end':
        return shrinkEndEvent(head, event, raw.shrink)
      case 'sched_switch':
        return sleepEvent(head, event)
      case 'mm_vmscan_kswapd_wake':
      case 'mm_vmscan_kswapd_sleep':
      case 'mm_vmscan_wakeup_kswapd':
        return kswapdEvent(head, event)
    }
  }
}

/** The values of an event of compaction: they have been checked. */
function compactionValues(event: CompactionTracepoint, raw: object): Partial<CompactionValues> {
  const numbers = raw as Readonly<Record<string, number>>
  const values: Partial<Record<keyof CompactionValues, number>> = {}
  for (const { value, field } of compactionFields(event)) values[value] = numbers[field] ?? 0
  return values
}

/** The page frame number of no page is -1, as a u64. */
const NO_PAGE = 2 ** 64 - 1

/** What is wrong with the fields, if anything. */
function check(raw: Raw, fields: readonly Field[]): string | undefined {
  let present = 0
  for (const { name, type, optional } of fields) {
    if (!Object.hasOwn(raw, name)) {
      if (optional) continue
      return `"${name}" is missing`
    }
    const value: unknown = raw[name as keyof Raw]
    if (!type.accepts(value)) {
      return `"${name}" is ${excerpt(JSON.stringify(value))}: ${type.needed} is needed`
    }
    present++
  }
  const keys = Object.keys(raw)
  if (keys.length === present) return undefined
  const surplus = keys.find((key) => !fields.some(({ name }) => name === key))
  return `"${excerpt(surplus ?? '')}" is no field of this event`
}
