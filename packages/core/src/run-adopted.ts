/** Run adopted: what `run` is to `enter`, for conveyances. It serves whoever does the work of others. */
import type { Context } from './context.js'
import { bitsOf, Conveyance } from './conveyance.js'
import type { RunResult } from './outcome.js'
import type { Task } from './task.js'

/**
 * Calls `fn` with what was conveyed in force beside what the receiving context carries: in a section of the context,
 * as {@link Context.run} does, or in a scope of the task, as {@link Task.run} does. `fn` gets the context that carries it.
 *
 * ```ts
 * await runAdopted(worker, conveyance, (context) => send(mail, context))
 * ```
 * @throws ConveyanceError for a conveyance of another domain or version, or for a copy of one; ScopeError
 * when `fn` leaves a scope of the task open; and whatever `fn` throws.
 */
export function runAdopted<N extends string, R>(
  context: Task<N>,
  conveyance: Conveyance<N>,
  fn: (task: Task<N>) => R,
  label?: string,
): RunResult<R>
export function runAdopted<N extends string, R>(
  context: Context<N>,
  conveyance: Conveyance<N>,
  fn: (context: Context<N>) => R,
  label?: string,
): RunResult<R>
export function runAdopted<N extends string, R>(
  context: Context<N>,
  conveyance: Conveyance<N>,
  fn: (context: never) => R,
  label?: string,
): RunResult<R> {
  const { domain } = context
  const carried = Conveyance.carried(conveyance, domain)
  const mask = bitsOf<N>(carried)
  if (domain.watched) domain.report('adopt', context, mask, label)
  return context.open(mask, label, runAdopted, carried).call(fn)
}
