/** Merges: work on behalf of several has the restrictions of all of them, and the grants of none. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { merge } from '../src/delegation.js'
import { adopt, type Conveyance, ConveyanceError, convey } from '../src/index.js'
import { Task } from '../src/task.js'
import { jobsDomain } from './jobs.js'

test('the union of restrictions, without grants', () => {
  const jobs = jobsDomain()
  const conveyances = [['NO_DISK', 'URGENT'] as const, ['NO_SPAWN'] as const].map((flags) =>
    convey(new Task(jobs, { mask: jobs.mask(...flags) }), 'convey-on-queue', jobs.flags.URGENT),
  )
  const worker = new Task(jobs)
  adopt(worker, merge(jobs, conveyances))
  expect(jobs.format(worker.mask)).toBe('NO_DISK|NO_SPAWN')
})

test('of nothing is nothing', () => {
  const jobs = jobsDomain()
  expect(merge(jobs, [])).toMatchObject({ domain: 'jobs', version: 1, flags: 'f77dde34', mask: 0 })
})

test('refuses copies and conveyances of others', () => {
  const jobs = jobsDomain()
  const conveyance = convey(new Task(jobs), 'convey-on-queue')
  const copy = structuredClone(conveyance) as Conveyance<'jobs'>
  expect(() => merge(jobs, [conveyance, copy])).toThrow('decode it first')
  const renewed = Object.assign(jobsDomain(), { version: 2 })
  expect(() => merge(renewed, [conveyance])).toThrow(ConveyanceError)
})

test('never has less than any of its parts, in whatever order', () => {
  const jobs = jobsDomain()
  const names = ['NO_DISK', 'NO_NETWORK', 'NO_SPAWN', 'URGENT'] as const
  fc.assert(
    fc.property(fc.array(fc.subarray([...names])), (list) => {
      const parts = list.map((flags) =>
        convey(new Task(jobs, { mask: jobs.mask(...flags) }), 'convey-on-queue'),
      )
      const { mask } = merge(jobs, parts)
      for (const part of parts) expect(part.mask & ~mask).toBe(0)
      expect(merge(jobs, parts.reverse()).mask).toBe(mask)
    }),
  )
})
