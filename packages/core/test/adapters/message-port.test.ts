/** Messages through ports of this thread and of others. */
import { once } from 'node:events'
import { MessageChannel as Channel } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { unwrap, wrap } from '../../src/adapters/message-port.js'
import { convey } from '../../src/index.js'
import { DecodeError } from '../../src/remote.js'
import { Task } from '../../src/task.js'
import { jobsDomain } from '../jobs.js'

const jobs = jobsDomain()
const context = new Task(jobs, { name: 'task', mask: jobs.mask('NO_DISK', 'URGENT') })

describe('a wrapped message', () => {
  test('arrives with its conveyance, and with what was transferred', async () => {
    const { port1, port2 } = new Channel()
    const data = new Uint8Array([1, 2, 3])
    port1.postMessage(wrap(context, 'convey-on-queue', { data, when: new Date(0) }), [data.buffer])
    const [message] = await once(port2, 'message')
    const { conveyance, data: received } = unwrap(jobs, message)
    expect(jobs.format(jobs.from(conveyance.mask))).toBe('NO_DISK')
    expect(received).toEqual({ data: new Uint8Array([1, 2, 3]), when: new Date(0) })
    expect(data).toHaveLength(0)
    port1.close()
  })

  test('arrives through the ports of browsers as well', async () => {
    const { port1, port2 } = new MessageChannel()
    const arrived = new Promise<unknown>((resolve) => {
      port2.addEventListener('message', (event) => resolve('data' in event && event.data))
    })
    port2.start()
    port1.postMessage(wrap(context, 'none', undefined))
    const { conveyance, data } = unwrap(jobs, await arrived)
    expect([conveyance.mask, data]).toEqual([0, undefined])
    port1.close()
  })

  test('is nothing but the conveyance and the data', () => {
    expect(wrap(context, 'convey-on-queue', [1])).toEqual({
      scopemask: 'jobs/1/f77dde34/1',
      data: [1],
    })
  })
})

test('what is not wrapped, or not like this, is refused', () => {
  const conveyance = convey(context, 'convey-on-queue')
  for (const message of [
    'jobs/1/f77dde34/1',
    [1],
    { data: 1 },
    { scopemask: 'jobs/1/f77dde34/1', data: 1, more: 2 },
    { scopemask: 'jobs/2/1', data: 1 },
    conveyance,
  ]) {
    expect(() => unwrap(jobs, message)).toThrow(DecodeError)
  }
  expect(() => unwrap(jobs, [1])).toThrow(
    'this is not a conveyance of jobs: it is not an object with just scopemask, data (malformed)',
  )
})
