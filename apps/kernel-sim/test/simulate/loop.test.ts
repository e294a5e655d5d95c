/** A filesystem in a file: its worker passes requests on, in a NOIO scope. */
import { describe, expect, it } from 'vitest'
import { machineFromObject } from '../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../src/simulate/machine-file/run-machine.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { measuredOf } from '../../src/simulate/measure/measured.js'
import { machinePolicy } from '../../src/simulate/policy.js'
import { SECOND } from '../../src/simulate/time.js'
import { assertConsistent } from './conserved.js'

function simulation(workloads: object, { policy = 'scope', disk = {} } = {}) {
  const machine = {
    memory: '128 MiB',
    cpus: 2,
    seconds: 3,
    disk: { bandwidth: '100 MB/s', loop: true, ...disk },
    workloads,
  }
  const read = machineFromObject(machine, 'the machine')
  return machineSimulation(read, { seed: 1, policy: machinePolicy(policy), seconds: read.seconds })
}

const LOAD = {
  write: { type: 'write', size: '150 MiB' },
  read: { type: 'read', size: '60 MiB' },
  create: { type: 'create', pace: '1 ms' },
  hog: { type: 'hog', size: '80 MiB', pace: '5 ms' },
}

describe('under memory pressure', () => {
  it.each([
    ['scope', 'GFP_NOIO'],
    ['explicit', 'GFP_NOIO'],
    ['nofs', 'GFP_NOIO'],
    ['unrestricted', 'GFP_KERNEL'],
  ])('every request goes through its worker, under %s with %s', (policy, gfpClass) => {
    const run = simulation(LOAD, { policy })
    for (let second = 1; second <= 3; second++) {
      run.run(undefined, second * SECOND)
      assertConsistent(run)
    }
    const { loop, disk } = run
    const facts = factsOf(run)
    expect(facts.nr_written).toBeGreaterThan(5_000)
    // Those that were passed on are those of the disk, less those that wait for room in its queue.
    const passed = loop?.passed ?? 0
    expect(passed - (disk.read.requests + disk.written.requests)).toBeLessThanOrEqual(1)
    expect(passed).toBeGreaterThan(200)
    // One item serves many requests.
    expect(loop?.queue.done).toBeLessThan(passed)
    const classes = measuredOf(run)
      .allocLatencies.filter(({ task }) => task.startsWith('kworker'))
      .map((each) => each.gfpClass)
    // Its pages, too, come from what its scope leaves of GFP_KERNEL.
    expect(new Set(classes)).toEqual(new Set([gfpClass]))
  })
})

it('accepts 128 requests at once', () => {
  const run = simulation({
    readers: { type: 'random-read', size: '512 MiB', processes: 200 },
  })
  let most = 0
  for (let at = 0; at < 0.2 * SECOND; at += SECOND / 100) {
    run.run(undefined, at)
    most = Math.max(most, run.loop?.inFlight ?? 0)
  }
  expect(most).toBe(128)
})

it('is as fast as the disk, also with dm-crypt in it', () => {
  const rate = (disk: object) => {
    const run = simulation({ read: { type: 'read', size: '40 MiB', passes: 1 } }, { disk })
    run.run()
    return factsOf(run)['read.0.MB_s'] ?? 0
  }
  const plain = rate({ loop: false })
  expect(rate({}) / plain).toBeGreaterThan(0.9)
  expect(rate({ crypt: true }) / plain).toBeGreaterThan(0.85)
})
