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

/**
 * How an execution is chosen: see the top of sample.ts. `pct` finds rare orders of few steps more often than `random`.
 */
export type Strategy = 'random' | 'pct'

/** Which executions are looked at, and how many. */
export interface SampleOptions {
  /** How each execution is chosen. */
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
  /** The first execution that went wrong, or null. */
  readonly found: Found | null
  /** How many executions there were. */
  readonly executions: number
}

/** An execution that went wrong. */
export interface Found {
  readonly execution: Execution
  /** What is claimed and does not hold at its end; null when it ends in a deadlock. */
  readonly claim: string | null
}

/** @throws Misuse when an execution breaks a rule of the machine, or of whoever has built it. */
export function sample(
  machine: Machine,
  { strategy, executions, seed, maxSteps = 1_000, changes = 3 }: SampleOptions,
): Sample {
  for (let run = 1; run <= executions; run++) {
    const random = xorshift(seed * 1_000_003 + run)
    const pick = strategy === 'pct' ? priorities(machine, random, { maxSteps, changes }) : random
    const found = ran(new Execution(machine), random, pick, maxSteps)
    if (found !== null) return { found, executions: run }
  }
  return { found: null, executions }
}

/** Chooses one of some tasks; `random` does by number, priorities by task. */
type Pick = (below: number, able: readonly number[], step: number) => number

/** Runs an execution to its end, and says what went wrong with it. */
function ran(
  execution: Execution,
  random: (below: number) => number,
  pick: Pick,
  maxSteps: number,
): Found | null {
  const tasks = execution.machine.tasks.map(({ index }) => index)
  for (let step = 0; step < maxSteps; step++) {
    const isSettled = tasks.every((task) => execution.rests(task))
    const able = tasks.filter((task) => execution.possible(task).length > 0)
    const unable = tasks.filter((task) => !able.includes(task))
    const claim = unkept(execution, isSettled) ?? refuted(execution, unable)
    if (claim !== null) return { execution, claim }
    if (able.length === 0) return isSettled ? null : { execution, claim: null }
    const task = able[pick(able.length, able, step)] as number
    const outcomes = execution.possible(task)
    execution.step(task, outcomes[random(outcomes.length)])
  }
  return null
}

/** The name of a property that does not hold where an execution has come to, or null. */
function unkept({ machine, row, programs }: Execution, isSettled: boolean): string | null {
  const property = machine.properties.find(
    (each) =>
      (each.kind === 'always' || (each.kind === 'at end' && isSettled)) &&
      !each.holds(row, programs),
  )
  return property?.name ?? null
}

/** What one of some tasks asserts where it is, and does not hold, or null. */
function refuted(execution: Execution, tasks: readonly number[]): string | null {
  for (const task of tasks) {
    const assertion = execution.violation(task)
    if (assertion !== null) return assertion
  }
  return null
}

function priorities(
  machine: Machine,
  random: (below: number) => number,
  { maxSteps, changes }: { readonly maxSteps: number; readonly changes: number },
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
