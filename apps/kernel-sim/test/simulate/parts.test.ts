/** The parts of a machine, each on its own. */
import { Clock, Cpus, CpuTask, WAIT } from '@scopemask/checker/live'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../src/input-error.js'
import { newReadahead, ondemandReadahead } from '../../src/simulate/cache/readahead.js'
import { Disk } from '../../src/simulate/disk/disk.js'
import { PLAIN_DISK } from '../../src/simulate/machines/plain.js'
import { Histogram } from '../../src/simulate/measure/histogram.js'
import { parsePlan } from '../../src/simulate/plan/plan.js'
import { programOf } from '../../src/simulate/plan/programs.js'
import { Cfs } from '../../src/simulate/sched/cfs.js'
import { JIFFY, jiffiesFrom, MS, US } from '../../src/simulate/time.js'

describe('readahead', () => {
  const cached = { nextMiss: (from: number) => from, before: () => 0 }

  it('of 64 KiB reads begins with 128 KiB and its mark in the middle, and goes on at the mark', () => {
    const ra = newReadahead()
    const first = ondemandReadahead(ra, { index: 0, wanted: 16, hit: false }, 32, cached)
    expect(first).toEqual({ start: 0, size: 32, mark: 16 })
    const second = ondemandReadahead(ra, { index: 16, wanted: 16, hit: true }, 32, cached)
    expect(second).toEqual({ start: 32, size: 32, mark: 32 })
    const third = ondemandReadahead(ra, { index: 32, wanted: 16, hit: true }, 32, cached)
    expect(third).toEqual({ start: 64, size: 32, mark: 32 })
  })

  it('of one page here and there is that page', () => {
    const ra = { ...newReadahead(), previous: 100 }
    const window = ondemandReadahead(ra, { index: 5000, wanted: 1, hit: false }, 32, cached)
    expect(window).toEqual({ start: 5000, size: 1, mark: 0 })
  })
})

describe('the disk', () => {
  it('takes 5.743 ms for 128 KiB, one after the other; 16 are accepted, and who submits another waits for the first', () => {
    const clock = new Clock()
    const cpus = new Cpus(clock, new Cfs(1), { cpus: 1, tick: JIFFY })
    const disk = new Disk(clock, cpus, PLAIN_DISK)
    const done: number[] = []
    let accepted = 0
    const task = new CpuTask('submits', (function* () {})())
    task.steps = (function* () {
      for (let i = 0; i < 17; i++) {
        const bytes = 128 * 1024
        yield* disk.submit(task, { write: false, bytes, done: () => done.push(clock.now) })
        accepted = clock.now
      }
    })()
    cpus.start(task)
    cpus.run(1000 * MS)
    const service = 500 * US + (128 * 1024 * 1e9) / 25e6
    expect(done.map((time) => Math.round(time / service))).toEqual(
      Array.from({ length: 17 }, (_, index) => index + 1),
    )
    expect(accepted).toBeCloseTo(service, -1)
  })
})

describe('the fair scheduler', () => {
  it('lets who wakes take the CPU only from who is a millisecond ahead', () => {
    const clock = new Clock()
    const cpus = new Cpus(clock, new Cfs(1), { cpus: 1, tick: JIFFY })
    const ran: number[] = []
    const sleeper: CpuTask = new CpuTask(
      'sleeper',
      (function* () {
        for (;;) {
          yield WAIT
          ran.push(clock.now)
        }
      })(),
    )
    const worker: CpuTask = new CpuTask(
      'worker',
      (function* () {
        // Both have slept: they are equally far ahead, so the sleeper gets the CPU at a tick.
        yield WAIT
        yield 100 * US
        cpus.wake(sleeper)
        for (let i = 0; i < 100; i++) yield 100 * US
        cpus.wake(sleeper)
        yield 100 * US
      })(),
    )
    cpus.start(sleeper)
    cpus.start(worker)
    clock.at(100 * MS, () => cpus.wake(worker))
    cpus.run(200 * MS)
    const [first = 0, second = 0] = ran
    expect(first % JIFFY).toBeLessThan(100 * US)
    expect(first - 100 * MS).toBeGreaterThan(3 * MS)
    // It goes on at once, where the worker yields.
    expect(second).toBe(100 * MS + 200 * US + 10 * MS)
  })
})

describe('a timer of the kernel', () => {
  it('goes off at a tick after its time, and the later the less exactly', () => {
    const goesOff = (jiffies: number, now = 0) => jiffiesFrom(now * JIFFY, jiffies) / JIFFY
    expect([0, 1, 25, 62].map((jiffies) => goesOff(jiffies))).toEqual([1, 2, 26, 63])
    expect([63, 64, 125, 503].map((jiffies) => goesOff(jiffies))).toEqual([64, 72, 128, 504])
    expect([504, 1250, 8000].map((jiffies) => goesOff(jiffies))).toEqual([512, 1280, 8192])
    // Not where it begins counts, but where the wheel has a slot.
    expect(goesOff(25, 3.5)).toBe(29)
    expect(goesOff(125, 3.5)).toBe(136)
  })
})

describe('a histogram', () => {
  it('says the middle of the bucket, 8 of which are an octave', () => {
    const histogram = new Histogram()
    for (let i = 0; i < 100; i++) histogram.add(5_700_000)
    expect(histogram.quantile(0.5)).toBe(5_505_024)
    histogram.add(1e9)
    expect(histogram.quantile(1)).toBeCloseTo(0.973e9, -6)
    expect(histogram.max).toBe(1e9)
    expect(histogram.mean).toBeCloseTo((100 * 5_700_000 + 1e9) / 101)
  })
})

describe('a plan', () => {
  it('says on which line it is wrong', () => {
    const head = 'seed=1 dur=1000\n'
    const wrong: [string, string][] = [
      ['', 'the plan is empty: its first line says seed= and dur='],
      [head, 'the plan has no process: lines "proc name=..."'],
      ['seed=1\nproc name=a type=read', 'the plan, line 1: dur= is missing'],
      [`${head}process`, 'the plan, line 2: a line begins with "proc ", this one with "process"'],
      [`${head}proc type=read`, 'the plan, line 2: name= is missing'],
      [`${head}proc name`, 'the plan, line 2: words are key=value, not "name"'],
      [
        'dur=soon\nproc name=a type=read',
        'the plan, line 1: dur= takes a number of 0 or more, not "soon"',
      ],
    ]
    for (const [text, message] of wrong) {
      expect(() => parsePlan(text)).toThrow(new InputError(message))
    }
  })

  it('names a type that there is not, and a number that is missing', () => {
    const plan = parsePlan('dur=1000\nproc name=a type=dance\nproc name=b type=ws')
    const [dance, ws] = plan.processes
    if (dance === undefined || ws === undefined) throw new Error('there are two')
    expect(() => programOf(plan, dance)).toThrow(/^process a on line 2: there is no type dance; /)
    expect(() => programOf(plan, ws)).toThrow(
      new InputError('process b on line 3: mib= is missing'),
    )
  })
})
