/** Misuse: what is wrong with a model is told in one sentence, with the line where it is known. */
import { describe, expect, it } from 'vitest'
import { type CheckResult, check, sample } from '../src/check.js'
import { Misuse } from '../src/machine/errors.js'
import type { Steps } from '../src/machine/operation.js'
import type { ModelBuilder } from '../src/model/builder.js'
import { type Model, model } from '../src/model/model.js'
import { CodeWatch } from '../src/node/code-watch.js'

type Body = (build: ModelBuilder) => () => Steps<unknown>

/** What is said of a model with one task. */
function said(body: Body): string {
  try {
    const { verdict } = check(model('m', (build) => void build.task('a', body(build))))
    return verdict
  } catch (thrown) {
    return String(thrown)
  }
}

const HERE = /misuse\.test\.ts:\d+:\d+\)?$/

describe('a forgotten yield*', () => {
  it.each<[string, Body, string]>([
    [
      'before the first step',
      (build) => {
        const mutex = build.mutex('m')
        return function* () {
          mutex.lock()
          yield* mutex.tryLock()
        }
      },
      'a calls lock() without yield*, so nothing is done',
    ],
    [
      'before the last step, whatever goes wrong because of that',
      (build) => {
        const mutex = build.mutex('m')
        return function* () {
          yield* mutex.lock()
          mutex.unlock()
        }
      },
      'a calls unlock() without yield*',
    ],
    [
      'before a procedure',
      (build) => {
        const counter = build.counter('c')
        const step = build.procedure('twice', function* () {
          yield* counter.add(1)
          yield* counter.add(1)
        })
        return function* () {
          yield* counter.get()
          step()
        }
      },
      'a calls twice() without yield*',
    ],
    [
      'inside of a procedure',
      (build) => {
        const counter = build.counter('c')
        const step = build.procedure('twice', function* () {
          counter.add(1)
          yield* counter.add(1)
        })
        return () => step()
      },
      'twice calls add() without yield*',
    ],
    [
      'before a choice',
      (build) =>
        function* () {
          build.choose('way', ['left', 'right'])
          yield* build.choose('other way', ['left', 'right'])
        },
      'a calls choose() without yield*',
    ],
    [
      'before an assertion that would hold',
      (build) => {
        const counter = build.counter('c')
        return function* () {
          build.assert((yield* counter.get()) === 0, 'it is 0')
        }
      },
      'a calls assert() without yield*',
    ],
    [
      'where the model is built',
      (build) => {
        build.mutex('m').lock()
        return function* () {}
      },
      'the code that builds the model calls lock() without yield*',
    ],
    [
      'before an object of a list',
      (build) => {
        const mutexes = build.replicate('part', 2, () => build.mutex('m'))
        return function* () {
          const mutex = yield* build.any('which', mutexes)
          mutex.lock()
          yield* mutex.lock()
        }
      },
      'a calls lock() without yield*',
    ],
  ])('%s is an error at its line', (_, body, what) => {
    expect(said(body)).toContain(what)
    expect(said(body)).toMatch(HERE)
  })

  it('is all that makes the difference', () => {
    const body: Body = (build) => {
      const mutex = build.mutex('m')
      return function* () {
        yield* mutex.lock()
        yield* mutex.unlock()
      }
    }
    expect(said(body)).toBe('safe')
  })
})

describe('a model', () => {
  it.each<[string, Body, RegExp]>([
    [
      'whose body never yields',
      () => function* () {},
      /^Misuse: a does nothing: its body never yields/,
    ],
    [
      'whose body is not a generator',
      () => (() => {}) as never,
      /a is not a generator function: write function\* /,
    ],
    [
      'that yields what is not a step',
      () =>
        function* () {
          yield 1 as never
        },
      /a yielded 1, which is not an operation: write yield\*/,
    ],
    [
      'that misspells a function',
      (build) => {
        const mutex = build.mutex('m')
        return function* () {
          yield* (mutex as never as { lok(): Steps<void> }).lok()
        }
      },
      /there is no function lok of Mutex: is lock meant\?, at .*misuse/,
    ],
    [
      'that holds a number of more than 30 bits',
      (build) => {
        const counter = build.counter('c')
        return function* () {
          yield* counter.set(2 ** 40)
        }
      },
      /c cannot hold 1099511627776: it holds whole numbers from 0 to 1073741823, at .*misuse/,
    ],
    [
      'that adds up to more than 30 bits',
      (build) => {
        const counter = build.counter('c', 2 ** 30 - 1)
        return function* () {
          yield* counter.add(1)
        }
      },
      /c\.value would be 1073741824: it holds whole numbers from 0 to 1073741823 \(in a, at .*misuse/,
    ],
    [
      'that counts below 0',
      (build) => {
        const counter = build.counter('c')
        return function* () {
          yield* counter.add(-1)
        }
      },
      /c would be -1: it holds whole numbers from 0 \(in a, at .*misuse/,
    ],
    [
      'that begins with a wrong number',
      (build) => {
        build.counter('c', 0.5)
        return function* () {}
      },
      /m: c cannot hold 0\.5: it holds whole numbers/,
    ],
    [
      'that chooses from nothing',
      (build) =>
        function* () {
          yield* build.choose('way', [])
        },
      /way: there is nothing to choose from, at .*misuse/,
    ],
    [
      'that sends what a channel does not hold',
      (build) => {
        const channel = build.channel('jobs', 1, ['red', 'blue'])
        return function* () {
          yield* channel.send('green' as never)
        }
      },
      /jobs cannot hold 'green': it holds 'red', 'blue', at .*misuse/,
    ],
    [
      'that sends an object of nowhere',
      (build) => {
        const channel = build.channel('jobs', 1, 'objects')
        return function* () {
          yield* channel.send({ id: 1 } as never)
        }
      },
      /jobs cannot hold \[object Object\]: it holds shared objects of this model, at/,
    ],
    [
      'with a channel without room',
      (build) => {
        build.channel('jobs', 0)
        return function* () {}
      },
      /channel jobs cannot have the capacity 0: it takes 1 to 1000/,
    ],
    [
      'that unlocks what it does not hold',
      (build) => {
        const mutex = build.mutex('m')
        return function* () {
          yield* mutex.unlock()
        }
      },
      /a unlocks mutex m, which it does not hold \(in a, at .*misuse/,
    ],
    [
      'that returns with a mutex locked',
      (build) => {
        const mutex = build.mutex('m')
        return function* () {
          yield* mutex.lock()
        }
      },
      /a returns with mutex m locked/,
    ],
    [
      'that waits for a condition without the mutex',
      (build) => {
        const mutex = build.mutex('m')
        const condition = build.condition('c')
        return function* () {
          yield* condition.wait(mutex)
        }
      },
      /a waits for condition c without mutex m: lock it first \(in a, at .*misuse/,
    ],
    [
      'with a thing without a name',
      (build) => {
        build.mutex('')
        return function* () {}
      },
      /every task and every shared object needs a name/,
    ],
    [
      'that makes objects while it runs',
      (build) =>
        function* () {
          yield* build.mutex('late').lock()
        },
      /an object was made by a running task: make it where the model is built/,
    ],
    [
      'that never forgets',
      (build) => {
        const counter = build.counter('c')
        return function* () {
          for (;;) yield* counter.get()
        }
      },
      /a has done 1000 steps in one call: put what repeats into a loop\(\), which forgets/,
    ],
    [
      'that throws',
      (build) => {
        const counter = build.counter('c')
        return function* () {
          yield* counter.get()
          throw new TypeError('oh no')
        }
      },
      /a throws TypeError: oh no, at .*misuse/,
    ],
  ])('%s is told in one sentence', (_, body, what) => {
    expect(said(body)).toMatch(what)
  })

  it('without a task is told', () => {
    expect(() => check(model('m', () => {}))).toThrow('m has no task: build.task(name, function*')
  })

  it('that throws while it is built is told, with the line', () => {
    const wrong = model('m', () => {
      throw new TypeError('oh no')
    })
    expect(() => check(wrong)).toThrow(/m: building it throws TypeError: oh no, at .*misuse/)
  })

  it('whose property throws is told, with the line', () => {
    const wrong = model('m', (build) => {
      const counter = build.counter('c')
      build.task('a', () => counter.set(1))
      build.always('fine', () => {
        throw new TypeError('oh no')
      })
    })
    expect(() => check(wrong)).toThrow(/'fine': it throws TypeError: oh no, at .*misuse/)
  })

  it('whose property looks at something foreign is told', () => {
    const wrong = model('m', (build) => {
      const counter = build.counter('c')
      build.task('a', () => counter.set(1))
      build.always('fine', (state) => state.get(7 as never))
    })
    expect(() => check(wrong)).toThrow("'fine': 7 is not a shared object of this model")
  })
})

describe('what tasks share besides the model', () => {
  it.each<[string, (build: ModelBuilder) => void]>([
    [
      'an array to which both add',
      (build) => {
        const mutex = build.mutex('m')
        const counter = build.counter('c')
        const seen: string[] = []
        for (const name of ['a', 'b']) {
          build.task(name, function* () {
            yield* mutex.lock()
            seen.push(name)
            if (seen[0] === 'b') yield* counter.set(1)
            yield* mutex.unlock()
          })
        }
      },
    ],
    [
      'an object that one fills and the other reads',
      (build) => {
        const flag = build.variable('flag', false)
        const box: { value?: string } = {}
        build.task('reader', function* () {
          yield* flag.get()
          if (box.value === undefined) yield* flag.set(false)
        })
        build.task('writer', function* () {
          yield* flag.get()
          box.value = 'full'
          yield* flag.set(true)
        })
      },
    ],
    [
      'a variable that both count up',
      (build) => {
        const counter = build.counter('c')
        let taken = 0
        for (const name of ['a', 'b']) {
          build.task(name, function* () {
            yield* counter.get()
            taken++
            yield* counter.set(taken % 2)
          })
        }
      },
    ],
    [
      'an array whose length decides',
      (build) => {
        const counter = build.counter('c')
        const queue: string[] = []
        for (const name of ['a', 'b', 'c']) {
          build.task(name, function* () {
            yield* counter.add(1)
            queue.push(name)
            if (queue.length === 3) yield* counter.set(0)
          })
        }
      },
    ],
    [
      'a map inside of a procedure',
      (build) => {
        const counter = build.counter('c')
        const cache = new Map<string, number>()
        const load = build.procedure('load', function* (key: string) {
          if (cache.has(key)) return 1
          cache.set(key, yield* counter.add(1))
          return 0
        })
        for (const name of ['a', 'b']) {
          build.task(name, function* () {
            if ((yield* load('key')) === 1) yield* counter.set(0)
            else yield* counter.get()
          })
        }
      },
    ],
  ])('%s is an error', (_, build) => {
    expect(() => check(model('shared', build))).toThrow(
      /depends on a JavaScript variable(, array or object to which tasks write| that changes)/,
    )
  })

  it('may be read, and written to by the code of one run alone', () => {
    const fine = model('fine', (build) => {
      const names = ['a', 'b']
      const counter = build.counter('c')
      const add = build.procedure('add', function* (times: number) {
        for (let time = 0; time < times; time++) yield* counter.add(1)
      })
      const poll = build.loop('poll', function* () {
        return (yield* counter.get()) >= 2 ? 'enough' : undefined
      })
      for (const name of names) {
        build.task(name, function* () {
          const seen: number[] = []
          seen.push(yield* counter.get())
          if (names.includes(name)) yield* add(2)
          yield* poll()
          if (seen.length === 1) yield* build.choose('way', ['left', 'right'])
        })
      }
      build.daemon('cleaner', function* () {
        yield* counter.until(4)
        yield* counter.set(5)
      })
    })
    expect(check(fine).verdict).toBe('safe')
  })
})

describe('code that does not come to its next step', () => {
  const endless = model('m', (build) => {
    const counter = build.counter('c')
    build.task('a', function* () {
      yield* counter.set(1)
      for (;;);
    })
  })

  it('is an error when it is watched', () => {
    const machine = endless.machine()
    machine.watch = new CodeWatch({ patience: 50 })
    expect(() => check(machine)).toThrow(
      /a does not come to its next step: does it loop without yield\*\?/,
    )
  })

  it('is found step by step in work that is watched as a whole, and work without it is done once', () => {
    const watch = new CodeWatch({ patience: 50 })
    const checked = (subject: Model): CheckResult => {
      const machine = subject.machine()
      machine.watch = watch
      return check(machine)
    }
    expect(() => watch.whole(() => checked(endless))).toThrow(/a does not come to its next step/)
    let times = 0
    const fine = model('m', (build) => {
      times++
      const counter = build.counter('c')
      build.task('a', () => counter.set(1))
    })
    expect(watch.whole(() => checked(fine))).toMatchObject({ verdict: 'safe', states: 2 })
    expect(times).toBe(1)
    // What it throws comes through, and once.
    const wrong = (): never => {
      times++
      throw new Misuse('wrong')
    }
    expect(() => watch.whole(wrong)).toThrow(/^wrong$/)
    expect(times).toBe(2)
  })

  it('cannot go beyond a limit of time', () => {
    const machine = endless.machine()
    machine.watch = new CodeWatch({ deadline: performance.now() + 50 })
    expect(check(machine, { maxSeconds: 0.05 }).search).toMatchObject({
      verdict: 'bounded',
      bound: 'maxSeconds',
    })
  })
})

describe('what JavaScript lets pass', () => {
  const counting = model('m', (build) => {
    const count = build.counter('c')
    build.task('a', () => count.add(1))
  })
  const never: never = undefined as never

  it.each<[string, () => unknown, RegExp]>([
    ['no model', () => check(never), /undefined is not a model: make one, model\(name/],
    [
      'an option that there is not',
      () => check(counting, { maxState: 5 } as never),
      /check\(\) has no option maxState; it has maxStates, /,
    ],
    [
      'an option that is something else',
      () => check(counting, { maxStates: '5' } as never),
      /check\(\): maxStates takes a number above 0, not 5/,
    ],
    [
      'a sample of nothing',
      () => sample(counting, {} as never),
      /sample\(\) needs strategy: random or pct/,
    ],
    [
      'a strategy that there is not',
      () => sample(counting, { strategy: 'depth', executions: 1, seed: 1 } as never),
      /sample\(\): strategy takes random or pct, not depth/,
    ],
    [
      'a model that is built later',
      () => check(model('m', (async () => {}) as never)),
      /m: it is built by an async function: make everything at once/,
    ],
    [
      'a claim that is looked at later',
      () =>
        check(
          model('m', (build) => {
            const count = build.counter('c')
            build.task('a', () => count.add(1))
            build.always('kept', async () => false)
          }),
        ),
      /'kept': it is an async function: what it says would be true always/,
    ],
    [
      'replicas without end',
      () => check(model('m', (build) => void build.replicate('part', 1e9, () => {}))),
      /m: part has 1000000000 replicas: give a whole number from 0 to 1000, at .*misuse/,
    ],
  ])('%s is an error', (_, act, message) => {
    expect(act).toThrow(Misuse)
    expect(act).toThrow(message)
  })

  it('a task that is wrong in what it has called is found where it has called that', () => {
    expect(
      said((build) => {
        const mutex = build.mutex('m')
        const unlock = build.procedure('put', () => mutex.unlock())
        return function* () {
          yield* unlock()
        }
      }),
    ).toMatch(/\(in put < a, at .*misuse\.test\.ts:\d+:\d+\)$/)
  })
})

it('code that takes long is done once more after signals were heard, whatever runs before it', () => {
  const watch = new CodeWatch()
  const takes = (ms: number) => () => {
    const end = performance.now() + ms
    while (performance.now() < end);
    return ms
  }
  const part = () => watch.part(() => watch.run(takes(0)) + watch.run(takes(600)))
  expect(part).toThrow(expect.objectContaining({ reason: 'late' }))
  expect(part()).toBe(600)
})
