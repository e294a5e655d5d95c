/** The OOM reaper: what becomes of a victim that cannot die, since it waits in the kernel. */
import { WAIT } from '@scopemask/checker/live'
import { describe, expect, it } from 'vitest'
import { sizedMachine } from '../../src/simulate/machines/sized.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import type { Program } from '../../src/simulate/plan/programs.js'
import { Simulation } from '../../src/simulate/simulation.js'
import { SECOND } from '../../src/simulate/time.js'
import { hog } from '../../src/simulate/workload/programs.js'
import { assertConserved } from './conserved.js'

const MIB = 256

/** Has 8 MiB, and waits for something that never comes. */
function waiter(locked: boolean): Program {
  return function* (os) {
    os.phase()
    const place = os.map(8 * MIB)
    for (let i = 0; i < 8 * MIB; i++) {
      if (!os.touchNow(place + i)) yield* os.touchSlowly(place + i)
    }
    os.task.mmapLocked = locked
    yield WAIT
  }
}

/** A victim that waits, and a program that takes more than is left of their group. */
function stopped({
  locked,
  swap = false,
}: {
  readonly locked: boolean
  readonly swap?: boolean
}): Simulation {
  const spec = sizedMachine(128 * 1024 * 1024, {
    cpus: 2,
    cgroups: [{ path: 'a', max: 12 * MIB, oomGroup: false }],
    ...(swap
      ? {
          swap: {
            pages: 2 * MIB,
            ratio: 3,
            sameFilledPercent: 10,
            compress: 4000,
            decompress: 1500,
          },
        }
      : {}),
  })
  const common = { nofs: false, main: false, cgroup: 'a' }
  const simulation = new Simulation({
    spec,
    seed: 1,
    duration: 6 * SECOND,
    workloads: [
      { ...common, name: 'waiter', oomScoreAdj: 500, program: waiter(locked) },
      {
        ...common,
        name: 'grower',
        program: (os) =>
          hog(os, { pages: 10 * MIB, step: 64, pace: 1e6, start: SECOND / 10, stop: 6 * SECOND }),
      },
    ],
  })
  simulation.run()
  assertConserved(simulation)
  return simulation
}

describe('a victim that waits', () => {
  it.each([false, true])(
    'has its memory taken after two seconds, from swap too (swap: %s)',
    (swap) => {
      const simulation = stopped({ locked: false, swap })
      const { oom, reaper, groups } = simulation.vm
      const [waiter, grower] = simulation.tasks
      expect(oom.kills.map(({ victim }) => victim)).toEqual(['waiter'])
      expect(reaper).toMatchObject({ attempts: 1, reaped: 1, givenUp: 0 })
      expect(waiter).toMatchObject({ killed: true, oomSkip: true, rss: 0, swapped: 0 })
      expect(grower).toMatchObject({ killed: false })
      const [, seconds] =
        /\[ *([\d.]+)\] oom_reaper: reaped process 100 \(waiter\), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n/.exec(
          simulation.kernelLog.text,
        ) ?? []
      const killed = ((oom.kills[0]?.at ?? 0) - simulation.began) / SECOND
      expect(Number(seconds) - killed).toBeGreaterThanOrEqual(2)
      expect(Number(seconds) - killed).toBeLessThan(2.1)
      // It goes on with what the other one had.
      expect(factsOf(simulation)).toMatchObject({ hog_last_ok_mib: 10, oom_reaper_reaped: 1 })
      expect(groups.get('a').usage).toBeLessThan(128)
    },
  )

  it('for its mmap_lock is given up after ten attempts, and another one is killed', () => {
    const simulation = stopped({ locked: true })
    const { oom, reaper } = simulation.vm
    expect(oom.kills.map(({ victim }) => victim)).toEqual(['waiter', 'grower'])
    expect(reaper).toMatchObject({ attempts: 10, reaped: 0, givenUp: 1 })
    expect(simulation.tasks[0]).toMatchObject({ oomSkip: true, rss: 8 * MIB })
    expect(simulation.kernelLog.text).toContain('oom_reaper: unable to reap pid:100 (waiter)\n')
    const [first = 0, second = 0] = oom.kills.map(({ at }) => at / SECOND)
    // Two seconds, and ten pauses of 100 ms, each of which ends at a tick.
    expect(second - first).toBeGreaterThanOrEqual(3)
    expect(second - first).toBeLessThan(3.2)
  })
})
