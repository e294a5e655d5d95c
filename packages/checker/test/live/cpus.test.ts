/** Tasks that share CPUs: every nanosecond of every CPU is somebody's, or idle. */
import { array, assert, integer, property, record } from 'fast-check'
import { expect, it } from 'vitest'
import {
  Clock,
  Cpus,
  CpuTask,
  type LiveSteps,
  mayRunOn,
  type Scheduler,
  TaskState,
  WAIT,
} from '../../src/live.js'

/** What a task does: it runs, wakes others or itself, and sleeps. */
interface Work {
  readonly runs: readonly { readonly time: number; readonly wakes: number }[]
  readonly sleep: number
}

function* nothing(): LiveSteps {}

/** Round robin: who came first runs until a tick. */
class RoundRobin implements Scheduler {
  readonly #queues: CpuTask[][]

  constructor(cpus: number) {
    this.#queues = Array.from({ length: cpus }, () => [])
  }
  enqueue(task: CpuTask): void {
    this.#queues[task.cpu]?.push(task)
  }
  pick(cpu: number, by = cpu): CpuTask | null {
    const queue = this.#queues[cpu] ?? []
    const at = queue.findIndex((task) => mayRunOn(task, by))
    return at < 0 ? null : (queue.splice(at, 1)[0] ?? null)
  }
  queued(cpu: number): number {
    return this.#queues[cpu]?.length ?? 0
  }
  charge(): void {}
  preempts(): boolean {
    return false
  }
  expired(): boolean {
    return true
  }
}

/** Who wakes takes the CPU. */
class Preemptive extends RoundRobin {
  override preempts(): boolean {
    return true
  }
}

it('CPU time is conserved, whoever runs and sleeps', () => {
  const work = record({
    runs: array(integer({ min: 0, max: 30 }), { maxLength: 8 }),
    sleep: integer({ min: 1, max: 50 }),
  })
  assert(
    property(
      integer({ min: 1, max: 3 }),
      array(work, { minLength: 1, maxLength: 6 }),
      (count, works) => {
        const clock = new Clock()
        const cpus = new Cpus(clock, new RoundRobin(count), { cpus: count, tick: 4 })
        const tasks = works.map(({ runs, sleep }, index) => {
          const task = new CpuTask(
            `task ${index}`,
            (function* () {
              for (const run of runs) {
                yield run
                clock.at(clock.now + sleep, () => cpus.wake(task))
                yield WAIT
              }
            })(),
          )
          return task
        })
        for (const task of tasks) cpus.start(task)
        for (let until = 0; until <= 5000; until += 250) cpus.run(until)
        for (const [index, task] of tasks.entries()) {
          expect(task.state).toBe(TaskState.DONE)
          const wanted = works[index]?.runs.reduce((sum, run) => sum + run, 0)
          expect(task.cpuTime).toBe(wanted)
        }
        const busy = tasks.reduce((sum, task) => sum + task.cpuTime, 0)
        let idle = 0
        for (let cpu = 0; cpu < count; cpu++) idle += cpus.idleTime(cpu)
        expect(busy + idle).toBe(count * clock.now)
      },
    ),
  )
})

it('a running task is taken off its CPU at a tick, where it yields', () => {
  const clock = new Clock()
  const cpus = new Cpus(clock, new RoundRobin(1), { cpus: 1, tick: 10 })
  const log: string[] = []
  for (const name of ['a', 'b']) {
    const task = new CpuTask(
      name,
      (function* () {
        for (let i = 0; i < 4; i++) {
          yield 6
          log.push(`${name}${clock.now}`)
        }
      })(),
    )
    cpus.start(task)
  }
  cpus.run(100)
  // The tick at 10 comes in the middle of a step: that ends at 12, and what comes after it waits until b has had its turn.
  expect(log).toEqual(['a6', 'b18', 'a24', 'b30', 'b36', 'a42', 'a48', 'b48'])
})

it('a task that yields neither a duration nor WAIT is an error that names it', () => {
  const clock = new Clock()
  const cpus = new Cpus(clock, new RoundRobin(1), { cpus: 1, tick: 10 })
  cpus.start(
    new CpuTask(
      'odd',
      (function* () {
        yield -7
      })(),
    ),
  )
  expect(() => cpus.run(1)).toThrow('odd yields a duration or WAIT, not -7')
})

it('time that passes without a yield is as if it had been yielded', () => {
  const work = record({
    runs: array(record({ time: integer({ min: 0, max: 9 }), wakes: integer({ min: 0, max: 9 }) }), {
      maxLength: 30,
    }),
    sleep: integer({ min: 1, max: 20 }),
  })
  /** What the tasks did, and when. */
  const trace = (count: number, works: readonly Work[], passing: boolean) => {
    const clock = new Clock()
    const cpus = new Cpus(clock, new Preemptive(count), { cpus: count, tick: 4 })
    const log: string[] = []
    let passed = 0
    const tasks: CpuTask[] = works.map(({ runs, sleep }, index) => {
      const task = new CpuTask(`task ${index}`, steps())
      function* steps() {
        for (const [step, { time, wakes }] of runs.entries()) {
          if (passing && cpus.passes(time)) passed++
          else yield time
          log.push(`${clock.now}: ${index}.${step} on ${task.cpu}`)
          const other = tasks[wakes]
          if (other !== undefined) cpus.wake(other)
          if (wakes > 6) {
            clock.at(clock.now + sleep, () => cpus.wake(task))
            yield WAIT
          }
        }
      }
      return task
    })
    for (const task of tasks) cpus.start(task)
    for (let until = 0; until <= 3000; until += 50) cpus.run(until)
    const times = tasks.map((task) => cpus.timeOf(task))
    return { passed, seen: [log, times, cpus.steps, cpus.switches, clock.events] }
  }
  let passed = 0
  assert(
    property(
      integer({ min: 1, max: 3 }),
      array(work, { minLength: 1, maxLength: 5 }),
      (count, works) => {
        const one = trace(count, works, true)
        expect(one.seen).toEqual(trace(count, works, false).seen)
        passed += one.passed
      },
    ),
    { seed: 4 },
  )
  expect(passed).toBeGreaterThan(100)
})

it('a task runs only where it may, no CPU idles for longer than a tick while one waits that may run there, and all get to their end', () => {
  const job = record({
    allowed: array(integer({ min: 0, max: 3 }), { maxLength: 3 }),
    runs: array(integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
    sleep: integer({ min: 1, max: 20 }),
  })
  assert(
    property(
      array(integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 4 }),
      array(job, { minLength: 1, maxLength: 7 }),
      (domains, jobs) => {
        const cpus = domains.length
        const clock = new Clock()
        const machine = new Cpus(clock, new RoundRobin(cpus), { cpus, tick: 4, domains })
        const tasks = jobs.map(({ allowed, runs, sleep }, index) => {
          const task = new CpuTask(`task ${index}`, nothing())
          task.steps = (function* () {
            for (const run of runs) {
              expect(mayRunOn(task, task.cpu)).toBe(true)
              expect(machine.running(task.cpu)).toBe(task)
              yield run
              clock.at(clock.now + sleep, () => machine.wake(task))
              yield WAIT
            }
          })()
          const some = allowed.map((cpu) => cpu % cpus)
          if (some.length > 0) task.allowed = domains.map((_, cpu) => some.includes(cpu))
          return task
        })
        for (const task of tasks) machine.start(task)
        const idleSince = domains.map(() => 0)
        const waitsSince = new Map<CpuTask, number>()
        for (let until = 1; until <= 1000; until++) {
          machine.run(until)
          const waiting = tasks.filter(({ state }) => state === TaskState.RUNNABLE)
          for (const task of tasks) if (!waiting.includes(task)) waitsSince.set(task, until)
          for (let cpu = 0; cpu < cpus; cpu++) {
            if (machine.running(cpu) !== null) idleSince[cpu] = until
            for (const task of waiting) {
              if (task.allowed !== null) continue
              // It has woken on a busy CPU of another domain, or was taken off a CPU for one that may run nowhere else.
              const both = Math.max(waitsSince.get(task) ?? 0, idleSince[cpu] ?? 0)
              expect(until - both, `${task.name} waits and CPU ${cpu} idles`).toBeLessThanOrEqual(4)
            }
          }
        }
        for (const task of tasks)
          expect([task.name, task.state]).toEqual([task.name, TaskState.DONE])
      },
    ),
    { numRuns: 60, seed: 4 },
  )
})

it('a task that wakes stays in its domain, and a CPU without work helps its own domain first', () => {
  const clock = new Clock()
  const domains = [0, 0, 1, 2]
  const machine = new Cpus(clock, new RoundRobin(4), { cpus: 4, tick: 1000, domains })
  const where: [string, number, number][] = []
  const start = (
    name: string,
    allowed: readonly number[] | null,
    times: readonly number[],
  ): void => {
    const task = new CpuTask(name, nothing())
    task.steps = (function* () {
      for (const time of times) {
        where.push([name, task.cpu, clock.now])
        yield time
        clock.at(clock.now + 10, () => machine.wake(task))
        yield WAIT
      }
    })()
    if (allowed !== null) task.allowed = domains.map((_, cpu) => allowed.includes(cpu))
    machine.start(task)
  }
  start('wakes', null, [5, 5])
  start('other', [1], [100])
  start('p', null, [1, 50])
  clock.at(2, () => start('q', [2], [1, 50]))
  clock.at(4, () => start('long', [2], [300]))
  clock.at(6, () => start('holds', [0], [100]))
  machine.run(2000)
  const second = (name: string) => where.filter(([each]) => each === name)[1]
  // All of its domain is busy when `wakes` wakes, at 15, and CPU 3 is idle: it waits. CPU 1 takes it at 100, though two wait at CPU 2, which is far; then
  // it takes the one of those that may run there.
  expect(second('wakes')).toEqual(['wakes', 1, 100])
  expect(second('p')).toEqual(['p', 1, 105])
  expect(second('q')).toEqual(['q', 2, 304])
  expect(() => start('nowhere', [], [1])).toThrow('nowhere may run on none of the CPUs 0 to 3')
})
