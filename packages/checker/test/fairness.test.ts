/** Starvation under weak fairness, against an oracle that shares nothing with it: fixpoints over states kept as text. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check } from '../src/check.js'
import { checkFairness } from '../src/fairness.js'
import { Overflow, type Row } from '../src/machine/layout.js'
import type { Machine } from '../src/machine/machine.js'
import { type Model, model } from '../src/model/model.js'
import { Execution } from '../src/run/execution.js'
import { readToken } from '../src/run/token.js'
import { Search } from '../src/search/search.js'
import { findStarvation } from '../src/search/starvation.js'
import { StateGraph } from '../src/search/state-graph.js'
import { text } from './brute-force.js'

type Value = 0 | 1 | 2

/** What a task does, over and over if it is a daemon. */
type Statement =
  | { readonly do: 'lock' | 'try'; readonly lock: 0 | 1; readonly sets: Value | null }
  | { readonly do: 'set' | 'until'; readonly value: Value }
  | { readonly do: 'choose' | 'retry' }

interface Plan {
  readonly tasks: readonly { readonly daemon: boolean; readonly body: readonly Statement[] }[]
}

const value = fc.constantFrom<Value>(0, 1, 2)
const statement: fc.Arbitrary<Statement> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('lock' as const, 'lock' as const, 'try' as const),
      lock: fc.constantFrom(0 as const, 1 as const),
      sets: fc.option(value, { nil: null }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('set' as const, 'until' as const), value }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('choose' as const, 'retry' as const, 'retry' as const),
    }),
  },
)
const plan: fc.Arbitrary<Plan> = fc.record({
  tasks: fc.array(
    fc.record({
      daemon: fc.boolean(),
      body: fc.array(statement, { minLength: 1, maxLength: 2 }),
    }),
    { minLength: 2, maxLength: 3 },
  ),
})

function modelOf({ tasks }: Plan): Model {
  return model('random', (build) => {
    const locks = [build.mutex('a'), build.mutex('b')]
    const shared = build.counter('shared')
    const retry = build.loop('retry', function* () {
      return (yield* shared.get()) === 1 ? true : undefined
    })
    const run = function* (body: readonly Statement[]) {
      for (const step of body) {
        if ('value' in step) {
          yield* step.do === 'set' ? shared.set(step.value) : shared.until(step.value)
        } else if (!('lock' in step)) {
          if (step.do === 'retry') yield* retry()
          else yield* build.choose('turn', ['left', 'right'])
        } else {
          const mutex = locks[step.lock]
          if (mutex === undefined) continue
          if (step.do === 'lock') yield* mutex.lock()
          else if (!(yield* mutex.tryLock())) continue
          if (step.sets !== null) yield* shared.set(step.sets)
          yield* mutex.unlock()
        }
      }
    }
    for (const [at, { daemon, body }] of tasks.entries()) {
      build[daemon ? 'daemon' : 'task'](`t${at}`, () => run(body))
    }
  })
}

interface Explored {
  readonly states: readonly string[]
  readonly edges: readonly { readonly from: string; readonly task: number; readonly to: string }[]
  /** For each state the tasks that rest. */
  readonly resting: ReadonlyMap<string, ReadonlySet<number>>
}

/** All states and steps, by following executions; null when there are more than `limit` states. */
function explored(machine: Machine, limit: number): Explored | null {
  for (const field of machine.layout.fields) machine.layout.widen(new Overflow(field, 0xffff))
  const execution = new Execution(machine)
  const tasks = machine.tasks.map(({ index }) => index)
  const resting = new Map<string, ReadonlySet<number>>()
  const edges: Explored['edges'][number][] = []
  const open: Row[] = [execution.row]
  while (open.length > 0) {
    const row = open.pop() as Row
    execution.row = row
    const from = text(execution)
    if (resting.has(from)) continue
    if (resting.size >= limit) return null
    resting.set(from, new Set(tasks.filter((task) => execution.rests(task))))
    for (const task of tasks) {
      execution.row = row
      for (const outcome of execution.possible(task)) {
        execution.row = row
        execution.step(task, outcome)
        edges.push({ from, task, to: text(execution) })
        open.push(execution.row)
      }
    }
  }
  return { states: [...resting.keys()], edges, resting }
}

/**
 * The tasks that can starve, by the greatest fixpoint of Emerson and Lei (1986): of all pairs of a state and the step that led to it,
 * those from which, for each task, a pair can be reached in which the task has just gone on or cannot.
 */
function starving({ edges, resting }: Explored, tasks: number): number[] {
  const all = Array.from({ length: tasks }, (_, task) => task)
  const able = new Set(edges.map(({ from, task }) => `${from} ${task}`))
  return all.filter((starved) => {
    const inside = edges.filter(
      ({ from, to }) => !resting.get(from)?.has(starved) && !resting.get(to)?.has(starved),
    )
    let kept = new Set(inside)
    for (let before = -1; before !== kept.size; ) {
      before = kept.size
      for (const task of all) {
        const good = [...kept].filter(
          (edge) => edge.task === task || !able.has(`${edge.to} ${task}`),
        )
        // What leads there by at least one more step.
        const leading = new Set<Explored['edges'][number]>()
        let targets = new Set(good.map(({ from }) => from))
        for (let size = -1; size !== leading.size; ) {
          size = leading.size
          for (const edge of kept) if (targets.has(edge.to)) leading.add(edge)
          targets = new Set([...targets, ...[...leading].map(({ from }) => from)])
        }
        kept = leading
      }
    }
    return kept.size > 0
  })
}

/** Plays a counterexample, and demands all that makes it one. */
function demand(build: () => Machine, token: string, starved: string): void {
  const machine = build()
  const { turns, loopStart } = readToken(machine, token)
  expect(loopStart).not.toBeNull()
  const execution = new Execution(machine)
  const waits = new Set<number>()
  const steps = new Set<number>()
  let begin = ''
  for (const [at, { task, outcome }] of turns.entries()) {
    if (at === loopStart) begin = text(execution)
    if (at >= (loopStart ?? 0)) {
      for (const { index } of machine.tasks) {
        if (execution.possible(index).length === 0) waits.add(index)
      }
      steps.add(task)
      const index = machine.tasks.findIndex((each) => `${each}` === starved)
      expect(execution.rests(index)).toBe(false)
    }
    expect(execution.step(task, outcome)).toBe(true)
  }
  expect(text(execution)).toBe(begin)
  expect(steps.size).toBeGreaterThan(0)
  for (const { index } of machine.tasks) {
    expect(steps.has(index) || waits.has(index)).toBe(true)
  }
}

describe('starvation', () => {
  it('is found where the oracle finds it, and each counterexample is one', () => {
    const count = { fair: 0, starvation: 0, 'passed over': 0, 'goes round': 0, waits: 0 }
    fc.assert(
      fc.property(plan, (drawn) => {
        const made = modelOf(drawn)
        const reference = explored(made.machine(), 150)
        if (reference === null) return
        const expected = starving(reference, drawn.tasks.length).map((task) => `t${task}`)
        const { verdict, starvations, states } = checkFairness(made)
        const what = JSON.stringify(drawn)
        expect(states, what).toBe(reference.states.length)
        expect(
          starvations.map(({ task }) => task),
          what,
        ).toEqual(expected)
        expect(verdict).toBe(expected.length > 0 ? 'starvation' : 'fair')
        count[verdict === 'fair' ? 'fair' : 'starvation']++
        for (const { task, kind, counterexample } of starvations) {
          count[kind]++
          demand(() => made.machine(), counterexample.token, task)
          expect(counterexample.loop.length).toBeGreaterThan(0)
          const moves = counterexample.loop.some((step) => step.task === task)
          expect(moves).toBe(kind === 'goes round')
        }
      }),
      { numRuns: 250, seed: 4 },
    )
    for (const times of Object.values(count)) expect(times).toBeGreaterThan(15)
  })
})

/** Two daemons that take a lock in turns, and a task that wants it once. */
const crowded = model('crowded', (build) => {
  const mutex = build.mutex('m')
  const once = function* () {
    yield* mutex.lock()
    yield* mutex.unlock()
  }
  build.daemon('one', once)
  build.daemon('other', once)
  build.task('late', once)
})

describe('a task that can be passed over', () => {
  it('starves, though an end can be reached from every state', () => {
    expect(check(crowded).verdict).toBe('safe')
    const { verdict, starvations } = checkFairness(crowded)
    expect(verdict).toBe('starvation')
    expect(starvations.map(({ task, kind }) => [task, kind])).toEqual([['late', 'passed over']])
    const [{ counterexample } = { counterexample: null }] = starvations
    // It is seen that the lock is given, and not to the task.
    expect(counterexample?.loop.map(({ operation }) => operation)).toContain('m.unlock()')
  })

  it('would not be seen with partial order: what is unlocked at once is never held', () => {
    const search = new Search(crowded.machine(), { symmetry: false })
    search.run()
    expect(findStarvation(new StateGraph(search), 2)).toBeNull()
  })
})

describe('weak fairness', () => {
  it('is enough for whoever can go on all the time', () => {
    const patient = model('patient', (build) => {
      const seen = build.counter('seen')
      build.daemon('ticks', () => seen.get())
      build.task('task', function* () {
        yield* seen.set(1)
        yield* seen.set(2)
      })
    })
    expect(checkFairness(patient)).toMatchObject({ verdict: 'fair', starvations: [] })
  })

  it('does not choose a turn: one may be taken for ever', () => {
    const unlucky = model('unlucky', (build) => {
      const again = build.loop('again', function* () {
        return (yield* build.choose('query', ['answers', 'fails'])) === 'answers' ? true : undefined
      })
      build.task('task', again)
    })
    expect(checkFairness(unlucky).starvations).toMatchObject([{ task: 'task', kind: 'goes round' }])
  })

  it('claims nothing where a limit stops the search, or something is violated', () => {
    expect(checkFairness(crowded, { maxStates: 3 })).toMatchObject({
      verdict: 'bounded',
      bound: 'maxStates',
    })
    const wrong = model('wrong', (build) => {
      const seen = build.counter('seen')
      build.task('task', () => seen.set(1))
      build.always('it stays', (state) => state.get(seen) === 0)
    })
    expect(checkFairness(wrong)).toMatchObject({ verdict: 'bounded', bound: null })
  })

  it('names one of several replicas, and says of a mistake where it is', () => {
    const replicated = model('replicated', (build) => {
      const mutex = build.mutex('m')
      build.replicate('daemon', 2, () =>
        build.daemon('daemon', function* () {
          yield* mutex.lock()
          yield* mutex.unlock()
        }),
      )
      build.replicate('late', 2, () =>
        build.task('late', function* () {
          yield* mutex.lock()
          yield* mutex.unlock()
        }),
      )
    })
    expect(checkFairness(replicated).starvations.map(({ task }) => task)).toEqual(['late#1'])
    const mistaken = model('mistaken', (build) => {
      const mutex = build.mutex('m')
      build.task('task', () => mutex.unlock())
    })
    expect(() => checkFairness(mistaken)).toThrow(/task unlocks mutex m, which it does not hold/)
  })
})
