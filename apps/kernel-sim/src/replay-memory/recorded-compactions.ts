/**
 * Recorded compactions: what the kernel's compaction did, put together from its events: for whom, with which result, and which of the
 * frees meanwhile were pages that it moved. Where it moved them to, no event says.
 *
 * A task compacts one thing at a time. Its frees before `mm_compaction_migratepages` are those of the pages that have been moved; what it
 * frees between the last of them and `mm_compaction_end` are free pages that were not needed (mm/compaction.c, compact_zone, 6.1).
 */
import { COMPACT_CONTINUE, COMPACT_DEFERRED } from '@scopemask/allocator'
import type { CompactionEvent } from '../trace/event.js'

/** For whom memory was compacted: a request, kcompactd, or nobody in particular (compact_memory, or kcompactd unasked). */
export type CompactedFor = 'request' | 'kcompactd' | 'nobody'

/** What came of compactions of one kind: of the same order and the same flags, for instance. */
export interface CompactionKind {
  readonly by: CompactedFor
  /** -1 for nobody in particular. */
  readonly order: number
  /** Of the request, in effect; 0 where there is none. */
  readonly gfp: number
  /** Of the request (enum compact_priority): 2 is asynchronous, 1 and 0 are synchronous; -1 where there is none. */
  readonly priority: number
}

/** One of them. */
export interface RecordedCompaction extends CompactionKind {
  /** How many page events were before it. */
  readonly place: number
  readonly cpu: number
  readonly pid: number
  /** The best of the results of its zones, as the COMPACT_ constants have them; 0 when no event says. */
  readonly result: number
  /** Pages that were moved. */
  readonly moved: number
}

/** How often compaction of a zone was put off because it had failed, and how often that grew or ended. */
export interface Deferrals {
  /** Zones that were left out (mm_compaction_deferred). */
  readonly deferred: number
  /** Failures after which more is left out (mm_compaction_defer_compaction). */
  readonly failures: number
  /** Successes after which nothing is (mm_compaction_defer_reset). */
  readonly resets: number
}

/** What a free is to compaction. */
export interface FreedPages {
  /** These frees, by their places in the log, are of pages that live on elsewhere. */
  moved(places: readonly number[]): void
  /** These are of free pages that were taken, and not needed. */
  returned(places: readonly number[]): void
}

/** What a task is at. */
interface Open {
  compaction: { -readonly [K in keyof RecordedCompaction]: RecordedCompaction[K] } | undefined
  /** A zone was found suitable since the request, the wake-up or the last zone. */
  looked: boolean
  /** It is between begin and end. */
  running: boolean
  /** The places of the frees since then, or since the last pages were moved. */
  frees: number[]
}

export class RecordedCompactions {
  readonly #freed: FreedPages
  readonly #all: RecordedCompaction[] = []
  readonly #tasks = new Map<number, Open>()
  /** mm_compaction_suitable is among the events: what begins without it is for nobody in particular. */
  #looks = false
  #deferrals = { deferred: 0, failures: 0, resets: 0 }

  constructor(freed: FreedPages) {
    this.#freed = freed
  }

  /** In the order of the recording. */
  get all(): readonly RecordedCompaction[] {
    return this.#all
  }

  get deferrals(): Deferrals {
    return { ...this.#deferrals }
  }

  /** @param place how many page events were before it */
  add(event: CompactionEvent, place: number): void {
    const { cpu, pid, order = -1, gfp = 0, priority = -1, result = 0, moved = 0 } = event
    const task = this.#task(pid)
    switch (event.event) {
      case 'mm_compaction_try_to_compact_pages':
        this.#open(task, { by: 'request', order, gfp, priority, place, cpu, pid })
        break
      case 'mm_compaction_kcompactd_wake':
        this.#open(task, { by: 'kcompactd', order, gfp: 0, priority: -1, place, cpu, pid })
        break
      case 'mm_compaction_kcompactd_sleep':
        task.compaction = undefined
        break
      case 'mm_compaction_suitable':
        this.#looks = true
        task.looked = order >= 0 && result === COMPACT_CONTINUE
        // Others look too, and so does a task that reclaims: of no request that compacts.
        if (result !== COMPACT_CONTINUE && order === task.compaction?.order) better(task, result)
        break
      case 'mm_compaction_deferred':
        this.#deferrals.deferred++
        if (order === task.compaction?.order) better(task, COMPACT_DEFERRED)
        break
      case 'mm_compaction_defer_compaction':
        this.#deferrals.failures++
        break
      case 'mm_compaction_defer_reset':
        this.#deferrals.resets++
        break
      case 'mm_compaction_begin':
        if (task.compaction === undefined || (this.#looks && !task.looked)) {
          this.#open(task, { by: 'nobody', order: -1, gfp: 0, priority: -1, place, cpu, pid })
        }
        task.looked = false
        task.running = true
        task.frees = []
        break
      case 'mm_compaction_migratepages':
        if (task.compaction !== undefined) task.compaction.moved += moved
        if (moved > 0) this.#freed.moved(task.frees.slice(-moved))
        task.frees = []
        break
      case 'mm_compaction_end':
        better(task, result)
        if (task.running) this.#freed.returned(task.frees)
        task.running = false
        break
    }
  }

  /** A task frees a page by itself. @param place of the free in the log */
  free(pid: number, place: number): void {
    const task = this.#tasks.get(pid)
    if (task?.running === true) task.frees.push(place)
  }

  /** A task has got a block, or reclaims: its compaction is over. */
  over(pid: number): void {
    const task = this.#tasks.get(pid)
    if (task !== undefined && !task.running) task.compaction = undefined
  }

  #task(pid: number): Open {
    let task = this.#tasks.get(pid)
    if (task === undefined) {
      task = { compaction: undefined, looked: false, running: false, frees: [] }
      this.#tasks.set(pid, task)
    }
    return task
  }

  #open(task: Open, begun: Omit<RecordedCompaction, 'result' | 'moved'>): void {
    task.compaction = { ...begun, result: 0, moved: 0 }
    task.looked = false
    this.#all.push(task.compaction)
  }
}

function better({ compaction }: Open, result: number): void {
  if (compaction !== undefined) compaction.result = Math.max(compaction.result, result)
}
