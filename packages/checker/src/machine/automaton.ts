/**
 * Automaton: what is known so far about one procedure called with certain arguments. Between the results that it is
 * given a generator is deterministic, so its local state is exactly the sequence of those results. Each distinct
 * sequence is a node; an edge is found once, by running the generator along the sequence, and
 * remembered for ever. The search then walks edges and never runs the same code for the same step again.
 *
 * This holds only if the generator learns nothing except through its results. A variable of the surrounding
 * JavaScript that changes while the model runs breaks it. So each run compares what it sees with what earlier
 * runs saw on the same way, and `verify` walks all of them once more.
 */
import { Interrupted, Misuse } from './errors.js'
import type { Guard, OpenCall } from './guard.js'
import type { MachineObject } from './object.js'
import { Call, Operation, type ProcedureLike, type Steps, type Value } from './operation.js'
import { misuseOf, placeOf } from './place.js'
import type { Watch } from './watch.js'

/** What a procedure does at a node: it performs an operation, calls another procedure, or has returned. */
export type Action =
  | {
      /** It performs an operation. */
      readonly kind: 'operation'
      /** The operation. */
      readonly operation: Operation
    }
  | {
      /** It calls another procedure. */
      readonly kind: 'call'
      /** What it calls, with the arguments. */
      readonly automaton: Automaton
    }
  | {
      /** It has returned. */
      readonly kind: 'return'
      /** The number of the value that it returned. */
      readonly value: number
    }

/** One local state of a procedure. */
export interface Node {
  /** Its number in the machine. */
  readonly id: number
  /** The procedure, with its arguments, of which this is a state. */
  readonly automaton: Automaton
  /** The node before it; null where the procedure starts. */
  readonly parent: Node | null
  /** The result that led here from the parent: of an operation, or the number of the value of a call. */
  readonly input: number
  /** What the procedure does here. */
  readonly action: Action
  /** The objects of replicated groups that it has been told of, in order. */
  readonly references: readonly MachineObject[]
  /** The nodes that follow, by result. */
  readonly next: (Node | undefined)[]
}

/**
 * Gives a call other arguments, by who makes it: to try what a change at one call would do without changing the code.
 * @param callers the stack of the caller, innermost first.
 * @returns the arguments with which to call, or null for those that are there.
 */
export type Redirect = (
  procedure: ProcedureLike,
  args: readonly Value[],
  callers: readonly ProcedureLike[],
) => readonly Value[] | null

/** What automata share: the numbering of nodes, of values and of automata. */
export interface Numbering {
  /** All nodes, by number. */
  readonly nodes: Node[]
  /** All objects, by number. */
  readonly objects: readonly MachineObject[]
  /** Paths of the code that the model is written with. */
  readonly internals: readonly string[]
  /** See {@link Redirect}. */
  readonly redirect: Redirect | null
  /** Knows the calls whose steps were not taken. */
  readonly guard: Guard
  /** Stops code that does not come to its next step, where somebody does. */
  readonly watch: Watch | null
  /** Where to note from where procedures are called, while somebody wants to know. */
  callSites: string[] | null
  /** The automaton of a procedure with arguments. */
  automaton(procedure: ProcedureLike, args: readonly Value[]): Automaton
  /** The number of a value, and back. */
  numberOf(value: unknown): number
  /** The value that has this number. */
  valueOf(number: number): Value
}

/** How many results one call may observe: a longer one is a loop that should forget. */
const MAX_HISTORY = 1_000

/**
 * One procedure, called with certain arguments: a tree of nodes, one for each sequence of results that it was given.
 */
export class Automaton {
  /** Where the procedure starts. */
  readonly root: Node

  constructor(
    /** Numbers the nodes and values of all automata of a machine. */
    readonly numbering: Numbering,
    /** The procedure that was unfolded. */
    readonly procedure: ProcedureLike,
    /** The arguments that it was called with. */
    readonly args: readonly Value[],
  ) {
    this.root = this.#unfold(null, 0)
  }

  /** The node that follows when the action at `node` has this result. */
  step(node: Node, result: number): Node {
    return (node.next[result] ??= this.#unfold(node, result))
  }

  /** Runs every sequence again. @throws Misuse when one is not the same as before. */
  verify(): void {
    for (const node of this.numbering.nodes) {
      if (node.automaton === this && node.next.length === 0)
        this.#run(node.parent, node.input, node)
    }
  }

  /** Where in the code the action at a node is: the stack of the generator, outermost last. */
  site(node: Node): string {
    const { action } = node
    if (action.kind === 'return') return ''
    const sites: string[] = []
    const of = action.kind === 'operation' ? action.operation : null
    if (of === null) this.numbering.callSites = sites
    else of.sites = sites
    try {
      this.#run(node.parent, node.input, node)
      return sites.at(-1) ?? ''
    } finally {
      if (of === null) this.numbering.callSites = null
      else of.sites = null
    }
  }

  #unfold(parent: Node | null, input: number): Node {
    const { nodes } = this.numbering
    const action = this.#run(parent, input, undefined)
    const node: Node = {
      id: nodes.length,
      automaton: this,
      parent,
      input,
      action,
      references: this.#references(parent, input),
      next: [],
    }
    nodes.push(node)
    return node
  }

  /** Runs the generator along the results that lead to a node. @throws Misuse for whatever is wrong with its code. */
  #run(parent: Node | null, input: number, expected: Node | undefined): Action {
    const { guard } = this.numbering
    // What was interrupted may have left calls open.
    guard.takeOpen()
    try {
      return this.#watched(parent, input, expected)
    } catch (thrown) {
      if (!(thrown instanceof Forgotten)) throw thrown
      // Once more, to see where the call is made.
      guard.traces = true
      try {
        return this.#watched(parent, input, expected)
      } finally {
        guard.traces = false
      }
    }
  }

  #watched(parent: Node | null, input: number, expected: Node | undefined): Action {
    const { watch } = this.numbering
    if (watch === null) return this.#follow(parent, input, expected)
    try {
      return watch.run(() => this.#follow(parent, input, expected))
    } catch (thrown) {
      if (!(thrown instanceof Interrupted) || thrown.reason !== 'patience') throw thrown
      throw new Misuse(
        `${this.procedure.name} does not come to its next step: does it loop without yield*?`,
        { cause: thrown },
      )
    }
  }

  /** Runs the generator, checking each action on the way. */
  #follow(parent: Node | null, input: number, expected: Node | undefined): Action {
    const way: Node[] = []
    for (let node = parent; node !== null; node = node.parent) way.push(node)
    if (way.length > MAX_HISTORY) {
      throw new Misuse(
        `${this.procedure.name} has done ${MAX_HISTORY} steps in one call: put what repeats into a loop(), which forgets`,
      )
    }
    way.reverse()
    const generator = this.#start()
    let action = this.#action(this.#resume(generator))
    for (const [at, node] of way.entries()) {
      if (!same(action, node.action)) throw this.#changed(action, node.action)
      const result = way[at + 1]?.input ?? input
      const given = node.action.kind === 'call' ? this.numbering.valueOf(result) : result
      action = this.#action(this.#resume(generator, given))
    }
    if (expected && !same(action, expected.action)) throw this.#changed(action, expected.action)
    return action
  }

  #start(): Steps<unknown> {
    const { name, body } = this.procedure
    const start: unknown = body
    const generator: unknown =
      typeof start === 'function' ? this.#guarded(() => body(...(this.args as never))) : undefined
    if (
      typeof (generator as Steps<unknown> | undefined)?.next !== 'function' ||
      isAsync(generator)
    ) {
      throw new Misuse(`${name} is not a generator function: write function* () { ... }`)
    }
    return generator as Steps<unknown>
  }

  /** Runs the generator to its next step. @throws Forgotten when it has made a call and not taken its steps. */
  #resume(generator: Steps<unknown>, given?: Value): IteratorResult<Operation | Call, unknown> {
    const { name } = this.procedure
    const { guard, internals } = this.numbering
    try {
      const step = this.#guarded(() => generator.next(given))
      const open = guard.takeOpen()
      if (open === undefined) return step
      throw new Forgotten(name, open, internals)
    } catch (thrown) {
      // What went wrong may have gone wrong because steps were not taken.
      const open = guard.takeOpen()
      throw open === undefined ? thrown : new Forgotten(name, open, internals)
    }
  }

  /** Whatever the model's code throws is wrong with the model. */
  #guarded<T>(act: () => T): T {
    try {
      return act()
    } catch (thrown) {
      throw misuseOf(thrown, { who: this.procedure.name, internals: this.numbering.internals })
    }
  }

  #action(step: IteratorResult<Operation | Call, unknown>): Action {
    if (step.done) return { kind: 'return', value: this.numbering.numberOf(step.value) }
    const { value } = step
    if (value instanceof Operation) return { kind: 'operation', operation: value }
    if (value instanceof Call) {
      return { kind: 'call', automaton: this.numbering.automaton(value.procedure, value.args) }
    }
    throw new Misuse(
      `${this.procedure.name} yielded ${String(value)}, which is not an operation: write yield* before a call`,
    )
  }

  #references(parent: Node | null, input: number): readonly MachineObject[] {
    const isReplica = (value: unknown): value is MachineObject =>
      typeof value === 'object' && value !== null && (value as MachineObject).membership !== null
    if (parent === null) return this.args.filter(isReplica)
    const { action } = parent
    const told =
      action.kind === 'call'
        ? this.numbering.valueOf(input)
        : action.kind === 'operation' && action.operation.refers && input > 0
          ? this.numbering.objects[input - 1]
          : undefined
    return isReplica(told) && !parent.references.includes(told)
      ? [...parent.references, told]
      : parent.references
  }

  #changed(now: Action, before: Action): Misuse {
    return new Misuse(
      `${this.procedure.name} goes on with ${describe(before)} in one run and with ${describe(now)} in another, after the same ` +
        'results: it depends on a JavaScript variable that changes. Keep what changes in a variable(), where every interleaving ' +
        'sees a value of its own',
    )
  }
}

/** A call was made without `yield*`. */
export class Forgotten extends Misuse {
  /** @param where makes the call. */
  constructor(where: string, { name, made }: OpenCall, internals: readonly string[]) {
    const place = made === null ? '' : placeOf(`${made.stack}`, internals)
    super(
      `${where} calls ${name}() without yield*, so nothing is done${place === '' ? '' : `, at ${place}`}`,
      { place },
    )
  }
}

function isAsync(generator: unknown): boolean {
  return typeof (generator as AsyncGenerator)[Symbol.asyncIterator] === 'function'
}

function same(a: Action, b: Action): boolean {
  if (a.kind === 'operation') return b.kind === 'operation' && a.operation === b.operation
  if (a.kind === 'call') return b.kind === 'call' && a.automaton === b.automaton
  return b.kind === 'return' && a.value === b.value
}

function describe(action: Action): string {
  if (action.kind === 'operation') return `${action.operation}`
  return action.kind === 'call' ? `call ${action.automaton.procedure.name}` : 'return'
}
