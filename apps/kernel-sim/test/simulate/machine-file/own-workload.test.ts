/** Workloads of one's own, written with nothing but the public face, as somebody outside would. */

import { describe, expect, it } from 'vitest'
import {
  type Machine,
  MS,
  type Process,
  SECOND,
  type Steps,
  simulateMachine,
  US,
} from '../../../src/machine.js'

/** A machine that runs one workload of one's own. */
function run(own: (os: Process) => Steps, more: Partial<Machine> = {}) {
  return simulateMachine({ memory: '128 MiB', seconds: 2, workloads: { own }, ...more })
}

it('a log: what is appended and made durable is measured, and costs what the disk takes', () => {
  const sizes: number[] = []
  const result = run(function* (os) {
    const log = yield* os.create('var/log/app.log')
    for (let at = 0; !os.over; at += 4096) {
      yield* os.write(log, at, 4096)
      yield* os.measure(os.fsync(log), 4096)
      yield* os.sleep(10 * MS)
    }
    sizes.push(log.size)
  })
  const { facts } = result
  const syncs = (facts['own.0.ops_s'] ?? 0) * result.seconds
  expect(sizes[0]).toBe(Math.round(syncs) * 4096)
  // An fsync writes the page, the changed metadata behind a descriptor, and the record of the commit: three requests at least.
  expect(facts['own.0.lat_us_p50']).toBeGreaterThan(1500)
  expect(facts['own.0.lat_us_p50']).toBeLessThan(10_000)
})

it('files: what is read was there, once it is cached it costs no disk, and what is unlinked is gone', () => {
  const seen: Record<string, unknown> = {}
  run(function* (os) {
    const file = yield* os.open('data/a', { size: 100_000 })
    const at = os.now
    seen.cold = [yield* os.read(file, 0, 65_536), os.now - at > 500 * US]
    const again = os.now
    seen.warm = [yield* os.read(file, 0, 65_536), os.now - again < 100 * US]
    seen.end = yield* os.read(file, 98_304, 65_536)
    seen.beyond = yield* os.read(file, 200_000, 10)
    seen.there = [yield* os.stat('data/a'), yield* os.stat('data/b')]
    const made = yield* os.create('data/b')
    yield* os.write(made, 0, 10_000)
    seen.same = [(yield* os.open('data/b')).size, made.size]
    yield* os.unlink('data/b')
    seen.gone = yield* os.stat('data/b')
    yield* os.create('data/b')
  })
  expect(seen).toEqual({
    cold: [65_536, true],
    warm: [65_536, true],
    end: 1696,
    beyond: 0,
    there: [true, false],
    same: [10_000, 10_000],
    gone: false,
  })
})

it('memory: what is touched is there, and who takes all of it is killed', () => {
  let touched = 0
  const result = run(
    function* (os) {
      const memory = os.map(90 * 1024 * 1024)
      for (let at = 0; at < memory.size; at += 65_536) {
        if (!(yield* os.touch(memory, at, 65_536))) return
        touched = at
      }
    },
    { seconds: 5 },
  )
  expect(touched).toBeGreaterThan(50 * 1024 * 1024)
  expect(result.kills.map(({ victim }) => victim)).toEqual(['own'])
})

it('time: computing and sleeping take what they say, and a run is the same each time', () => {
  const times = (): number[] => {
    const all: number[] = []
    run(function* (os) {
      while (!os.over) {
        all.push(os.now)
        yield* os.compute(os.random(10) * MS)
        yield* os.sleep(5 * MS)
      }
    })
    return all
  }
  const [first = 0, second = 0] = times()
  expect(second - first).toBeGreaterThanOrEqual(5 * MS)
  expect(times()).toEqual(times())
  const computes = run(function* (os) {
    os.phase()
    yield* os.measure(os.compute(30 * MS))
  })
  expect(computes.facts['own.1.cpu_s']).toBeCloseTo(30e6 / SECOND, 4)
})

describe('a mistake in a workload has one sentence', () => {
  it.each<[string, (os: Process) => Steps, string]>([
    [
      'a call without yield*',
      function* (os) {
        os.create('a')
        yield* os.sleep(1)
      },
      'workload own: calls create() without yield*, so nothing is done',
    ],
    [
      'the last call without yield*',
      function* (os) {
        yield* os.sleep(1)
        os.sleep(1)
      },
      'workload own: calls sleep() without yield*, so nothing is done',
    ],
    [
      'yield without a star',
      function* (os) {
        yield os.sleep(1) as never
      },
      'workload own yields what is no time in ns: calls need yield*, with the star',
    ],
    [
      'no generator',
      (() => 7) as never,
      'workload own is no generator function: write function* (os) { ... }',
    ],
    [
      'a file that is not there',
      function* (os) {
        yield* os.open('nowhere')
      },
      'workload own: open("nowhere"): there is no such file; open(path, { size }) says that it was there before the run',
    ],
    [
      'a file that is gone',
      function* (os) {
        const file = yield* os.create('a')
        yield* os.unlink('a')
        yield* os.write(file, 0, 1)
      },
      'workload own: uses "a", which was unlinked',
    ],
    [
      'time that does not pass',
      function* (os) {
        for (;;) yield* os.sleep(0)
      },
      'workload own: makes call after call in which no time passes: let it compute or sleep',
    ],
    [
      'a number that is none',
      function* (os) {
        yield* os.sleep(Number.NaN)
      },
      'workload own: sleep(): it takes a number from 0 to 68719476736, not NaN',
    ],
    [
      'something thrown',
      function* () {
        yield 1
        throw new TypeError('oops')
      },
      'workload own throws: oops, at ',
    ],
  ])('%s', (_, own, message) => {
    let said = ''
    try {
      run(own)
    } catch (thrown) {
      said = `${(thrown as Error).name}: ${(thrown as Error).message}`
    }
    expect(said.slice(0, message.length + 12)).toBe(`InputError: ${message}`)
  })
})
