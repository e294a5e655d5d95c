/**
 * Tasks: drivers for generator tasks. Each step runs with the task's context as the current one, and only the step.
 * @module tasks
 */
import type { Context } from './context.js'
import type { Task } from './task.js'

/** A generator task that is driven step by step, as {@link steps} returns it. */
export type Steps<Y, R, S> = Pick<Generator<Y, R, S>, 'next' | 'return' | 'throw'>

/**
 * Drives a generator as a task: each step runs with the context as the current one, and only the
 * step does. For schedulers, which decide when the next step happens.
 */
export function steps<N extends string, Y, R, S>(
  context: Context<N>,
  task: Generator<Y, R, S>,
): Steps<Y, R, S> {
  const { domain } = context
  return {
    next: (...value) => domain.within(context, () => task.next(...value)),
    return: (value) => domain.within(context, () => task.return(value)),
    throw: (thrown) => domain.within(context, () => task.throw(thrown)),
  }
}

/**
 * Runs a generator task to its end. It yields promises where an async function would await them, gets
 * back what they resolve to, and the context is the current one again after each. `yield* wait(promise)` is the
 * form that TypeScript knows the type of:
 *
 * ```ts
 * await spawn(context, function* () {
 *   const text = yield* wait(readFile(path, 'utf8')) // a string
 *   return parse(text) // current(domain) is the context here too
 * })
 * ```
 */
export function spawn<N extends string, R>(
  context: Task<N>,
  task: (context: Task<N>) => Generator<unknown, R, unknown>,
): Promise<R>
export function spawn<N extends string, R>(
  context: Context<N>,
  task: (context: Context<N>) => Generator<unknown, R, unknown>,
): Promise<R>
export async function spawn<N extends string, R>(
  context: Context<N>,
  task: (context: never) => Generator<unknown, R, unknown>,
): Promise<R> {
  const generator = steps(
    context,
    context.domain.within(context, () => task(context as never)),
  )
  let step = generator.next(undefined)
  while (!step.done) {
    let value: unknown
    try {
      value = await step.value
    } catch (thrown) {
      step = generator.throw(thrown)
      continue
    }
    step = generator.next(value)
  }
  return step.value
}

/** What a promise resolves to, in a task that {@link spawn} runs: `const text = yield* wait(promise)`. */
export function* wait<T>(promise: T): Generator<T, Awaited<T>, unknown> {
  return (yield promise) as Awaited<T>
}
