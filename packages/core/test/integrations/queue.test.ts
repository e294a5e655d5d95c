/** p-queue: items that are added on behalf of contexts, in the queue that mixes AsyncLocalStorage up (sindresorhus/p-queue#200). */
import PQueue from 'p-queue'
import { describe, expect, test } from 'vitest'
import { onQueue } from '../../src/adapters/queue.js'
import { Context, current } from '../../src/index.js'
import { jobsDomain } from '../jobs.js'
import { AsyncLocalStorage } from '../rivals/async-local-storage.mjs'

describe('p-queue', () => {
  test('runs each item under the restrictions of whoever added it', async () => {
    const jobs = jobsDomain()
    const queue = new PQueue({ concurrency: 1 })
    const storage = new AsyncLocalStorage<number>()
    const masks = Array.from({ length: 20 }, (_, i) => jobs.from(i & 3))
    let mixed = 0
    const saw = await Promise.all(
      masks.map((mask) =>
        storage.run(mask, async () => {
          const request = new Context(jobs, { mask })
          const add = onQueue(queue, request, 'convey-on-queue')
          return add(
            async (context) => {
              if (storage.getStore() !== mask) mixed++
              expect(current(jobs)).toBe(context)
              await null
              return context.mask
            },
            { priority: mask },
          )
        }),
      ),
    )
    expect(saw).toEqual(masks)
    // What everybody else sees there.
    expect(mixed).toBeGreaterThan(10)
  })

  test('keeps the restrictions also when nobody awaits', async () => {
    const jobs = jobsDomain()
    const queue = new PQueue({ concurrency: 1, autoStart: false })
    const seen: string[] = []
    new Context(jobs).run(jobs.flags.NO_DISK, (section) => {
      const add = onQueue(queue, section, 'convey-on-queue')
      for (let i = 0; i < 10; i++) void add((context) => seen.push(jobs.format(context.mask)))
    })
    queue.start()
    await queue.onIdle()
    expect(seen).toEqual(Array.from({ length: 10 }, () => 'NO_DISK'))
  })
})
