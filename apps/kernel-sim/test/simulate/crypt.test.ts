/** An encrypted disk, and the workers that encrypt it: what is written needs memory, and is written all the same. */
import { Clock, Cpus, type LiveSteps, WAIT } from '@scopemask/checker/live'
import { describe, expect, it } from 'vitest'
import { machineFromObject } from '../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../src/simulate/machine-file/run-machine.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { machinePolicy } from '../../src/simulate/policy.js'
import { Cfs } from '../../src/simulate/sched/cfs.js'
import { JIFFY, MS, SECOND } from '../../src/simulate/time.js'
import { WorkerPool, Workqueue } from '../../src/simulate/work/workqueue.js'
import { assertConsistent } from './conserved.js'

function simulation(workloads: object, policy = 'scope', crypt = true) {
  const machine = {
    memory: '128 MiB',
    cpus: 2,
    seconds: 3,
    disk: { bandwidth: '100 MB/s', crypt },
    workloads,
  }
  const read = machineFromObject(machine, 'the machine')
  return machineSimulation(read, { seed: 1, policy: machinePolicy(policy), seconds: read.seconds })
}

const LOAD = {
  write: { type: 'write', size: '150 MiB' },
  read: { type: 'read', size: '60 MiB' },
  create: { type: 'create', pace: '1 ms' },
}

it.each(['scope', 'explicit', 'unrestricted'])(
  'what is written goes through kcryptd, and every page of its pool comes back: %s',
  (policy) => {
    const run = simulation({ ...LOAD, hog: { type: 'hog', size: '80 MiB', pace: '5 ms' } }, policy)
    for (let second = 1; second <= 3; second++) {
      run.run(undefined, second * SECOND)
      assertConsistent(run)
    }
    const facts = factsOf(run)
    expect(facts.kcryptd_items).toBeGreaterThan(300)
    expect(facts.kcryptd_items).toBeGreaterThanOrEqual(
      (facts.disk_read_requests ?? 0) + (facts.disk_write_requests ?? 0) - 40,
    )
    expect(facts.nr_written).toBeGreaterThan(10_000)
    // Memory was short: pages that are set aside were used.
    expect(facts.crypt_pool_least).toBeLessThan(256)
    run.run()
    // What is on its way to the disk still has some.
    const onTheirWay = 256 - (run.crypt?.reserved ?? 0)
    expect(onTheirWay).toBeLessThanOrEqual(64 * (16 + 16 + 2))
  },
)

it('with enough memory an encrypted disk is as fast as one that is not', () => {
  const read = { read: { type: 'read', size: '40 MiB', passes: 1 } }
  const [plain, encrypted] = [simulation(read, 'scope', false), simulation(read)]
  plain.run()
  encrypted.run()
  const rate = (run: typeof plain) => factsOf(run)['read.0.MB_s'] ?? 0
  expect(rate(encrypted) / rate(plain)).toBeGreaterThan(0.9)
  expect(encrypted.crypt?.reserved).toBe(256)
})

describe('a pool of workers', () => {
  /** A pool for which kthreadd gets memory after so long, ns. */
  function pool(memoryAfter: number) {
    const clock = new Clock()
    const cpus = new Cpus(clock, new Cfs(1), { cpus: 1, tick: JIFFY })
    const vm = {
      *alloc(task: { readonly name: string }): LiveSteps<number> {
        clock.at(clock.now + memoryAfter, () => cpus.wake(workers.kthreadd))
        expect(task.name).toBe('kthreadd')
        yield WAIT
        return 1
      },
    }
    const workers: WorkerPool = new WorkerPool({ clock, cpus, vm: vm as never })
    const done: string[] = []
    const work = (name: string, time: number) =>
      function* (worker: { readonly name: string }): LiveSteps {
        yield time
        done.push(`${name} by ${worker.name}`)
      }
    return { clock, cpus, workers, done, work }
  }

  it('makes another worker before the last one begins', () => {
    const { cpus, workers, done, work } = pool(1 * MS)
    const queue = new Workqueue(workers, { name: 'q', maxActive: 4, memReclaim: false })
    for (const name of ['a', 'b', 'c']) queue.queue(work(name, 1 * MS))
    cpus.run(1 * SECOND)
    expect(done).toHaveLength(3)
    expect(workers.workers.length).toBeGreaterThanOrEqual(2)
    expect(queue.done).toBe(3)
  })

  it('with no memory for one, work of queues that reclaim needs is done by their rescuer, other work waits', () => {
    const { cpus, workers, done, work } = pool(600 * SECOND)
    const needed = new Workqueue(workers, { name: 'kcryptd', maxActive: 4, memReclaim: true })
    const other = new Workqueue(workers, { name: 'other', maxActive: 4, memReclaim: false })
    other.queue(work('other', MS))
    needed.queue(work('needed', MS))
    cpus.run(5 * MS)
    expect(done).toEqual([])
    cpus.run(1 * SECOND)
    expect(done).toEqual(['needed by kcryptd'])
    needed.queue(work('later', MS))
    cpus.run(2 * SECOND)
    expect(done).toEqual(['needed by kcryptd', 'later by kcryptd'])
    expect([needed.rescued, other.done]).toEqual([2, 0])
  })

  it('has so many of a queue under way at once, in their order', () => {
    const { cpus, workers, done, work } = pool(10_000)
    const queue = new Workqueue(workers, { name: 'q', maxActive: 1, memReclaim: true })
    for (let item = 0; item < 5; item++) queue.queue(work(String(item), (5 - item) * MS))
    cpus.run(1 * SECOND)
    expect(done.map((each) => each[0])).toEqual(['0', '1', '2', '3', '4'])
    expect(queue.rescued).toBe(0)
  })
})
