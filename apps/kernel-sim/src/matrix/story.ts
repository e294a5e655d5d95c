/**
 * Story: a schedule as data for pictures. It says who did what, who held which lock and was in which scope from where to where,
 * who slept, who woke whom, and what every object was like after each step.
 */
import { lookAround } from '@scopemask/checker'
import type { Machine, MachineObject, Operation } from '@scopemask/checker/machine'
import { cycle, Execution, waiters } from '@scopemask/checker/search'
import { KernelOperation } from '../kernel/operation.js'
import { lostAfter } from './point-of-no-return.js'
import type { Subject } from './subject.js'
import type { Turn } from './turn.js'

/** From after step `from` on, and until step `to`, which ends it; null when nothing does. Steps count from 1. */
export interface Span {
  readonly task: number
  readonly from: number
  readonly to: number | null
}

/** Something that a task holds: a lock, a bit, a handle. `from` is the step that took it. */
export interface Hold extends Span {
  readonly object: string
}

/** Restrictions in force for a task, by name. */
export interface ScopeSpan extends Span {
  readonly restrictions: string
}

/** A procedure that a task is in: from its first step in it. */
export interface FrameSpan extends Span {
  readonly name: string
  /** 0 for the outermost. */
  readonly depth: number
}

/** A task that cannot do its next step. */
export interface Sleep extends Span {
  /** What it waits for, in words. */
  readonly what: string
  readonly objects: readonly string[]
  /** The tasks that could end it. */
  readonly for: readonly number[]
  /** The step that is not enabled. */
  readonly operation: string
}

/** One step makes another possible: it wakes a task, or queues the work item that a worker then begins. */
export interface Arrow {
  readonly kind: 'wakes' | 'queues'
  readonly from: number
  readonly to: number
}

export interface StoryStep {
  readonly task: number
  readonly operation: string
  readonly result: string
  /** The procedures that the task was in, innermost first. */
  readonly stack: readonly string[]
  /** True for a step that no other task can notice, and that changes neither a lock nor a scope. */
  readonly local: boolean
  /** True for a step that changes the restrictions in force for its task. */
  readonly scopes: boolean
}

/** An object of the model, and what it was like after each step; the first is before all of them. */
export interface ObjectStory {
  readonly name: string
  readonly states: readonly string[]
}

/** A task that is not done in the end. */
export interface Waiting {
  readonly task: number
  readonly blocked: boolean
  readonly what: string
  readonly objects: readonly string[]
  readonly for: readonly number[]
  readonly restrictions: string
  readonly stack: readonly string[]
}

export interface Story {
  readonly tasks: readonly string[]
  readonly steps: readonly StoryStep[]
  readonly frames: readonly FrameSpan[]
  readonly holds: readonly Hold[]
  readonly scopes: readonly ScopeSpan[]
  readonly sleeps: readonly Sleep[]
  readonly arrows: readonly Arrow[]
  readonly objects: readonly ObjectStory[]
  /** All that are not done in the end. */
  readonly waiting: readonly Waiting[]
  /** The tasks along the circle, where there is one. */
  readonly circle: readonly number[]
  /** The step after which the tasks can no longer come to an end; 0 for the beginning, null where that is not known. */
  readonly lost: number | null
  /** The first step of those that are repeated for ever, in a livelock; null where there is none. */
  readonly loop: number | null
  /** True where the schedule stops though something could still happen, and does not go round for ever. */
  readonly open: boolean
}

/**
 * The story of a schedule that the machine can follow.
 * @param loop the first step of those that are repeated for ever, if any are.
 */
export function storyOf(
  subject: Subject,
  turns: readonly Turn[],
  loop: number | null = null,
): Story {
  const lost = lostAfter(subject.machine, turns)
  const execution = new Execution(subject.machine, lookAround(subject.machine))
  const recorder = new Recorder(subject, execution)
  for (const turn of turns) recorder.step(turn)
  return recorder.end(lost, loop)
}

class Recorder {
  readonly #subject: Subject
  readonly #execution: Execution
  readonly #steps: StoryStep[] = []
  readonly #frames = new Spans<FrameSpan>()
  readonly #holds = new Spans<Hold>()
  readonly #scopes = new Spans<ScopeSpan>()
  readonly #sleeps = new Spans<Sleep>()
  readonly #arrows: Arrow[] = []
  /** By task, the step that woke it; until its next step. */
  readonly #woken = new Map<number, number>()
  /** By work item, the step that queued it. */
  readonly #queued = new Map<MachineObject, number>()
  readonly #states = new Map<MachineObject, string[]>()

  constructor(subject: Subject, execution: Execution) {
    this.#subject = subject
    this.#execution = execution
    this.#look()
  }

  /** Takes a step, and notes what it does. @throws Misuse when it breaks a rule. */
  step({ task, outcome }: Turn): void {
    const execution = this.#execution
    const operation = execution.next(task)
    this.#see(task)
    const scope = this.#restrictions(task)
    const asleep = new Set(this.#sleeps.open())
    const stack = execution.stack(task).map(({ name }) => name)
    if (operation === null || !execution.step(task, outcome)) {
      throw new RangeError(`step ${this.#steps.length + 1} of the schedule cannot happen`)
    }
    const { result } = execution.steps.at(-1) ?? { result: 0 }
    const at = this.#steps.push({
      task,
      operation: `${operation}`,
      result: resultOf(this.#subject.machine, operation, result),
      stack,
      local: operation.object === null && scope === this.#restrictions(task),
      scopes: scope !== this.#restrictions(task),
    })
    this.#noteHold(operation, result, task, at)
    this.#noteArrows(operation, result, task, at)
    this.#look()
    for (const key of asleep) if (!this.#sleeps.has(key)) this.#woken.set(Number(key), at)
  }

  /** What was noted, with what only the whole schedule tells. */
  end(lost: number | null, loop: number | null): Story {
    const { machine } = this.#subject
    const found = waiters(this.#execution)
    for (const { task } of found) this.#see(task)
    return {
      tasks: machine.tasks.map(String),
      steps: this.#steps,
      frames: this.#frames.all(),
      holds: this.#holds.all(),
      scopes: this.#scopes.all(),
      sleeps: this.#sleeps.all(),
      arrows: this.#arrows,
      objects: [...this.#states]
        .filter(([, states]) => states.some((state) => state !== states[0]))
        .map(([object, states]) => ({ name: `${object}`, states })),
      waiting: found.map(({ task, blocked, what, objects, for: enders, stack }) => ({
        task,
        blocked,
        what,
        objects: objects.map(String),
        for: enders,
        restrictions: this.#restrictions(task),
        stack,
      })),
      circle: cycle(found).map(({ task }) => task),
      lost,
      loop,
      open:
        loop === null &&
        machine.tasks.some(({ index }) => this.#execution.possible(index).length > 0),
    }
  }

  /** Notes the procedures that a task is in; called before each of its steps. */
  #see(task: number): void {
    const at = this.#steps.length
    let key = `${task}`
    const stack = this.#execution.stack(task).reverse()
    const entered = stack.map(({ name, node }, depth) => {
      // A procedure that is called again from elsewhere in its caller is another span.
      key += ` ${node.automaton.root.id}`
      const span = [key, { task, name, depth, from: at + 1, to: null }] as const
      key += ` ${node.id}`
      return span
    })
    const keys = new Set(entered.map(([key]) => key))
    for (const open of this.#frames.open()) {
      if (open.split(' ', 1)[0] === `${task}` && !keys.has(open)) this.#frames.close(open, at + 1)
    }
    for (const [key, span] of entered) if (!this.#frames.has(key)) this.#frames.begin(key, span)
  }

  /** Looks at the state that was come to. */
  #look(): void {
    const at = this.#steps.length
    const { machine } = this.#subject
    for (const { index } of machine.tasks) {
      const restrictions = this.#restrictions(index)
      for (const key of this.#scopes.open()) {
        if (key.startsWith(`${index} `) && key !== `${index} ${restrictions}`) {
          this.#scopes.close(key, at)
        }
      }
      const key = `${index} ${restrictions}`
      if (restrictions !== '' && !this.#scopes.has(key)) {
        this.#scopes.begin(key, { task: index, from: at, to: null, restrictions })
      }
    }
    for (const waiter of waiters(this.#execution)) {
      const key = `${waiter.task}`
      if (waiter.blocked && !this.#sleeps.has(key)) {
        this.#sleeps.begin(key, {
          task: waiter.task,
          from: at,
          to: null,
          what: waiter.what,
          objects: waiter.objects.map(String),
          for: waiter.for,
          operation: `${this.#execution.next(waiter.task)}`,
        })
      } else if (!waiter.blocked && this.#sleeps.has(key)) this.#sleeps.close(key, at)
    }
    const tasks = new Set<MachineObject>(machine.tasks)
    for (const object of machine.objects) {
      if (tasks.has(object)) continue
      const states = this.#states.get(object) ?? []
      states.push(this.#stateOf(object))
      this.#states.set(object, states)
    }
  }

  #noteHold(operation: Operation, result: number, task: number, at: number): void {
    const hold = operation instanceof KernelOperation ? operation.hold : null
    if (!hold?.done(result)) return
    const object = `${hold.object}`
    if (hold.kind === 'takes') {
      this.#holds.begin(`${hold.object.id} ${task} ${at}`, { task, object, from: at, to: null })
      return
    }
    // A bit may be cleared by a task that did not set it.
    const open = this.#holds.open().filter((key) => key.startsWith(`${hold.object.id} `))
    const own = open.filter((key) => key.startsWith(`${hold.object.id} ${task} `))
    const given = own.at(-1) ?? open.at(-1)
    if (given !== undefined) this.#holds.close(given, at)
  }

  #noteArrows(operation: Operation, result: number, task: number, at: number): void {
    const kernel = operation instanceof KernelOperation ? operation : null
    const begun =
      kernel?.effect?.kind === 'begin_work' ? this.#subject.machine.objects[result - 1] : undefined
    const queuedAt = begun === undefined ? undefined : this.#queued.get(begun)
    const wokenAt = this.#woken.get(task)
    if (queuedAt !== undefined) this.#arrows.push({ kind: 'queues', from: queuedAt, to: at })
    if (wokenAt !== undefined && wokenAt !== queuedAt) {
      this.#arrows.push({ kind: 'wakes', from: wokenAt, to: at })
    }
    this.#woken.delete(task)
    if (kernel?.queues && result === 1) this.#queued.set(kernel.queues, at)
  }

  #restrictions(task: number): string {
    const { kernel } = this.#subject
    return kernel.restrictionsName(kernel.restrictions(this.#execution.row, task))
  }

  /** The fields of an object that are not as they were made. */
  #stateOf({ fields }: MachineObject): string {
    const { objects } = this.#subject.machine
    return fields
      .filter((field) => field.get(this.#execution.row) !== field.initial)
      .map((field) => {
        const value = field.get(this.#execution.row)
        return `${field.name.slice(field.name.lastIndexOf('.') + 1)}: ${field.refers ? objects[value - 1] : value}`
      })
      .join(', ')
  }
}

/** Spans that have begun, by keys, and those that have ended. */
class Spans<S extends Span> {
  readonly #open = new Map<string, S>()
  readonly #ended: S[] = []

  has(key: string): boolean {
    return this.#open.has(key)
  }

  /** The keys of those that have not ended, in the order in which they began. */
  open(): string[] {
    return [...this.#open.keys()]
  }

  begin(key: string, span: S): void {
    this.#open.set(key, span)
  }

  close(key: string, to: number): void {
    const span = this.#open.get(key)
    if (span === undefined) return
    this.#open.delete(key)
    this.#ended.push({ ...span, to })
  }

  /** All of them, in the order in which they began. */
  all(): S[] {
    return [...this.#ended, ...this.#open.values()].sort((a, b) => a.from - b.from)
  }
}

/** What came of an operation, where that was open. */
export function resultOf(machine: Machine, operation: Operation, result: number): string {
  const { results, refers, outcomes } = operation
  if (results !== null) return operation.meaning(result)
  return refers && outcomes > 1 ? `${machine.objects[result - 1]}` : ''
}
