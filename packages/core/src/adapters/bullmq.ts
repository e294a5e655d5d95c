/**
 * BullMQ: a telemetry for its queues, flows and workers that conveys with each job what is in force where the job is added,
 * without a word at each `add`, and leaves the job's data as they are. Where the data may carry it, job.ts has `payload` and
 * `processor`, which work with other queues too.
 * @module bullmq
 */
import { Context } from '../context.js'
import { contextFrom } from '../convey.js'
import { currentOrUndefined } from '../current.js'
import type { Domain } from '../domain.js'
import { DecodeError } from '../errors.js'
import { attempt, ownValue, refuse } from '../hostile.js'
import { decode } from '../remote.js'
import { outgoing, type RemotePolicy } from './outgoing.js'

export type { RemotePolicy } from './outgoing.js'

/** `Span` of BullMQ, as far as this file has to know it. */
export interface SpanLike {
  /** Returns the context with the span in it. */
  setSpanOnContext(context: unknown): unknown
  /** Adds an attribute. */
  setAttribute(key: string, value: never): void
  /** Adds attributes. */
  setAttributes(attributes: object): void
  /** Adds an event. */
  addEvent(name: string, attributes?: object): void
  /** Says what went wrong. */
  recordException(exception: never, time?: never): void
  /** Says that it is over. */
  end(): void
}

/** `Telemetry` of BullMQ, as far as this file has to know it. Its contexts are its own. */
export interface TelemetryLike {
  /** What makes spans. */
  readonly tracer: {
    /** Begins a span; BullMQ asks for one around each add and each job. */
    startSpan(name: string, options?: never, context?: unknown): SpanLike
  }
  /** What knows the context, and puts it into the metadata of a job. */
  readonly contextManager: {
    /**
     * Calls a function in a context.
     * @typeParam F the type of the function.
     */
    with<F extends (...args: never) => unknown>(context: unknown, fn: F): ReturnType<F>
    /** The context that runs now. */
    active(): unknown
    /** What a job takes along of a context, as text. */
    getMetadata(context: unknown): string
    /** The context that such a text stands for, beside the one that is active. */
    fromMetadata(active: unknown, metadata: string): unknown
  }
}

/** A context of ours beside one of the telemetry inside this one. */
class Both<N extends string> {
  readonly context: Context<N> | undefined
  readonly inner: unknown

  constructor(context: Context<N> | undefined, inner: unknown) {
    this.context = context
    this.inner = inner
  }
}

/** The key in the metadata of a job, which are JSON. */
const KEY = 'scopemask'

/**
 * A telemetry for the options of queues, flow producers and workers. Each job carries what the policy conveys from the current
 * context where it is added, and its processor is called with a context of that as the current one. A job
 * that was added where no context runs carries nothing, and has no current context. So do jobs of flows and of schedulers unless
 * the domain follows a variable, since BullMQ asks for their context after an `await`, and those of a flow that have no `opts`.
 *
 * ```ts
 * const options = { connection, telemetry: telemetry(jobs, 'convey-on-queue') }
 * const queue = new Queue('mail', options)
 * new Worker('mail', async (job) => send(current(jobs), job.data), options)
 * ```
 * What cannot be decoded is reported as a violation, and the job runs under all restrictions of the domain.
 *
 * @param inner another telemetry, such as `new BullMQOtel('mail')`, which does what it did before. Its metadata are a JSON object.
 */
export function telemetry<N extends string, T extends TelemetryLike = TelemetryLike>(
  domain: Domain<N>,
  policy: RemotePolicy,
  inner?: T,
): TelemetryLike & Pick<T, Exclude<keyof T, keyof TelemetryLike>> {
  const manager = inner?.contextManager
  const contextManager: TelemetryLike['contextManager'] = {
    active: () => new Both(currentOrUndefined(domain), manager?.active()),
    with<F extends (...args: never) => unknown>(both: Both<N>, fn: F) {
      const call = fn as unknown as () => ReturnType<F>
      const { context } = both
      const within = () => (context === undefined ? call() : domain.within(context, call))
      return manager === undefined ? within() : manager.with(both.inner, within)
    },
    getMetadata({ context, inner }: Both<N>) {
      const metadata = manager?.getMetadata(inner) ?? ''
      if (context === undefined) return metadata
      const header = outgoing(context, policy, 'bullmq')
      return JSON.stringify({ ...(metadata && JSON.parse(metadata)), [KEY]: header })
    },
    fromMetadata({ inner }: Both<N>, metadata) {
      return new Both(
        contextOrAll(domain, metadata),
        manager === undefined ? undefined : manager.fromMetadata(inner, metadata),
      )
    },
  }
  const tracer: TelemetryLike['tracer'] = {
    startSpan: (name, options, parent) =>
      new Span<N>(inner?.tracer.startSpan(name, options, (parent as Both<N> | undefined)?.inner)),
  }
  return { ...(inner as T), tracer, contextManager }
}

/**
 * A context of what a job carries, for a sandboxed processor, whose process has no telemetry: `contextOf(jobs, job)`.
 * @throws DecodeError when it carries nothing, or not exactly one conveyance of this domain.
 */
export function contextOf<N extends string>(
  domain: Domain<N>,
  job: { readonly opts?: object | undefined },
): Context<N> {
  const { opts = {} } = job
  const metadata = ownValue((ownValue(opts, 'telemetry') ?? {}) as object, 'metadata')
  const context = typeof metadata === 'string' ? contextIn(domain, metadata) : undefined
  if (context === undefined) throw refuse(domain, 'missing', 'the job carries none')
  return context
}

/** The context that metadata carry; undefined for none. */
function contextIn<N extends string>(domain: Domain<N>, metadata: string): Context<N> | undefined {
  const found = attempt(() => ({ header: ownValue(JSON.parse(metadata), KEY) }))
  if (found === undefined) throw refuse(domain, 'malformed', 'the metadata of the job are not JSON')
  const { header } = found
  return header === undefined ? undefined : contextFrom(domain, decode(domain, header))
}

/** The same for a worker: an error thrown here would fail no job, and leave one that nobody does. */
function contextOrAll<N extends string>(
  domain: Domain<N>,
  metadata: string,
): Context<N> | undefined {
  try {
    return contextIn(domain, metadata)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const { restrictions } = domain
    domain.violated({ name: 'job', opened: restrictions, label: undefined }, error)
    return new Context(domain, { name: `a job: ${error.message}`, mask: restrictions })
  }
}

/** A span of the telemetry inside, or none. */
class Span<N extends string> implements SpanLike {
  readonly #inner: SpanLike | undefined

  constructor(inner: SpanLike | undefined) {
    this.#inner = inner
  }

  setSpanOnContext({ context, inner }: Both<N>): Both<N> {
    return new Both(context, this.#inner?.setSpanOnContext(inner))
  }

  setAttribute(key: string, value: never): void {
    this.#inner?.setAttribute(key, value)
  }

  setAttributes(attributes: object): void {
    this.#inner?.setAttributes(attributes)
  }

  addEvent(name: string, attributes?: object): void {
    this.#inner?.addEvent(name, attributes)
  }

  recordException(exception: never, time?: never): void {
    this.#inner?.recordException(exception, time)
  }

  end(): void {
    this.#inner?.end()
  }
}
