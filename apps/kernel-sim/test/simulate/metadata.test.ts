/** A handle that changes a metadata block waits as long as the block is being written, to the log or to its place. */
import { expect, it } from 'vitest'
import { plainMachine } from '../../src/simulate/machines/plain.js'
import { parsePlan } from '../../src/simulate/plan/plan.js'
import { planned } from '../../src/simulate/plan/run-plan.js'
import { MS } from '../../src/simulate/time.js'

it('a stream of writes is held up by the writing of its own inode, for what is in the queue of the disk before it', () => {
  const plan = parsePlan(
    'seed=1 dur=6500 fs=ext4\nproc name=write type=write file=w.dat mib=300 chunk=64',
  )
  const simulation = planned(plan, plainMachine(128))
  simulation.run()
  const [writer] = simulation.tasks
  const { times, longest } = writer?.delays.of('write') ?? { times: 0, longest: 0 }
  // One commit: its inode is in the log, and then in the inode table.
  expect(simulation.journal.counts.commits).toBe(1)
  expect(times).toBeGreaterThanOrEqual(1)
  // 16 requests of 256 KiB, each 11 ms, and what the flusher has in a bio.
  expect(longest).toBeGreaterThan(100 * MS)
  expect(longest).toBeLessThan(400 * MS)
  // It is caught up with: the disk is busy all the time.
  expect(writer?.delays.of('dirty').times).toBeGreaterThan(100)
  expect(simulation.disk.written.bytes / 6.5 / 1e6).toBeGreaterThan(22)
})
