/** What pages show of counterexamples: the stories, where they are lost, and where two policies part. */
import { Execution, replay, xorshift } from '@scopemask/checker/search'
import { describe, expect, it } from 'vitest'
import { policyNamed } from '../../../src/kernel/policy.js'
import type { Scenario } from '../../../src/kernel/scenario.js'
import type { CaseRow } from '../../../src/matrix/cell.js'
import { type Exhibit, exhibitsOf } from '../../../src/matrix/exhibit.js'
import { subjectOf } from '../../../src/matrix/subject.js'
import { CASES } from '../../../src/scenarios/catalogue.js'
import { ROWS } from './rows.js'

/** Enough of them for each case to have a counterexample and, where there is one, a policy that holds. */
const POLICY_NAMES = ['unrestricted', 'scope', 'callee-scope', 'separate-queues']

const found: { readonly scenario: Scenario; readonly exhibit: Exhibit }[] = []
for (const [at, { number, scenario }] of CASES.entries()) {
  const row = ROWS[at] as CaseRow
  const under = (policies: readonly string[]): CaseRow => ({
    ...row,
    cells: row.cells.filter(({ policy }) => policies.includes(policy)),
  })
  for (const exhibit of exhibitsOf(under(POLICY_NAMES), scenario, 'smallest')) {
    found.push({ scenario, exhibit })
  }
  // Under this one, rows of case 3 get another layout while it is looked for a way to an end.
  if (number !== '3') continue
  for (const exhibit of exhibitsOf(under(['inherit-on-wait']), scenario, 'all')) {
    found.push({ scenario, exhibit })
  }
}

const of = (address: string): Exhibit =>
  found.find(({ exhibit }) => exhibit.address === address)?.exhibit as Exhibit

describe('the story of cil-push under scope', () => {
  const { story } = of('case-4/scope')

  it('says who holds what, in which scope, and sleeps where', () => {
    const name = (task: number): string => story.tasks[task] ?? ''
    expect(story.holds.map(({ task, object, from, to }) => [name(task), object, from, to])).toEqual(
      [['quota', 'dqp->q_qlock', 1, null]],
    )
    expect(
      story.scopes.map(({ task, restrictions, from }) => [name(task), restrictions, from]),
    ).toEqual([['quota', 'NOFS', 2]])
    expect(story.sleeps.filter(({ to }) => to === null).map(({ task }) => name(task))).toEqual([
      'quota',
      'kworker/u4',
    ])
    expect(story.circle.map(name)).toEqual(['quota', 'kworker/u4'])
  })

  it('has an arrow from queue_work to the worker that begins the item', () => {
    const [arrow] = story.arrows
    expect(story.steps[(arrow?.from ?? 0) - 1]?.operation).toMatch(/^queue_work/)
    expect(story.steps[(arrow?.to ?? 0) - 1]?.operation).toMatch(/^worker_thread/)
  })

  it('says what objects are like after each step', () => {
    const lock = story.objects.find(({ name }) => name === 'dqp->q_qlock')
    expect(lock?.states.slice(0, 2)).toEqual(['', 'owner: quota'])
    expect(lock?.states).toHaveLength(story.steps.length + 1)
  })
})

describe.each(found.map(({ scenario, exhibit }) => [exhibit.address, scenario, exhibit] as const))(
  'the exhibit of %s',
  (_, scenario, { story, policy, counterexample, parting }) => {
    const machine = subjectOf(scenario, policyNamed(policy)).machine
    const turns = replay(machine, counterexample.token).steps

    /** Goes on at random after some steps of the schedule. @returns true if all tasks come to rest. */
    const comesToAnEnd = (steps: number, seed: number): boolean => {
      const subject = subjectOf(scenario, policyNamed(policy))
      const execution = new Execution(subject.machine)
      for (const { task, outcome } of turns.slice(0, steps)) execution.step(task, outcome)
      const tasks = subject.machine.tasks.map(({ index }) => index)
      const random = xorshift(seed)
      for (let step = 0; step < 300; step++) {
        if (tasks.every((task) => execution.rests(task))) return true
        const able = tasks.filter((task) => execution.possible(task).length > 0)
        if (able.length === 0) return false
        const task = able[random(able.length)] as number
        const outcomes = execution.possible(task)
        execution.step(task, outcomes[random(outcomes.length)] as number)
      }
      return false
    }

    it('is lost after the step that it names, and not before', () => {
      const { lost } = story
      expect(lost).not.toBeNull()
      const seeds = Array.from({ length: 12 }, (_, seed) => seed + 1)
      expect(seeds.some((seed) => comesToAnEnd(lost ?? 0, seed))).toBe(false)
      const before = Array.from({ length: 300 }, (_, seed) => seed + 1)
      if (lost !== null && lost > 0) {
        expect(before.some((seed) => comesToAnEnd(lost - 1, seed))).toBe(true)
      }
    })

    it('tells the steps of the counterexample', () => {
      const { steps, loop } = counterexample
      expect(story.steps.map(({ operation, result }) => [operation, result])).toEqual(
        [...steps, ...loop].map(({ operation, result }) => [operation, result]),
      )
    })

    it.runIf(parting !== null)('parts from a policy under which all come to their end', () => {
      if (parting === null) return
      const { rows, parts, story: holds } = parting
      expect(holds.waiting).toEqual([])
      const numbers = (side: 'left' | 'right') => rows.flatMap((row) => row[side] ?? [])
      expect(numbers('left')).toEqual(story.steps.map((_, at) => at + 1))
      expect(numbers('right')).toEqual(holds.steps.map((_, at) => at + 1))
      for (const { left, right } of rows.slice(0, parts)) {
        if (left === null || right === null) continue
        const [one, other] = [story.steps[left - 1], holds.steps[right - 1]]
        expect(other?.result).toBe(one?.result)
        expect(holds.tasks[other?.task ?? -1]).toBe(story.tasks[one?.task ?? -1])
      }
    })
  },
)
