/**
 * Origin: where the flags in force came from, as a chain of contexts that is kept while work goes on and read only when an
 * error needs it. A context is a step of the chain itself, so keeping the chain costs a reference. What is kept are
 * labels, places and the steps before; no function, no argument and no result of the application.
 */

/** What a step of the way of a flag is. */
export type StepKind =
  /** A context had the flag from the start. */
  | 'given'
  /** A section or a scope set it. */
  | 'scope'
  /** The raw layer of a task set it. */
  | 'saved'
  /** A delegation conveyed it. */
  | 'handed-off'
  /** It was conveyed together with others'. */
  | 'merged'
  /** Another context took it over. */
  | 'run-by'
  /** It came from outside the process. */
  | 'received'
  /** It applies while somebody waits. */
  | 'inherited'

/** Who waits for whom in a domain: see inherit.ts. */
export interface Waiting {
  /** The restrictions of all who wait for a context, directly or through others. */
  restrictionsFor(context: Origin): number
  /** One who waits for it and has the flag. */
  waiterWith(context: Origin, flag: number): Origin | undefined
}

/** A context, as far as where its flags came from is concerned. */
export interface Origin {
  readonly name: string
  readonly domain: {
    readonly waiting: Waiting | null
    bound<F extends (...args: never) => unknown>(context: Origin, fn: F): F
  }
  /** The task that this is a state of; otherwise the context itself. */
  readonly bearer: Origin
  /** The context in a form that stays as it is. */
  readonly origin: Origin
  readonly kind: StepKind
  /** The flags of its own, and those of them that it was opened with. */
  readonly own: number
  readonly opened: number
  /** What it was made from. */
  readonly outer: Origin | null
  /** What was conveyed to it. */
  readonly from: Origin | null
  /** How it was labelled, and where it was opened: the stack, where it was recorded. */
  readonly label: string | undefined
  readonly stack: string | undefined
  /** How many steps lead here. */
  readonly depth: number
  /** How the ways of its flags began, where they were too long to keep: see context.ts. */
  readonly beginnings: { readonly [flag: number]: readonly ProvenanceStep[] } | undefined
}

/** A step of a flag's way, in data. */
export interface ProvenanceStep {
  /** What the step is. */
  readonly kind: StepKind
  /** The name of the context. */
  readonly context: string
  /** The label of the section, the scope or the delegation, where it has one. */
  readonly label: string | undefined
  /** The stack at the call, as the engine writes it, where it was recorded. */
  readonly stack: string | undefined
}

/** True if one context is another, or was made from it. */
export function isMadeFrom({ origin }: Origin, context: Origin): boolean {
  for (let at: Origin | null = origin; at !== null; at = at.outer) {
    if (at.bearer === context) return true
  }
  return false
}

/** The way of a flag that is in force in a context, the beginning first. */
export function provenanceOf({ origin }: Origin, flag: number): readonly ProvenanceStep[] {
  const { domain, kind, from, outer, own, label } = origin
  const step = (kind: StepKind, { name, label, stack }: Omit<Origin, 'kind'> = origin) => ({
    kind,
    context: name,
    label,
    stack,
  })
  if ((own & flag) === 0) {
    const waiter = domain.waiting?.waiterWith(origin, flag)
    return [...(waiter ? provenanceOf(waiter, flag) : []), step('inherited')]
  }
  const before = [from, outer].find((before) => before && before.own & flag)
  if (!before) {
    return origin.beginnings?.[flag] ?? [step(origin.opened & flag ? kind : 'saved')]
  }
  const way = provenanceOf(before, flag)
  if (kind !== 'scope') return kind === before.kind ? way : [...way, step(kind)]
  if (before !== from) return way
  // Of a hand-off by a context that carries just what is conveyed, nothing was kept but the label of what was run.
  const kept = !/scope|given/.test(before.kind)
  const { name } = before
  const handedOff: ProvenanceStep = { kind: 'handed-off', context: name, label, stack: undefined }
  return [...way, ...(kept ? [] : [handedOff]), step('run-by')]
}
