/**
 * Schedule: an execution of the model as turns of the actors of a module. Steps that the kernel does by itself on a real machine have no
 * turn: what an allocation does inside, what workers do between items, the second halves of what is one call.
 */

import { gfpflagsAllowBlocking } from '@scopemask/allocator'
import type { MachineObject, Row } from '@scopemask/checker/machine'
import { Execution, type MicroStep, type Program } from '@scopemask/checker/search'
import { KernelOperation } from '../kernel/operation.js'
import { ALLOCATION, roleOf } from '../kernel/role.js'
import type { Work } from '../kernel/work/work.js'
import type { Workqueue } from '../kernel/work/workqueue.js'
import type { BuiltSubject } from '../matrix/subject.js'
import type { Actor, Cast } from './module/cast.js'
import { formOf, SECOND_HALF } from './module/forms.js'
import { Refused } from './module/refused.js'

/** What an actor does in a turn. */
export type Deed =
  | { readonly kind: 'operation'; readonly operation: KernelOperation }
  | { readonly kind: 'allocation'; readonly gfp: number }
  | { readonly kind: 'begins' | 'finishes'; readonly work: MachineObject }
  | { readonly kind: 'interrupt'; readonly operation: KernelOperation }

/** A turn of an actor. */
export interface Turn {
  readonly actor: Actor
  readonly deed: Deed
  readonly outcome: number
  /** What it comes to in the model, as the function in C says it; -1 where the execution ends before that. */
  readonly result: number
  /** For an allocation: whether memory is tight, and whether it fails. */
  readonly pressed: boolean
  readonly fails: boolean
  /** Whether it may try again and again until somebody else has done something. */
  readonly spins: boolean
  /** Whether the actor sleeps there. */
  readonly blocks: boolean
  /** Whether the actor must not sleep then, so that it does this right after what came before. */
  readonly within: boolean
}

/** Something that happens by itself: the delay of an item is over, or a worker may take it. */
export interface Event {
  readonly happens: 'expires' | 'admitted'
  readonly work: MachineObject
}

export interface Plan {
  readonly turns: readonly (Turn | Event)[]
  /** Whether kthreadd finds memory tight. */
  readonly tight: boolean
}

/** What the model leaves open at an allocation, and the results that count. */
const MEMORY = { kind: 'memory', pressure: 1 } as const
const RECLAIMED = { kind: 'reclaimed', tooLittle: 1 } as const
/** Where pages are counted: whether there was one. */
const TAKEN = { kind: 'rmqueue', none: 0 } as const

/**
 * The turns of an execution.
 * @param execution has taken its steps.
 * @throws Refused when the actors could not follow it.
 */
export function planOf(subject: BuiltSubject, cast: Cast, execution: Execution): Plan {
  const { machine } = subject
  const steps = contiguous(execution)
  const replay = new Execution(machine, execution.programs)
  const turns: (Turn | Event)[] = []
  let tight = false
  const admissions = new Admissions(subject)
  for (const [at, step] of steps.entries()) {
    const admitted = admissions.before(replay, step)
    turns.push(...admitted.map((work): Event => ({ happens: 'admitted', work })))
    replay.step(step.task, step.outcome)
    const { operation } = step
    if (!(operation instanceof KernelOperation)) continue
    if (machine.tasks[step.task] === subject.kernel.kthreadd && isPressure(step)) tight = true
    if (operation.kind === 'delayed_work_timer_fn' && operation.object !== null) {
      turns.push({ happens: 'expires', work: operation.object })
      continue
    }
    const turn = turnOf(subject, cast, { steps, at, programs: execution.programs })
    if (turn !== null) turns.push({ ...turn, blocks: sleepsInside(replay, step.task) })
  }
  return { turns: [...turns, ...attempts(cast, replay)], tight }
}

/**
 * Which items workers may take, and when: one at a time, in the order of the model. A worker that has to create another before it works
 * wakes up for an item that it does not take yet, and a rescuer may take all that are pending at once.
 */
class Admissions {
  readonly #subject: BuiltSubject
  readonly #admitted = new Set<Work>()

  constructor(subject: BuiltSubject) {
    this.#subject = subject
  }

  /** The items that a step lets workers take. @param execution stands before the step. */
  before(execution: Execution, { operation, result }: MicroStep): MachineObject[] {
    if (!(operation instanceof KernelOperation)) return []
    const { row } = execution
    const { workRegistry: registry } = this.#subject.kernel
    if (operation.effect?.kind === 'finish_work') {
      this.#admitted.delete(registry.workAt(operation.effect.lock.reference))
      return []
    }
    if (operation.effect?.kind === 'begin_work') {
      if (result === 0) return []
      const taken = registry.workAt(result)
      const queue = registry.queueOf(row, taken)
      const others =
        queue?.scheduled?.isEmpty(row) === true
          ? registry.works.filter((work) => isListed(row, queue, work))
          : []
      return this.#admit(operation.kind === 'rescuer_thread' ? [taken, ...others] : [taken])
    }
    const pool = registry.pools.find(
      ({ object, options }) => object === operation.object && options.creates,
    )
    if (operation.kind !== 'worker_thread' || pool === undefined) return []
    const next = registry.next(row, pool)
    return next === 0 ? [] : this.#admit([registry.workAt(next)])
  }

  #admit(works: readonly Work[]): MachineObject[] {
    const fresh = works.filter((work) => !this.#admitted.has(work))
    for (const work of fresh) this.#admitted.add(work)
    return fresh.map(({ object }) => object)
  }
}

/** Whether an item waits for a worker on a queue. */
function isListed(row: Row, queue: Workqueue, work: Work): boolean {
  return (
    work.worker.get(row) === 0 &&
    work.queue.get(row) === queue.object.reference &&
    queue.pool.list.includes(row, work.object.reference)
  )
}

/** Where in an execution a step is. */
interface Place {
  readonly steps: readonly Placed[]
  readonly at: number
  readonly programs: readonly Program[]
}

function turnOf(subject: BuiltSubject, cast: Cast, place: Place): Turn | null {
  const step = place.steps[place.at] as Placed
  const operation = step.operation as KernelOperation
  const { effect } = operation
  const { outcome, within } = step
  const base = {
    spins: false,
    outcome,
    pressed: false,
    fails: false,
    blocks: false,
    within,
  }
  if (effect?.kind === 'begin_work') {
    const work = subject.machine.referred(step.result)
    const actor = work === undefined ? null : cast.of(work)
    return actor === null || work === undefined
      ? null
      : { ...base, actor, deed: { kind: 'begins', work }, result: 1 }
  }
  if (effect?.kind === 'finish_work') {
    const actor = cast.of(effect.lock)
    return actor === null
      ? null
      : { ...base, actor, deed: { kind: 'finishes', work: effect.lock }, result: 0 }
  }
  const stack = place.programs[step.task]?.stack(step.position) ?? []
  const [inner] = stack
  if (operation.kind === 'current_gfp_context' && inner && roleOf(inner) === ALLOCATION) {
    const actor = cast.at(step.task, step.position, 1)
    const gfp = Number(inner.node.automaton.args[0])
    return actor === null
      ? null
      : {
          ...base,
          actor,
          deed: { kind: 'allocation', gfp },
          ...allocation(place, gfp, stack.length),
        }
  }
  const actor = cast.at(step.task, step.position)
  if (actor === null) return null
  if (effect?.kind === 'irq_enter' || effect?.kind === 'irq_exit') {
    return {
      ...base,
      actor,
      deed: { kind: 'interrupt', operation },
      result: 0,
      within: effect.kind === 'irq_exit',
    }
  }
  const form = formOf(operation)
  if (form === undefined || form === SECOND_HALF) return null
  const result = form.returns?.(operation, step.result) ?? 0
  return { ...base, actor, deed: { kind: 'operation', operation }, result }
}

/** How an allocation goes on after it was filtered. @param depth of the stack in it. */
function allocation({ steps, at, programs }: Place, gfp: number, depth: number) {
  const { task } = steps[at] as MicroStep
  let pressed = false
  let fails = false
  let isOver = false
  let spins = false
  for (const step of steps.slice(at + 1)) {
    if (step.task !== task) continue
    const stack = programs[task]?.stack(step.position) ?? []
    if (stack.length < depth) {
      isOver = true
      break
    }
    if (!(step.operation instanceof KernelOperation)) continue
    const { kind } = step.operation
    // Where pages are counted the request tries in a frame of its own; what shrinkers allocate themselves never does.
    if (stack.length > depth && kind !== TAKEN.kind) continue
    if (kind === MEMORY.kind) pressed = step.result === MEMORY.pressure
    if (kind === RECLAIMED.kind) fails = step.result === RECLAIMED.tooLittle
    // It is over after this one, if the task does nothing more.
    isOver = kind === MEMORY.kind && (!pressed || !gfpflagsAllowBlocking(gfp))
    if (kind === TAKEN.kind) {
      isOver = step.result !== TAKEN.none
      spins ||= !isOver
    }
  }
  if (pressed && !gfpflagsAllowBlocking(gfp)) fails = true
  return { pressed, fails, spins, result: isOver ? Number(!fails) : -1 }
}

function isPressure({ operation, result }: MicroStep): boolean {
  return (
    operation instanceof KernelOperation &&
    operation.kind === MEMORY.kind &&
    result === MEMORY.pressure
  )
}

/** Whether a task is in the middle of what is one call, and cannot go on. */
function sleepsInside(execution: Execution, task: number): boolean {
  const next = execution.next(task)
  return (
    next instanceof KernelOperation &&
    formOf(next) === SECOND_HALF &&
    !execution.rests(task) &&
    execution.possible(task).length === 0
  )
}

/** What actors try in the end, and cannot do. */
function attempts(cast: Cast, execution: Execution): Turn[] {
  return execution.machine.tasks.flatMap(({ index }): Turn[] => {
    const operation = execution.next(index)
    const actor = cast.at(index, execution.position(index))
    if (actor === null || !(operation instanceof KernelOperation)) return []
    if (execution.rests(index) || execution.suspendedBy(index) >= 0) return []
    if (execution.possible(index).length > 0) return []
    const form = formOf(operation)
    if (form === undefined || form === SECOND_HALF) return []
    const none = {
      outcome: 0,
      result: -1,
      pressed: false,
      fails: false,
      spins: false,
      within: false,
    }
    return [{ ...none, actor, deed: { kind: 'operation', operation }, blocks: true }]
  })
}

/** A step in a new order. */
interface Placed extends MicroStep {
  /** Whether the actor must not sleep before it. */
  readonly within: boolean
}

/**
 * The steps of an execution in an order in which nobody comes between the steps of an actor that must not sleep: those under a
 * spinlock, and those in an interrupt. Whoever must not sleep cannot wait for the director.
 * @throws Refused when in such an order they come to something else.
 */
function contiguous({ machine, steps, programs }: Execution): readonly Placed[] {
  const placed: Placed[] = []
  const taken = new Set<MicroStep>()
  for (const [at, first] of steps.entries()) {
    if (taken.has(first)) continue
    placed.push({ ...first, within: false })
    let depth = deepened(first)
    for (const step of depth > 0 ? steps.slice(at + 1) : []) {
      if (depth === 0) break
      if (step.task !== first.task) continue
      placed.push({ ...step, within: true })
      taken.add(step)
      depth += deepened(step)
    }
    if (depth > 0) {
      throw new Refused(`${machine.tasks[first.task]}`, STUCK)
    }
  }
  const replay = new Execution(machine, programs)
  for (const { task, outcome, result } of placed) {
    if (replay.step(task, outcome) && replay.steps.at(-1)?.result === result) continue
    throw new Refused(`${machine.tasks[task]}`, INTERRUPTED)
  }
  return placed
}

const STUCK = 'it waits for ever where it must not sleep: a machine with one processor would stop'
const INTERRUPTED =
  'others come between its steps where it must not sleep, so it cannot wait for them'

/** By how much a step deepens a section in which its task must not sleep. */
function deepened({ operation }: MicroStep): number {
  if (!(operation instanceof KernelOperation)) return 0
  const { effect, hold } = operation
  if (effect?.kind === 'irq_enter') return 1
  if (effect?.kind === 'irq_exit') return -1
  const form = formOf(operation)
  if (form === undefined || form === SECOND_HALF || form.on !== 'spinlock') return 0
  return hold?.kind === 'takes' ? 1 : -1
}
