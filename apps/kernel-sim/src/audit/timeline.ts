/**
 * Timeline: what each task did when, as spans that nest: executions of work items, reclaim and shrinkers inside of them; and, apart from
 * these, the scopes that it was seen in. Their number is limited; what is beyond is counted, and not kept.
 */
import type { RequestEvent, TraceEvent } from '../trace/event.js'
import { isRestricted, scopeName } from './scope-name.js'

export interface Span {
  readonly kind: 'work' | 'reclaim' | 'shrinker' | 'scope' | 'queue'
  /** The work function, the shrinker, the scope, or what reclaim may do. */
  readonly name: string
  /** In ns from the first event of the recordings on. */
  readonly from: number
  to: number
  /** Names the way of an item from where it was queued to where it ran; undefined for what is none, or was not seen both to begin and end. */
  flow: number | undefined
  /** What it was seen to request: how often, and how often in a NOFS or NOIO scope. */
  requests: number
  restricted: number
}

/** What one task did. */
export interface TaskSpans {
  readonly task: string
  readonly spans: readonly Span[]
}

const SPANS = 200_000
const TASKS = 1 << 12

class Task {
  readonly name: string
  readonly spans: Span[] = []
  /** What it is in the middle of, the outermost first. */
  readonly open: Span[] = []
  scope: Span | undefined
  /** The last times that were given out, by what stands on one track. */
  readonly #times = { nested: -1, scope: -1, queue: -1 }

  constructor(name: string) {
    this.name = name
  }

  /** A time of its own for each beginning and each end, so that spans have a length and nest where a clock is coarse. */
  at(track: 'nested' | 'scope' | 'queue', time: number): number {
    this.#times[track] = Math.max(time, this.#times[track] + 1)
    return this.#times[track]
  }
}

export class Timeline {
  readonly #tasks = new Map<string, Task>()
  /** Where each item was queued last. */
  readonly #queued = new Map<string, Span>()
  #begin: number | undefined
  #latest = 0
  /** What the times of a recording are moved by, so that they come after those of the one before. */
  #shift = 0
  #kept = 0
  #left = 0
  #flows = 0

  /** How many spans there was no room for. */
  get left(): number {
    return this.#left
  }

  add(event: TraceEvent): void {
    const { pid, comm, cpu } = event
    this.#begin ??= event.time
    const time = Math.max(0, event.time - this.#begin) + this.#shift
    this.#latest = Math.max(this.#latest, time)
    if (pid < 0) return
    const task = this.#task(pid === 0 ? `swapper/${cpu}` : `${comm}-${pid}`)
    if (task === undefined) return
    if (!event.interrupt) this.#seeScope(task, time, event.taskFlags)
    switch (event.event) {
      case 'kmalloc':
      case 'kmem_cache_alloc':
        countRequest(task, event)
        break
      case 'workqueue_queue_work': {
        const span = this.#point(task, time, event.fn || '(not recorded)')
        if (span !== undefined && this.#queued.size < SPANS) this.#queued.set(event.work, span)
        break
      }
      case 'workqueue_execute_start': {
        // A worker does one thing after another: what is still open has lost its end.
        if (!event.interrupt) closeAll(task, time)
        const span = this.#open(task, time, 'work', event.fn)
        const queued = this.#queued.get(event.work)
        this.#queued.delete(event.work)
        if (span !== undefined && queued !== undefined) {
          queued.flow = span.flow = ++this.#flows
        }
        break
      }
      case 'workqueue_execute_end':
        close(task, time, 'work')
        break
      case 'mm_vmscan_direct_reclaim_begin':
      case 'mm_vmscan_memcg_reclaim_begin':
        this.#open(
          task,
          time,
          'reclaim',
          event.event === 'mm_vmscan_direct_reclaim_begin' ? 'direct reclaim' : 'memcg reclaim',
        )
        break
      case 'mm_vmscan_direct_reclaim_end':
      case 'mm_vmscan_memcg_reclaim_end':
        close(task, time, 'reclaim')
        break
      case 'mm_shrink_slab_start':
        this.#open(task, time, 'shrinker', event.shrinker)
        break
      case 'mm_shrink_slab_end':
        close(task, time, 'shrinker')
        break
    }
  }

  /** The recording ends, and another may begin after it. */
  next(): void {
    for (const task of this.#tasks.values()) {
      closeAll(task, this.#latest)
      if (task.scope !== undefined) task.scope.to = task.at('scope', this.#latest)
      task.scope = undefined
    }
    this.#queued.clear()
    this.#begin = undefined
    this.#shift = this.#latest + 1e9
  }

  /** To be called once, after the last event. The tasks in the order in which they were seen; those that did nothing are left out. */
  tasks(): TaskSpans[] {
    this.next()
    return [...this.#tasks.values()]
      .filter(({ spans }) => spans.length > 0)
      .map(({ name, spans }) => ({ task: name, spans }))
  }

  #task(name: string): Task | undefined {
    let task = this.#tasks.get(name)
    if (task === undefined && this.#tasks.size < TASKS) {
      this.#tasks.set(name, (task = new Task(name)))
    }
    return task
  }

  /** A task is in the scope of its flags until they are seen to be others. */
  #seeScope(task: Task, time: number, flags: number | undefined): void {
    const name = isRestricted(flags) ? scopeName(flags) : undefined
    if (task.scope?.name === name) return
    if (task.scope !== undefined) task.scope.to = task.at('scope', time)
    task.scope =
      name === undefined ? undefined : this.#keep(task, 'scope', name, task.at('scope', time))
  }

  #point(task: Task, time: number, name: string): Span | undefined {
    const span = this.#keep(task, 'queue', name, task.at('queue', time))
    if (span !== undefined) span.to = task.at('queue', time)
    return span
  }

  #open(task: Task, time: number, kind: Span['kind'], name: string): Span | undefined {
    const span = this.#keep(task, kind, name, task.at('nested', time))
    if (span !== undefined) task.open.push(span)
    return span
  }

  #keep({ spans }: Task, kind: Span['kind'], name: string, time: number): Span | undefined {
    if (this.#kept === SPANS) {
      this.#left++
      return undefined
    }
    this.#kept++
    const span: Span = {
      kind,
      name,
      from: time,
      to: time,
      flow: undefined,
      requests: 0,
      restricted: 0,
    }
    spans.push(span)
    return span
  }
}

/** Ends the innermost of this kind, and what is in it and has lost its end. */
function close(task: Task, time: number, kind: Span['kind']): void {
  const { open } = task
  if (!open.some((span) => span.kind === kind)) return
  for (;;) {
    const span = open.pop()
    if (span === undefined) return
    span.to = task.at('nested', time)
    if (span.kind === kind) return
  }
}

/** Ends all that is open, the innermost first. */
function closeAll(task: Task, time: number): void {
  for (let span = task.open.pop(); span !== undefined; span = task.open.pop()) {
    span.to = task.at('nested', time)
  }
}

function countRequest({ open }: Task, { taskFlags }: RequestEvent): void {
  const restricted = isRestricted(taskFlags) ? 1 : 0
  for (const span of open) {
    span.requests++
    span.restricted += restricted
  }
}
