/** Tasks: drivers for generator tasks. Each step runs with the task's context as the current one, and only the step. */
import type { Context } from './context.js'
import { within } from './current.js'

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
  return {
    next: (...value) => within(context, () => task.next(...value)),
    return: (value) => within(context, () => task.return(value)),
    throw: (thrown) => within(context, () => task.throw(thrown)),
  }
}

/**
 * Runs a generator task to its end. It yields promises where an async function would await them, gets
 * back what they resolve to, and the context is the current one again after each:
 *
 * ```ts
 * await spawn(context, function* () {
 *   const text = (yield readFile(path, 'utf8')) as string
 *   return parse(text) // current(domain) is the context here too
 * })
 * ```
 */
export async function spawn<N extends string, R>(
  context: Context<N>,
  task: (context: Context<N>) => Generator<unknown, R, unknown>,
): Promise<R> {
  const generator = steps(
    context,
    within(context, () => task(context)),
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
