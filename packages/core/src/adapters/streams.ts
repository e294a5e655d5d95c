/**
 * Streams: the functions of a stream and the steps of an iterator in a context. A stream calls its functions whenever its
 * consumer asks, so in whatever context that happens to run.
 * @module streams
 */
import type { Context } from '../context.js'
import { bind } from '../current.js'

/**
 * The same options with each function bound to the context: for `new Transform(...)`, `new ReadableStream(...)`,
 * `new TransformStream(...)`.
 *
 * ```ts
 * new TransformStream(bindMethods(context, { transform(chunk, controller) { ... } }))
 * ```
 */
export function bindMethods<N extends string, T extends object>(
  context: Context<N>,
  methods: T,
): T {
  const entries = Object.entries(methods).map(([name, value]) => [
    name,
    typeof value === 'function' ? bind(context, value) : value,
  ])
  return Object.fromEntries(entries)
}

/** The items of an iterable, each of whose steps runs with the context as the current one. */
export function iterate<N extends string, T>(
  context: Context<N>,
  items: AsyncIterable<T> | Iterable<T>,
): AsyncIterableIterator<T> {
  const iterator =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  const end = { done: true, value: undefined } as const
  return {
    next: bind(context, async () => iterator.next()),
    return: bind(context, async (value) => (iterator.return ? iterator.return(value) : end)),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
