/** Convey: what is captured of a context when work is delegated, and how another one takes it over. */
import { Context, type ContextOptions } from './context.js'
import { assertGrants, bitsOf, Conveyance, type Policy } from './conveyance.js'
import type { Domain } from './domain.js'
import { ConveyanceError } from './errors.js'
import type { Mask } from './flags.js'
import type { StepKind } from './origin.js'
import type { Callee } from './place.js'
import type { Scope } from './scope.js'
import type { Task } from './task.js'

/**
 * Captures what the policy conveys from a context, at this moment.
 *
 * @param grants grants to convey too: only those the context has are, and none under `none`.
 * @param label names the delegation in errors and diagnostics.
 * @throws ConveyanceError for what is not a policy, or when `grants` has flags that are not grants; ScopeError for a
 * context while code of a more restricted section of it runs.
 */
export function convey<N extends string>(
  context: Context<N>,
  policy: Policy,
  grants?: Mask<N>,
  label?: string,
): Conveyance<N> {
  return conveyance(context, captured(context, policy, grants, label), label, convey)
}

/** The flags that the policy captures, at this moment. */
export function captured<N extends string>(
  context: Context<N>,
  policy: Policy,
  grants: Mask<N> | undefined,
  label: string | undefined,
): Mask<N> {
  const { domain, mask } = context
  domain.uses(context)
  const restrictions = (mask & domain.restrictions) as Mask<N>
  return policy === 'convey-on-queue' && grants === undefined && !domain.watched
    ? restrictions
    : stated(context, policy, grants, label)
}

/** The same for any policy and grants, and for observers. */
function stated<N extends string>(
  context: Context<N>,
  policy: Policy,
  grants: Mask<N> | undefined,
  label: string | undefined,
): Mask<N> {
  const { domain, mask } = context
  const restrictions = mask & domain.restrictions
  let bits = 0
  if (policy === 'convey-on-queue') bits = restrictions
  else if (policy !== 'none' && policy !== 'inherit-on-wait') {
    throw new ConveyanceError(`${policy} is not a policy`)
  }
  if (grants !== undefined) {
    assertGrants(domain, grants)
    if (policy !== 'none') bits |= mask & grants
  }
  const drops = policy === 'none' && restrictions !== 0
  domain.report(drops ? 'drop' : 'convey', context, drops ? restrictions : bits, label)
  return bits as Mask<N>
}

/** What carries captured flags, from a call of `callee`. */
export function conveyance<N extends string>(
  context: Context<N>,
  own: Mask<N>,
  label: string | undefined,
  callee: Callee,
): Conveyance<N> {
  const { domain, origin } = context
  // A context does not change, so one that carries just this, and needs no label, is what is conveyed.
  const same = label === undefined && origin.own === own && !domain.watched
  const carried = own === 0 ? null : same ? origin : handedOff(context, own, label, callee)
  return new Conveyance(domain, carried)
}

function handedOff<N extends string>(
  context: Context<N>,
  own: Mask<N>,
  label: string | undefined,
  callee: Callee,
): HandedOff<N> {
  const { domain, origin: outer } = context
  const site = domain.watched ? domain.site(own, label, callee) : label
  return new HandedOff(domain, undefined, { own, outer, from: null, site })
}

/** The step between a context and those that carry what it conveyed. */
class HandedOff<in out N extends string> extends Context<N> {
  override get kind(): StepKind {
    return 'handed-off'
  }
}

/**
 * Opens a scope of what was conveyed, on the receiving task: `using scope = adopt(worker, conveyance)`.
 * What the task carried before stays in force, and is all it carries after the scope. For asynchronous code
 * there are {@link contextFrom} and `runAdopted`.
 *
 * @throws ConveyanceError for a conveyance of another domain or version, or for a copy of one.
 */
export function adopt<N extends string>(
  task: Task<N>,
  conveyance: Conveyance<N>,
  label?: string,
): Scope<N> {
  const { domain } = task
  const carried = Conveyance.carried(conveyance, domain)
  const mask = bitsOf<N>(carried)
  if (domain.watched) domain.report('adopt', task, mask, label)
  return task.scope(mask, label, adopt, carried)
}

/**
 * A context of its own that carries what was conveyed, and nothing else: for a request, a job, a message.
 *
 * @throws ConveyanceError for a conveyance of another domain or version, or for a copy of one.
 */
export function contextFrom<N extends string>(
  domain: Domain<N>,
  conveyance: Conveyance<N>,
  options?: Pick<ContextOptions<N>, 'name'>,
): Context<N> {
  const from = Conveyance.carried(conveyance, domain)
  const own = bitsOf<N>(from)
  const site = options?.name ?? ++domain.contexts
  const context = new Context(domain, undefined, { own, outer: null, from, site })
  if (domain.watched) domain.report('adopt', context, own)
  return context
}
