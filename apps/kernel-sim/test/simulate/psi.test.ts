/** Pressure stall information: against counting what tasks are at, moment by moment, and against the arithmetic of the kernel's averages. */
import { Clock, Cpus, TaskState, WAIT } from '@scopemask/checker/live'
import { array, assert, constantFrom, integer, property, record } from 'fast-check'
import { expect, it } from 'vitest'
import { Accounting } from '../../src/simulate/sched/accounting.js'
import { Cfs } from '../../src/simulate/sched/cfs.js'
import { Psi, PsiState } from '../../src/simulate/sched/psi.js'
import { isIoWait, WaitReason } from '../../src/simulate/sched/wait-reason.js'
import { Task } from '../../src/simulate/task.js'
import { JIFFY, MS, SECOND } from '../../src/simulate/time.js'

function machine(cpuCount: number) {
  const clock = new Clock()
  const cpus = new Cpus(clock, new Cfs(cpuCount), { cpus: cpuCount, tick: JIFFY })
  const psi = new Psi(clock, cpuCount)
  cpus.observer = new Accounting(clock, psi, cpuCount)
  return { clock, cpus, psi }
}

interface Piece {
  readonly run: number
  readonly wait: number
  readonly reason: WaitReason
  readonly memstall: boolean
}

const UNIT = MS

function starts({ clock, cpus, psi }: ReturnType<typeof machine>, pieces: readonly Piece[]) {
  const task = new Task('task', 0 as never, function* (self) {
    for (const { run, wait, reason, memstall } of pieces) {
      const before = memstall && psi.enter(self)
      yield run * UNIT
      if (wait > 0) {
        clock.at(clock.now + wait * UNIT, () => cpus.wake(self))
        self.reason = reason
        yield WAIT
      }
      if (memstall) psi.leave(self, before)
    }
  })
  cpus.start(task)
  return task
}

const piece = record({
  run: integer({ min: 0, max: 8 }),
  wait: integer({ min: 0, max: 12 }),
  reason: constantFrom(WaitReason.NONE, WaitReason.READ, WaitReason.DIRTY, WaitReason.THROTTLE),
  memstall: constantFrom(true, false),
})

it('the times of its states are those that are counted moment by moment, and no time of a task is lost', () => {
  assert(
    property(
      integer({ min: 1, max: 3 }),
      array(array(piece, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 }),
      (cpuCount, plans) => {
        const parts = machine(cpuCount)
        const { clock, cpus, psi } = parts
        const tasks = plans.map((pieces) => starts(parts, pieces))
        const counted = new Float64Array(PsiState.NONIDLE)
        const count = (): void => {
          for (let cpu = 0; cpu < cpuCount; cpu++) {
            const here = tasks.filter((task) => task.cpu === cpu && task.state !== TaskState.DONE)
            const running = here.filter(({ state }) => state !== TaskState.WAITING)
            const waits = here.some(
              (task) => task.state === TaskState.WAITING && isIoWait(task.reason),
            )
            const add = (state: PsiState, is: boolean): void => {
              if (is) counted[state] = (counted[state] as number) + UNIT
            }
            add(PsiState.IO_SOME, waits)
            add(PsiState.IO_FULL, waits && running.length === 0)
            add(
              PsiState.MEM_SOME,
              here.some(({ memstall }) => memstall),
            )
            add(PsiState.CPU_SOME, running.length > 1)
          }
          if (clock.now < 400 * UNIT) clock.at(clock.now + UNIT, count)
        }
        clock.at(UNIT / 2, count)
        cpus.run(400 * UNIT)
        for (const task of tasks) {
          const { delays } = task
          const waited = (['cpu', 'read', 'dirty', 'throttle'] as const).reduce(
            (sum, cause) => sum + delays.of(cause).total,
            delays.slept,
          )
          expect(task.state).toBe(TaskState.DONE)
          expect(waited + cpus.timeOf(task)).toBe(task.stateSince)
        }
        // With one CPU there is nothing to weigh.
        if (cpuCount > 1) return
        const totals = psi.exactTotals()
        for (const state of [
          PsiState.IO_SOME,
          PsiState.IO_FULL,
          PsiState.MEM_SOME,
          PsiState.CPU_SOME,
        ]) {
          expect(totals[state], PsiState[state]).toBe(counted[state])
        }
        expect(totals[PsiState.MEM_FULL]).toBeLessThanOrEqual(totals[PsiState.MEM_SOME] as number)
      },
    ),
    { numRuns: 60 },
  )
})

it('averages decay as those of the kernel: 2048ths, every 501 jiffies', () => {
  const parts = machine(1)
  const { clock, cpus, psi } = parts
  // 20 s of nothing but reclaim, then 20 s of nothing.
  starts(parts, [{ run: 20_000, wait: 0, reason: WaitReason.NONE, memstall: true }])
  const seen: number[] = []
  let average = 0n
  for (let period = 1; clock.now < 40 * SECOND; period++) {
    // The work runs at the jiffy after the period.
    cpus.run(period * 501 * JIFFY + JIFFY)
    const { some, full } = psi.pressure('memory')
    expect(full).toEqual(some)
    seen.push(some.avg10)
    const stalled = clock.now <= 20 * SECOND ? 100n : period === 10 ? null : 0n
    if (stalled === null) {
      // The period in which it ended: no sum to be made by hand.
      average = BigInt(Math.round((seen.at(-1) as number) * 2048))
      continue
    }
    const active = stalled * 2048n
    average =
      (average * 1677n + active * (2048n - 1677n) + (active >= average ? 2047n : 0n)) / 2048n
    expect(Math.abs(Number(average) / 2048 - some.avg10)).toBeLessThan(0.03)
  }
  expect(Math.max(...seen)).toBeGreaterThan(85)
  expect(seen.at(-1)).toBeLessThan(20)
  expect(psi.pressure('memory').some.total).toBe(20 * SECOND)
  expect(psi.pressure('cpu').full).toEqual({ avg10: 0, avg60: 0, avg300: 0, total: 0 })
})

it('a CPU whose task reclaims does nothing useful, whoever else is runnable: all are stalled', () => {
  const parts = machine(1)
  starts(parts, [{ run: 0, wait: 0, reason: WaitReason.NONE, memstall: false }])
  starts(parts, [{ run: 30, wait: 0, reason: WaitReason.NONE, memstall: true }])
  starts(parts, [{ run: 30, wait: 0, reason: WaitReason.NONE, memstall: false }])
  parts.cpus.run(8 * UNIT)
  const { some, full } = parts.psi.pressure('memory')
  expect([some.total, full.total]).toEqual([8 * UNIT, 8 * UNIT])
  expect(parts.psi.pressure('cpu').some.total).toBe(8 * UNIT)
})
