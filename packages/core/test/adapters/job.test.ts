/** Jobs that are stored as JSON, as BullMQ does, and processed in another context. */
import { describe, expect, test } from 'vitest'
import { payload, processor } from '../../src/adapters/job.js'
import { current } from '../../src/index.js'
import { DecodeError } from '../../src/remote.js'
import { Task } from '../../src/task.js'
import { jobsDomain } from '../jobs.js'

const jobs = jobsDomain()
const context = new Task(jobs, { mask: jobs.mask('NO_DISK', 'URGENT') })

/** What a queue gives to a processor: whatever JSON has made of the payload. */
function stored(data: unknown) {
  return { id: '7', name: 'mail', data: JSON.parse(JSON.stringify(data)) }
}

describe('a job', () => {
  test('runs under what was in force when it was queued', async () => {
    const job = stored(payload(context, 'convey-on-queue', { to: 'a' }))
    const seen: unknown[] = []
    const process = processor(jobs, async (self, data, { id }: typeof job, token: string) => {
      seen.push(jobs.format(self.mask), current(jobs) === self, data, id, token)
      await null
      seen.push(jobs.format(self.mask))
      return self
    })
    const first = await process(job, 'token')
    expect(seen).toEqual(['NO_DISK', true, { to: 'a' }, '7', 'token', 'NO_DISK'])
    expect(jobs.format(first.mask)).toBe('NO_DISK')
    expect(await process(job, 'token')).not.toBe(first)
    const second = context.run(jobs.mask(), () => process(job, 'token'))
    expect(await second).not.toBe(context)
  })

  test('may have no data, and may throw', () => {
    const job = stored(payload(context, 'none', undefined))
    expect(job.data).toEqual({ scopemask: 'jobs/1/f77dde34/0' })
    expect(processor(jobs, (self, data) => [self.mask, data])(job)).toEqual([0, undefined])
    const throwing = processor(jobs, () => {
      throw new Error('mine')
    })
    expect(() => throwing(job)).toThrow('mine')
  })

  test('fails where its payload was made by nobody here', () => {
    const process = processor(jobs, () => 1)
    for (const data of [undefined, { to: 'a' }, { scopemask: 'jobs/1/f77dde34/101', data: 1 }]) {
      expect(() => process({ data })).toThrow(DecodeError)
    }
  })
})
