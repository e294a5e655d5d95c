/**
 * Sample: some executions of a machine that is too large to search. What is found is real; what is not found may still be there,
 * so a sample never says `safe`.
 *
 * - `random`: any task that can, any outcome.
 * - `pct`: probabilistic concurrency testing (Burckhardt and others 2010). Tasks have random priorities and the highest that can
 *   goes on; at a few random moments the one that runs drops to the lowest. A bug that needs d such moments among n
 *   tasks and k steps is found by one execution with a probability of at least 1 / (n * k^(d-1)).
 */
import type { Machine } from '../machine/machine.js'
import { Execution } from './execution.js'
import { xorshift } from './random.js'

export type Strategy = 'random' | 'pct'

export interface SampleOptions {
  readonly strategy: Strategy
  /** How many executions. */
  readonly executions: number
  /** The same seed gives the same executions: a whole number from 1. */
  readonly seed: number
  /** How many steps one may have, at most. By default 1,000. */
  readonly maxSteps?: number
  /** For pct: how many times the running task is put back. By default 3. */
  readonly changes?: number
}

export interface Sample {
  /** The first execution that ended in a deadlock, or null. */
  readonly deadlock: Execution | null
  /** How many executions there were. */
  readonly executions: number
}

/** @throws Misuse when an execution breaks a rule of the machine or the kernel. */
export function sample(
  machine: Machine,
  { strategy, executions, seed, maxSteps = 1_000, changes = 3 }: SampleOptions,
): Sample {
  for (let run = 1; run <= executions; run++) {
    const random = xorshift(seed * 1_000_003 + run)
    const pick = strategy === 'pct' ? priorities(machine, random, maxSteps, changes) : random
    const execution = new Execution(machine)
    if (endsInDeadlock(execution, random, pick, maxSteps)) {
      return { deadlock: execution, executions: run }
    }
  }
  return { deadlock: null, executions }
}

/** Chooses one of some tasks; `random` does by number, priorities by task. */
type Pick = (below: number, able: readonly number[], step: number) => number

function endsInDeadlock(
  execution: Execution,
  random: (below: number) => number,
  pick: Pick,
  maxSteps: number,
): boolean {
  const tasks = execution.machine.tasks.map(({ index }) => index)
  for (let step = 0; step < maxSteps; step++) {
    const able = tasks.filter((task) => execution.possible(task).length > 0)
    if (able.length === 0) return tasks.some((task) => !execution.rests(task))
    const task = able[pick(able.length, able, step)] as number
    const outcomes = execution.possible(task)
    execution.step(task, outcomes[random(outcomes.length)])
  }
  return false
}

function priorities(
  machine: Machine,
  random: (below: number) => number,
  maxSteps: number,
  changes: number,
): Pick {
  const order = machine.tasks.map(({ index }) => index)
  for (let at = order.length - 1; at > 0; at--) {
    const other = random(at + 1)
    const moved = order[at] as number
    order[at] = order[other] as number
    order[other] = moved
  }
  // Most executions are much shorter than the limit: the moments are spread over what one may take.
  const moments = new Set(
    Array.from({ length: changes }, () => random(Math.min(maxSteps, 20 * order.length))),
  )
  return (_below, able, step) => {
    const highest = (): number => order.find((task) => able.includes(task)) as number
    if (moments.has(step)) {
      const running = highest()
      order.splice(order.indexOf(running), 1)
      order.push(running)
    }
    return able.indexOf(highest())
  }
}
