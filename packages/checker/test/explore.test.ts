import { describe, expect, it } from 'vitest'
import { check, sample } from '../src/check.js'
import { explore, replay } from '../src/explore.js'
import { model } from '../src/model/model.js'

/** Two tasks that take two locks crosswise. */
const crossed = model('crossed', (build) => {
  const one = build.mutex('one')
  const two = build.mutex('two')
  for (const [name, first, second] of [
    ['a', one, two],
    ['b', two, one],
  ] as const) {
    build.task(name, function* () {
      yield* first.lock()
      yield* second.lock()
      yield* second.unlock()
      yield* first.unlock()
    })
  }
})

describe('an exploration', () => {
  it('lists what can happen, takes it, and goes back', () => {
    const exploration = explore(crossed)
    expect(exploration.standing).toBe('going')
    expect(exploration.moves()).toMatchObject([
      { task: 'a', operation: 'one.lock()', result: '' },
      { task: 'b', operation: 'two.lock()', result: '' },
    ])
    expect(exploration.moves()[0]?.place).toMatch(/explore\.test\.ts:\d+:\d+$/)
    exploration.take(0)
    exploration.take(1)
    expect(exploration.steps.map(({ task, operation }) => `${task}: ${operation}`)).toEqual([
      'a: one.lock()',
      'b: two.lock()',
    ])
    expect(exploration.standing).toBe('deadlock')
    expect(exploration.blocked()).toMatchObject([
      { task: 'a', what: 'mutex two', for: ['b'] },
      { task: 'b', what: 'mutex one', for: ['a'] },
    ])
    expect(exploration.token).toBe(check(crossed).counterexample?.token)
    expect(exploration.back()).toBe(true)
    expect(exploration.standing).toBe('going')
    expect(exploration.moves()).toHaveLength(2)
    expect(() => exploration.take(2)).toThrow(new RangeError('there is no move 2: there are 2'))
    while (exploration.standing === 'going') exploration.take(0)
    expect(exploration.standing).toBe('ended')
    while (exploration.back());
    expect(exploration.steps).toEqual([])
  })

  it('has a move for each turn of what is open, and shows the state', () => {
    let shared: { get(): unknown } | undefined
    const open = model('open', (build) => {
      const counter = build.counter('c')
      shared = counter
      build.task('a', function* () {
        if ((yield* build.choose('way', ['left', 'right'])) === 'right') yield* counter.add(2)
      })
      build.always('it is small', (state) => state.get(counter) < 2)
    })
    const exploration = explore(open)
    expect(exploration.moves().map(({ operation, result }) => `${operation}: ${result}`)).toEqual([
      'way: left',
      'way: right',
    ])
    exploration.take(1)
    expect(exploration.violations()).toEqual([])
    exploration.take(0)
    expect(exploration.violations()).toEqual(['it is small'])
    expect(exploration.standing).toBe('violation')
    expect(exploration.state.get(shared as never)).toBe(2)
    expect(exploration.tasks.map((task) => exploration.state.isDone(task))).toEqual([true])
  })

  it('replays a token step by step', () => {
    const { counterexample } = check(crossed)
    const exploration = replay(crossed, `${counterexample?.token}`)
    expect(exploration.steps).toEqual([])
    while (exploration.forward());
    expect(exploration.steps).toEqual(counterexample?.steps)
    expect(exploration.standing).toBe('deadlock')
    exploration.back()
    expect(exploration.forward()).toBe(true)
    expect(exploration.standing).toBe('deadlock')
    expect(exploration.graph()).toEqual(counterexample?.graph)
  })

  it('does not take a token of another model', () => {
    expect(() => replay(crossed, 'nonsense')).toThrow(/the token does not fit this model/)
    const other = model('other', (build) => {
      const mutex = build.mutex('one')
      build.task('a', function* () {
        yield* mutex.lock()
        yield* mutex.unlock()
      })
    })
    const { token } = explore(other)
    expect(() =>
      replay(crossed, `${check(crossed).counterexample?.token.slice(0, -4)}${token}`),
    ).toThrow('the token does not fit this model: the same steps do something else')
  })
})

describe('a counterexample', () => {
  it('has who waits for whom as a graph', () => {
    const graph = check(crossed).counterexample?.graph
    const name = (id: number): string => `${graph?.nodes.find((node) => node.id === id)?.name}`
    expect(graph?.nodes.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
      'object one',
      'object two',
      'task a',
      'task b',
    ])
    expect(
      graph?.edges.map(
        ({ from, to, kind, onCycle }) => `${name(from)} ${kind} ${name(to)} ${onCycle}`,
      ),
    ).toEqual([
      'a waits-for two true',
      'two ended-by b true',
      'b waits-for one true',
      'one ended-by a true',
    ])
  })

  it('of a livelock in the first state shows the loop, which replays', () => {
    const polling = model('polling', (build) => {
      const flag = build.variable('flag', false)
      const poll = build.loop('poll', function* () {
        return (yield* flag.get()) ? true : undefined
      })
      build.task('poller', () => poll())
    })
    const { verdict, counterexample } = check(polling)
    expect(verdict).toBe('livelock')
    expect(counterexample?.steps).toEqual([])
    expect(counterexample?.loop).toMatchObject([
      { task: 'poller', operation: 'flag.get()', result: 'false', stack: ['poll', 'poller'] },
    ])
    const exploration = replay(polling, `${counterexample?.token}`)
    while (exploration.forward());
    expect(exploration.steps).toEqual(counterexample?.loop)
  })

  it('of a choice of objects names what was chosen', () => {
    const choosing = model('choosing', (build) => {
      const locks = build.replicate('lock', 2, () => build.mutex('lock'))
      build.task('a', function* () {
        const lock = yield* build.any('which', locks)
        yield* lock.lock()
        yield* lock.lock()
      })
    })
    expect(check(choosing, { symmetry: false }).counterexample?.steps[0]).toMatchObject({
      operation: 'which',
      result: 'lock#1',
    })
  })
})

describe.each(['random', 'pct'] as const)('a sample, %s', (strategy) => {
  const options = { strategy, executions: 200, seed: 1 }

  it('finds a deadlock, the same one for the same seed', () => {
    const found = sample(crossed, options)
    expect(found.verdict).toBe('deadlock')
    expect(found.counterexample?.cycle).toHaveLength(2)
    expect(sample(crossed, options)).toEqual(found)
  })

  it('finds claims and assertions that do not hold', () => {
    const claimed = (how: 'always' | 'atEnd' | 'assert') =>
      model('claimed', (build) => {
        const counter = build.counter('c')
        for (const name of ['a', 'b']) {
          build.task(name, function* () {
            const seen = yield* counter.get()
            yield* counter.set(seen + 1)
            if (how === 'assert') yield* build.assert((yield* counter.get()) === 2, 'claim')
          })
        }
        if (how !== 'assert') build[how]('claim', (state) => state.get(counter) !== 1)
      })
    for (const how of ['always', 'atEnd', 'assert'] as const) {
      expect(sample(claimed(how), options)).toMatchObject({ verdict: 'violation', claim: 'claim' })
    }
  })

  it('finds nothing where there is nothing, and claims nothing', () => {
    const fine = model('fine', (build) => {
      const counter = build.counter('c')
      build.task('a', () => counter.add(1))
    })
    expect(sample(fine, options)).toEqual({ verdict: null, claim: '', counterexample: null })
  })
})
