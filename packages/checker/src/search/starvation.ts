/**
 * Starvation: whether a task can be kept from its end for ever although the scheduler is fair.
 *
 * A run is *weakly fair* if no task is passed over for ever that could go on all the time from some moment on (justice: Lehmann,
 * Pnueli and Stavi 1981). A task starves in such a run if it is at its end, or at rest, only finitely often. It may be that it could
 * go on again and again, and that each time another one does: weak fairness does not help whoever waits for what is given and taken
 * again. Or it takes steps for ever, and none leads on. Which turn is taken of those that a model leaves open is nobody's
 * fairness: a turn may be taken for ever.
 *
 * How it is decided (Lichtenstein and Pnueli 1985): take the states in which the task is not at rest, and their strongly connected
 * components. A run in which it starves goes round in one of them in the end. Such a component lets each task take a step or has a
 * state in which it cannot, or the run would not be fair; and if a component is like that, the run that goes through all of it for
 * ever is fair. Nothing has to be looked for inside of a component that is not, as strong fairness would need: its parts have fewer
 * states and steps.
 *
 * Why the reductions must be off. Partial order takes an unlocking together with the step before it: the lock is then never seen
 * held, whoever waits for it could go on in every state, and by weak fairness would. With symmetry a loop may lead back to the same
 * state with other names, and who is passed over in it changes each time (Emerson and Sistla 1997).
 */
import type { StateGraph, Step } from './state-graph.js'

/**
 * How a task starves. `passed over`: it takes no step, though it could again and again. `goes round`: it takes steps for ever. `waits`:
 * it never could, while others go round.
 */
export type StarvationKind = 'passed over' | 'goes round' | 'waits'

/** A task that starves, and how it comes to that. */
export interface StarvationFound {
  readonly task: number
  readonly kind: StarvationKind
  /** The state to which a shortest way leads, and in which the loop begins. */
  readonly state: number
  /** What can be repeated for ever: at least one step. */
  readonly loop: readonly Step[]
}

/** Finds whether a task can starve; null when it cannot. */
export function findStarvation(graph: StateGraph, task: number): StarvationFound | null {
  const resting = graph.resting(task)
  let first: Component | null = null
  for (const states of components(graph, resting)) {
    const component = new Component(graph, states)
    // States are numbered in the order in which the search found them: the first one is nearest.
    if (component.isFair() && (first === null || component.first < first.first)) first = component
  }
  if (first === null) return null
  const loop = first.loop(task)
  return { task, kind: kindOf(graph, task, loop), state: first.first, loop }
}

function kindOf(graph: StateGraph, task: number, loop: readonly Step[]): StarvationKind {
  if (loop.some((step) => step.task === task)) return 'goes round'
  const could = loop.some(({ from }) => graph.stepsOf(from).some((step) => step.task === task))
  return could ? 'passed over' : 'waits'
}

/** Some states among which there is a way from each to each. */
class Component {
  readonly first: number
  readonly #graph: StateGraph
  readonly #states: ReadonlySet<number>

  constructor(graph: StateGraph, states: readonly number[]) {
    this.#graph = graph
    this.#states = new Set(states)
    this.first = states.reduce((least, state) => Math.min(least, state))
  }

  /** Returns true if each task either takes a step in it or has a state in it where it cannot. */
  isFair(): boolean {
    const open = new Open(this.#graph.tasks)
    for (const state of this.#states) {
      open.visit(this.#graph.stepsOf(state))
      for (const step of this.#steps(state)) open.take(step)
      if (open.isEmpty) return true
    }
    return false
  }

  /** A way from the first state back to it on which all that fairness asks for happens. Short, but not always a shortest one. */
  loop(starving: number): Step[] {
    const graph = this.#graph
    const open = new Open(graph.tasks)
    const way: Step[] = []
    let at = this.first
    const go = (steps: readonly Step[]): void => {
      for (const step of steps) {
        open.take(step)
        open.visit(graph.stepsOf(step.to))
        way.push(step)
        at = step.to
      }
    }
    open.visit(graph.stepsOf(at))
    const helps = (step: Step): boolean => open.wants(step, graph.stepsOf(step.to))
    while (!open.isEmpty) go(this.#wayTo(at, helps))
    // That it could go on, where it can, is what a reader wants to see.
    const lets = ({ to }: Step): boolean => graph.stepsOf(to).some(({ task }) => task === starving)
    if (!way.some(lets) && [...this.#states].some((state) => this.#steps(state).some(lets))) {
      go(this.#wayTo(at, lets))
    }
    if (at !== this.first || way.length === 0) go(this.#wayTo(at, ({ to }) => to === this.first))
    return way
  }

  /** The steps that do not leave it. */
  #steps(state: number): Step[] {
    return this.#graph.stepsOf(state).filter(({ to }) => this.#states.has(to))
  }

  /** A shortest way from a state whose last step is wanted. */
  #wayTo(from: number, isWanted: (step: Step) => boolean): Step[] {
    const before = new Map<number, Step>()
    const reached = [from]
    for (const state of reached) {
      for (const step of this.#steps(state)) {
        if (isWanted(step)) return wayBack(step, from, before)
        if (step.to === from || before.has(step.to)) continue
        before.set(step.to, step)
        reached.push(step.to)
      }
    }
    throw new Error('a component is not connected')
  }
}

function wayBack(last: Step, from: number, before: ReadonlyMap<number, Step>): Step[] {
  const way = [last]
  for (let at = last.from; at !== from; ) {
    const step = before.get(at) as Step
    way.push(step)
    at = step.from
  }
  return way.reverse()
}

/** The tasks that have neither taken a step yet nor been in a state where they cannot. */
class Open {
  readonly #tasks: Set<number>

  constructor(tasks: number) {
    this.#tasks = new Set(Array.from({ length: tasks }, (_, task) => task))
  }

  get isEmpty(): boolean {
    return this.#tasks.size === 0
  }

  take({ task }: Step): void {
    this.#tasks.delete(task)
  }

  /** Comes to a state. @param steps all that can happen there. */
  visit(steps: readonly Step[]): void {
    const able = new Set(steps.map(({ task }) => task))
    for (const task of this.#tasks) if (!able.has(task)) this.#tasks.delete(task)
  }

  /** Returns true if a step, or the state to which it leads, is what one of them still needs. */
  wants({ task }: Step, then: readonly Step[]): boolean {
    if (this.#tasks.has(task)) return true
    const able = new Set(then.map((step) => step.task))
    return [...this.#tasks].some((each) => !able.has(each))
  }
}

/** Returns true if a step leads from a state back to it. */
function returns({ firsts, targets }: StateGraph, state: number): boolean {
  return targets.subarray(firsts[state], firsts[state + 1]).includes(state)
}

/**
 * The strongly connected components of the states that are not left out (Tarjan 1972), one after the other; those without a step are
 * passed over.
 * @param out for each state, 1 if it is left out.
 */
function* components(graph: StateGraph, out: Uint8Array): Generator<readonly number[]> {
  const { states, firsts, targets } = graph
  /** When a state was come to, from 1; the earliest of those that it leads to; and whether it is on the stack. */
  const marks = new Int32Array(states)
  const lows = new Int32Array(states)
  const isOpen = new Uint8Array(states)
  /** The next step to follow of each state. */
  const next = firsts.slice()
  const stack: number[] = []
  const way: number[] = []
  let time = 0
  for (let root = 0; root < states; root++) {
    if (out[root] === 1 || marks[root] !== 0) continue
    way.push(root)
    while (way.length > 0) {
      const state = way.at(-1) as number
      if (marks[state] === 0) {
        marks[state] = ++time
        lows[state] = time
        isOpen[state] = 1
        stack.push(state)
      }
      const step = next[state] as number
      if (step < (firsts[state + 1] as number)) {
        next[state] = step + 1
        const target = targets[step] as number
        if (out[target] === 1) continue
        if (marks[target] === 0) way.push(target)
        else if (isOpen[target] === 1) {
          lows[state] = Math.min(lows[state] as number, marks[target] as number)
        }
        continue
      }
      way.pop()
      const below = way.at(-1)
      if (below !== undefined) {
        lows[below] = Math.min(lows[below] as number, lows[state] as number)
      }
      if (lows[state] !== marks[state]) continue
      const component = stack.splice(stack.lastIndexOf(state))
      for (const each of component) isOpen[each] = 0
      if (component.length > 1 || returns(graph, state)) yield component
    }
  }
}
