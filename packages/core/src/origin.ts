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

/** Who waits for a context: see inherit.ts. */
export interface Waiters {
  /** Those that wait for it directly. */
  readonly contexts: Origin[]
  /** The restrictions of all who wait for it, directly or through others. */
  readonly restrictions: number
}

/** Those who wait, by whom they wait for. */
export type Waiting = WeakMap<Origin, Waiters>

/** A context, as far as where its flags came from is concerned. */
export interface Origin {
  readonly name: string
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
}

/** The steps that a flag took to where it is in force, the latest first. */
export function wayOf(origin: Origin, flag: number): Origin[] {
  const way: Origin[] = []
  for (let at: Origin | null = origin; at !== null; ) {
    way.push(at)
    const before: readonly (Origin | null)[] = [at.from, at.outer]
    at = before.find((origin) => origin && origin.own & flag) ?? null
  }
  return way
}

/** Whether one context is another, or was made from it. */
export function isMadeFrom({ origin }: Origin, context: Origin): boolean {
  for (let at: Origin | null = origin; at !== null; at = at.outer) {
    if (at.bearer === context) return true
  }
  return false
}

/** The restrictions of those who wait for a context or for what it was made from. */
export function inherited({ origin }: Origin, waiting: Waiting): number {
  let bits = 0
  for (let at: Origin | null = origin; at !== null; at = at.outer) {
    bits |= waiting.get(at.bearer)?.restrictions ?? 0
  }
  return bits
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

/** The way of a flag that is in force in a context, the beginning first. */
export function provenanceOf({ origin }: Origin, flag: number, waiting: Waiting): ProvenanceStep[] {
  if ((origin.own & flag) === 0) {
    const waiter = waiterWith(origin, flag, waiting)
    return [...(waiter ? provenanceOf(waiter, flag, waiting) : []), stepOf(origin, 'inherited')]
  }
  return wayOf(origin, flag)
    .flatMap((at, i, way) => {
      const before = way[i + 1]
      if (before !== undefined && at.kind === 'scope') {
        if (before !== at.from) return []
        const handedOff = before.kind === 'scope' || before.kind === 'given'
        return [stepOf(at, 'run-by'), ...(handedOff ? [handOffOf(before, at)] : [])]
      }
      if (before?.kind === 'merged' && at.kind === 'merged') return []
      return stepOf(at, at.opened & flag ? at.kind : 'saved')
    })
    .reverse()
}

function stepOf({ name, label, stack }: Origin, kind: StepKind): ProvenanceStep {
  return { kind, context: name, label, stack }
}

/** A hand-off of which nothing was kept but the label of what was run. */
function handOffOf({ name }: Origin, { label }: Origin): ProvenanceStep {
  return { kind: 'handed-off', context: name, label, stack: undefined }
}

/** Who waits for a context, or for what it was made from, and has the flag. */
function waiterWith(origin: Origin, flag: number, waiting: Waiting): Origin | undefined {
  for (let at: Origin | null = origin; at !== null; at = at.outer) {
    const found = waiting.get(at.bearer)?.contexts.find(({ own }) => own & flag)
    if (found) return found
  }
  return undefined
}
