/**
 * Program: all that is known about one task. Its local state is a stack of frames, each an automaton at a node.
 * When a frame returns, its inner history is forgotten but for the return value: that keeps states few. Each
 * distinct stack is a position, a small number; a task in a row is one field that holds its position.
 */
import type { Automaton, Node } from './automaton.js'
import { Misuse, Unforeseen } from './errors.js'
import type { MachineObject } from './object.js'
import type { Operation } from './operation.js'

/** One frame of a task's stack. */
export interface StackFrame {
  /** The procedure's name. */
  readonly name: string
  /** The local state that it is in. */
  readonly node: Node
}

/** How many frames deep a task may be. */
const MAX_FRAMES = 64
/** How often a loop may start over without a single operation in between. */
const MAX_SPIN = 100

/**
 * All positions of a task that are known so far, and the steps between them. It grows while a search or an execution
 * goes on.
 */
export class Program {
  /** What the task does at each position; null where it has returned. */
  readonly operations: (Operation | null)[] = []
  /** True if the task may stay there for ever: it has returned, or is a daemon without work. */
  readonly rests: boolean[] = []
  /** True if the task has returned when it comes there: to its end or, if it is a daemon, to its start. */
  readonly returns: boolean[] = []
  /** True if a loop starts there, or starts over. */
  readonly heads: boolean[] = []
  /** From where and with which result each position was reached first. */
  readonly parents: number[] = []
  /** See {@link parents}. */
  readonly inputs: number[] = []
  /** The position where it starts. */
  readonly start: number
  /**
   * True if it may not number new positions. The threads of a search must agree on numbers, so that only one of them
   * gives them; `parents` and `inputs` let the others follow: `edge(parents[p], inputs[p])` for each new p, in order.
   */
  sealed = false
  readonly #nodes: (Node | null)[] = []
  readonly #callers: number[] = []
  readonly #edges: (number | undefined)[][] = []
  /** Positions by caller and node. */
  readonly #known = new Map<number, number>()

  /**
   * @param daemon whether it starts over when its procedure returns.
   * @param found is told of each new position.
   */
  constructor(
    /** The name of the task. */
    readonly name: string,
    root: Automaton,
    readonly daemon: boolean,
    private readonly found: (operation: Operation) => void,
  ) {
    this.start = this.#settle(root.root, -1, -1, 0)
    if (this.operations[this.start] === null) {
      throw new Misuse(`${name} does nothing: its body never yields. Write yield* before each call`)
    }
  }

  /** How many positions are known. */
  get size(): number {
    return this.operations.length
  }

  /** The position after the operation at `position` had this result. */
  edge(position: number, result: number): number {
    const edges = this.#edges[position] as (number | undefined)[]
    return edges[result] ?? (edges[result] = this.#advance(position, result))
  }

  /** The stack at a position, innermost first. */
  stack(position: number): StackFrame[] {
    const frames: StackFrame[] = []
    for (let at = position; at >= 0; at = this.#callers[at] as number) {
      const node = this.#nodes[at]
      if (node) frames.push({ name: node.automaton.procedure.name, node })
    }
    return frames
  }

  /**
   * The operations that the task can come to from a position before it rests, as far as they are known, the one there
   * included.
   */
  ahead(position: number): Operation[] {
    const seen = new Set([position])
    const operations: Operation[] = []
    for (const at of seen) {
      const operation = this.operations[at]
      if (operation) operations.push(operation)
      for (const next of this.#edges[at] ?? []) {
        if (next !== undefined && this.rests[next] !== true) seen.add(next)
      }
    }
    return operations
  }

  /** The objects of replicated groups that the task knows of at a position, in an order that renaming keeps. */
  references(position: number): MachineObject[] {
    const references: MachineObject[] = []
    for (const { node } of this.stack(position)) {
      for (const object of node.references) {
        if (!references.includes(object)) references.push(object)
      }
    }
    return references
  }

  #advance(position: number, result: number): number {
    const node = this.#nodes[position] as Node
    const caller = this.#callers[position] as number
    return this.#settle(node.automaton.step(node, result), caller, position, result)
  }

  /** Follows calls and returns until there is an operation to do. */
  #settle(from: Node, below: number, parent: number, input: number): number {
    let node = from
    let caller = below
    for (let spins = 0; ; ) {
      const { action, automaton } = node
      if (action.kind === 'operation') return this.#position(node, caller, parent, input)
      if (action.kind === 'call') {
        caller = this.#position(node, caller, parent, input)
        if (this.#depth(caller) > MAX_FRAMES) {
          throw new Misuse(
            `${this.name} calls ${automaton.procedure.name} ${MAX_FRAMES} frames deep: it recurses`,
          )
        }
        node = this.#called(action.automaton, caller).root
        continue
      }
      const over = caller < 0
      const again = over
        ? this.daemon
        : automaton.procedure.loop && automaton.numbering.valueOf(action.value) === undefined
      if (again) {
        if (++spins > MAX_SPIN) {
          throw new Misuse(
            `${automaton.procedure.name} of ${this.name} loops without doing anything`,
          )
        }
        node = automaton.root
        continue
      }
      if (over) return this.#position(null, -1, parent, input)
      const waiting = this.#nodes[caller] as Node
      node = waiting.automaton.step(waiting, action.value)
      caller = this.#callers[caller] as number
    }
  }

  /** What is called in truth: see {@link Redirect}. @param caller where the call is made. */
  #called(automaton: Automaton, caller: number): Automaton {
    const { numbering, procedure, args } = automaton
    if (numbering.redirect === null) return automaton
    const callers = this.stack(caller).map(({ node }) => node.automaton.procedure)
    const instead = numbering.redirect(procedure, args, callers)
    return instead === null ? automaton : numbering.automaton(procedure, instead)
  }

  #position(node: Node | null, caller: number, parent: number, input: number): number {
    const key = (caller + 1) * 0x4000000 + (node === null ? 0 : node.id + 1)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.sealed) throw new Unforeseen(this.name)
    const position = this.operations.length
    this.#known.set(key, position)
    const operation = node?.action.kind === 'operation' ? node.action.operation : null
    this.operations.push(operation)
    this.rests.push(node === null || (this.daemon && node.parent === null && this.#atRoot(caller)))
    this.heads.push(this.#isHead(node, caller))
    this.returns.push(node === null || (this.daemon && node.parent === null && caller < 0))
    this.parents.push(parent)
    this.inputs.push(input)
    this.#nodes.push(node)
    this.#callers.push(caller)
    this.#edges.push([])
    if (operation) this.found(operation)
    return position
  }

  /**
   * True if the first operation after the start of a loop may be there: nothing but calls came before it. It depends
   * on the position alone, not on how it was reached, so that all who learn the same positions agree.
   */
  #isHead(node: Node | null, caller: number): boolean {
    if (node === null) return false
    for (let at = node.parent; at !== null; at = at.parent) {
      if (at.action.kind !== 'call') return false
    }
    return node.automaton.procedure.loop || (caller >= 0 && this.heads[caller] === true)
  }

  /** True if every frame from here outwards has done nothing yet. */
  #atRoot(position: number): boolean {
    if (position < 0) return true
    return this.#nodes[position]?.parent === null && this.#atRoot(this.#callers[position] as number)
  }

  #depth(position: number): number {
    let depth = 0
    for (let at = position; at >= 0; at = this.#callers[at] as number) depth++
    return depth
  }
}
