/** Run adopted: what `run` is to `enter`, for conveyances. It serves whoever does the work of others. */
import type { Context, RunResult } from './context.js'
import { Conveyance } from './conveyance.js'

/**
 * Calls `fn` in a scope of what was conveyed, with the receiving context as the current one, as
 * {@link Context.run} does: the scope is closed when `fn` is over, also when it throws or its
 * promise rejects, and the context carries what it carried before.
 *
 * ```ts
 * await runAdopted(new Context(jobs), conveyance, (context) => send(mail, context))
 * ```
 * @throws ConveyanceError for a conveyance of another domain or version, or for a copy of one; ScopeError
 * when `fn` leaves a scope of its own open; and whatever `fn` throws.
 */
export function runAdopted<N extends string, R>(
  context: Context<N>,
  conveyance: Conveyance<N>,
  fn: (context: Context<N>) => R,
  label?: string,
): RunResult<R> {
  const { domain } = context
  const mask = Conveyance.bits(conveyance, domain)
  domain.report('adopt', context, mask, label)
  return context.run(mask, fn, label, runAdopted)
}
