/**
 * Disk: one server that takes requests in their order, each for a fixed time and a time per byte, behind the block layer. The disk
 * accepts so many requests at once, and so many more may wait in the block layer; whoever submits another waits until one is done
 * (block/blk-mq-tag.c, blk_mq_get_tag, with the scheduler `none`).
 */
import { type Clock, type Cpus, type CpuTask, type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { DiskPace } from '../faults/disk-pace.js'
import type { DiskSpec } from '../machine-spec.js'
import { WaitReason } from '../sched/wait-reason.js'
import { SECOND } from '../time.js'
import type { BlockDevice, BlockRequest } from './block-device.js'

/** What of a request is known outside. */
export interface ServedRequest {
  readonly write: boolean
  readonly bytes: number
}

/** A request under way. */
interface Request extends ServedRequest {
  /** When the disk accepted it. */
  since: number
  readonly done: () => void
}

export class Disk implements BlockDevice {
  readonly #clock: Clock
  readonly #cpus: Cpus
  readonly #spec: DiskSpec
  readonly #queue: Request[] = []
  readonly #waiting: CpuTask[] = []
  #busy = false
  readonly #finish = (): void => this.#finished()
  readonly read = { requests: 0, bytes: 0 }
  readonly written = { requests: 0, bytes: 0 }
  /** When it finished a request last, on the clock. */
  lastDone = 0
  /** Where it is slow or stands still; null for nowhere. */
  pace: DiskPace | null = null
  /** Is told of each request when it is done, and how long after it was accepted, ns. */
  onDone: ((request: ServedRequest, latency: number) => void) | null = null

  constructor(clock: Clock, cpus: Cpus, spec: DiskSpec) {
    this.#clock = clock
    this.#cpus = cpus
    this.#spec = spec
  }

  /** The largest request, in pages. */
  get maxPages(): number {
    return this.#spec.maxRequestBytes / 4096
  }

  /** Requests submitted and not done. */
  get inFlight(): number {
    return this.#queue.length
  }

  /** Submits a request, and waits until the disk accepts it. `done` is called when it has been served. */
  *submit(task: CpuTask, request: BlockRequest): LiveSteps {
    const { queueDepth, blockLayerRequests } = this.#spec
    while (this.#queue.length >= queueDepth + blockLayerRequests) {
      this.#waiting.push(task)
      task.reason = WaitReason.QUEUE
      yield WAIT
    }
    const { write, bytes, done } = request
    this.#queue.push({ write, bytes, done, since: this.#clock.now })
    const counts = write ? this.written : this.read
    counts.requests++
    counts.bytes += bytes
    this.#serve()
  }

  #serve(): void {
    const [request] = this.#queue
    if (this.#busy || request === undefined) return
    this.#busy = true
    const { now } = this.#clock
    const { perRequest, bytesPerSecond } = this.#spec
    const service = perRequest + (request.bytes * SECOND) / bytesPerSecond
    this.#clock.at(Math.round(this.pace?.finish(now, service) ?? now + service), this.#finish)
  }

  #finished(): void {
    const request = this.#queue.shift()
    if (request === undefined) return
    const accepted = this.#queue[this.#spec.queueDepth - 1]
    if (accepted !== undefined) accepted.since = this.#clock.now
    this.#busy = false
    this.lastDone = this.#clock.now
    this.onDone?.(request, this.#clock.now - request.since)
    request.done()
    const next = this.#waiting.shift()
    if (next !== undefined) this.#cpus.wake(next)
    this.#serve()
  }
}
