/**
 * Plan: an execution of the model as turns of the actors of a module. Steps that the kernel does by itself on a real machine have no
 * turn: what an allocation does inside, what workers do between items, the second halves of what is one call.
 */

import { Execution } from '@scopemask/checker/search'
import { KernelOperation } from '../../kernel/operation.js'
import { ALLOCATION, roleOf } from '../../kernel/role.js'
import type { BuiltSubject } from '../../matrix/subject.js'
import type { Cast } from '../module/cast.js'
import { callOf, formOf, SECOND_HALF } from '../module/forms.js'
import { Admissions } from './admissions.js'
import { allocation, isPressure } from './allocation.js'
import { contiguous, type Placed } from './contiguous.js'
import type { Place } from './place.js'
import type { Event, Plan, Turn } from './turn.js'

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
  const wanted = subject.kernel.kswapdIsWanted
  for (const [at, step] of steps.entries()) {
    const admitted = admissions.before(replay, step)
    turns.push(...admitted.map((object): Event => ({ happens: 'admitted', object })))
    replay.step(step.task, step.outcome)
    const { operation } = step
    if (!(operation instanceof KernelOperation)) continue
    if (machine.tasks[step.task] === subject.kernel.kthreadd && isPressure(step)) tight = true
    if (operation.kind === 'delayed_work_timer_fn' && operation.object !== null) {
      turns.push({ happens: 'expires', object: operation.object })
      continue
    }
    const turn = turnOf(subject, cast, { steps, at, programs: execution.programs })
    if (turn !== null) turns.push({ ...turn, blocks: sleepsInside(replay, step.task) })
    else if (wanted !== null && operation.object === wanted) {
      turns.push({ happens: 'wakes kswapd', object: wanted })
    }
  }
  return { turns: [...turns, ...attempts(cast, replay)], tight }
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
  const call = callOf(operation)
  if (call === null) return null
  const result = call.returns?.(operation, step.result) ?? 0
  return { ...base, actor, deed: { kind: 'operation', operation }, result }
}

/** Returns true if a task is in the middle of what is one call, and does not come to its end before another has done something. */
function sleepsInside(execution: Execution, task: number): boolean {
  if (!isInside(execution, task)) return false
  const ahead = new Execution(execution.machine, execution.programs)
  for (const { task: each, outcome } of execution.steps) ahead.step(each, outcome)
  while (isInside(ahead, task)) {
    const [outcome] = ahead.possible(task)
    if (outcome === undefined) return true
    ahead.step(task, outcome)
  }
  return false
}

/** Returns true if what a task does next belongs to a call that it has begun. */
function isInside(execution: Execution, task: number): boolean {
  const next = execution.next(task)
  return next instanceof KernelOperation && formOf(next) === SECOND_HALF && !execution.rests(task)
}

/** What actors try in the end, and cannot do. */
function attempts(cast: Cast, execution: Execution): Turn[] {
  return execution.machine.tasks.flatMap(({ index }): Turn[] => {
    const operation = execution.next(index)
    const actor = cast.at(index, execution.position(index))
    if (actor === null || !(operation instanceof KernelOperation)) return []
    if (execution.rests(index) || execution.suspendedBy(index) >= 0) return []
    if (execution.possible(index).length > 0) return []
    if (callOf(operation) === null) return []
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
