/**
 * Executions: some that come to their end, to be followed on a real kernel where no schedule goes wrong. As `check --sample` chooses
 * them, with as many different ones as it finds.
 */
import { Execution, type SampleOptions, tokenOf, xorshift } from '@scopemask/checker/search'
import type { Subject } from '../matrix/subject.js'

/** How many steps an execution may have. */
const MAX_STEPS = 1_000
/** How many executions are tried for each that is asked for. */
const TRIES = 20

/**
 * Tokens of executions in which every task comes to its end or to rest, all different, fewer than asked for where there are not more.
 * Tasks have random priorities, which change now and then, so that rare orders are among them.
 */
export function sampledTokens(
  { machine }: Pick<Subject, 'machine'>,
  { executions, seed }: Pick<SampleOptions, 'executions' | 'seed'>,
): string[] {
  const tokens = new Set<string>()
  const programs = machine.programs(() => {})
  for (let run = 1; run <= executions * TRIES && tokens.size < executions; run++) {
    const execution = new Execution(machine, programs)
    if (comesToItsEnd(execution, xorshift(seed * 1_000_003 + run))) {
      tokens.add(tokenOf(machine, execution.steps))
    }
  }
  return [...tokens]
}

function comesToItsEnd(execution: Execution, random: (below: number) => number): boolean {
  const tasks = execution.machine.tasks.map(({ index }) => index)
  const order = [...tasks]
  const shuffle = (): void => {
    const from = random(order.length)
    order.splice(random(order.length), 0, ...order.splice(from, 1))
  }
  for (const _ of tasks) shuffle()
  for (let step = 0; step < MAX_STEPS; step++) {
    if (random(8) === 0) shuffle()
    const task = order.find((each) => execution.possible(each).length > 0)
    if (task === undefined) return tasks.every((each) => execution.rests(each))
    const outcomes = execution.possible(task)
    execution.step(task, outcomes[random(outcomes.length)])
  }
  return false
}
