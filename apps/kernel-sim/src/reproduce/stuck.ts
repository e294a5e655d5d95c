/** Stuck: the tasks of the model that do not come to an end, and which actor of the module each of them is. */
import { lookAround } from '@scopemask/checker'
import { cycle, Execution, replay, waiters } from '@scopemask/checker/search'
import { roleOf, WorkFunction } from '../kernel/role.js'
import type { BuiltSubject } from '../matrix/subject.js'
import { type Actor, Cast } from './module/cast.js'

export interface Stuck {
  /** As the model names it: `kworker/u4`. */
  readonly task: string
  /** The number of the actor; null for a thread of the kernel's own that does nothing for an actor then. */
  readonly actor: number | null
  /** What it waits for, or its next step where it does not wait. */
  readonly what: string
  /** It cannot take a step; otherwise it can, and only comes to no end. */
  readonly isBlocked: boolean
  readonly inCircle: boolean
  /** Names of the functions that it is in, innermost first. */
  readonly stack: readonly string[]
}

/** Who is stuck at the end of a schedule. @throws Misuse when the token does not fit. */
export function stuckAfter(subject: BuiltSubject, token: string): Stuck[] {
  const { machine } = subject
  const programs = lookAround(machine)
  const execution = replay(machine, token, new Execution(machine, programs))
  const cast = new Cast(subject, programs)
  const all = waiters(execution)
  const circle = new Set(cycle(all).map(({ task }) => task))
  return all.map(({ task, what, blocked, stack }) => ({
    task: `${machine.tasks[task] ?? ''}`,
    actor: actorOf(cast, execution, task)?.number ?? null,
    what,
    isBlocked: blocked,
    inCircle: circle.has(task),
    stack,
  }))
}

/** Whose work a task does, also inside of an allocation. */
function actorOf(cast: Cast, execution: Execution, task: number): Actor | null {
  for (const frame of execution.stack(task)) {
    const role = roleOf(frame)
    if (role instanceof WorkFunction) return cast.of(role.work)
  }
  return cast.actors.find((actor) => actor.task?.index === task) ?? null
}
