/** piscina: a context crosses into the threads of a pool, and errors come back with their class. */
import { Piscina } from 'piscina'
import { afterAll, describe, expect, test } from 'vitest'
import { onPool } from '../../src/adapters/pool.js'
import { Context } from '../../src/index.js'
import { DecodeError } from '../../src/remote.js'
import { jobsDomain } from '../jobs.js'

const filename = new URL('pool-task.mjs', import.meta.url).href
const pool = new Piscina({ filename, minThreads: 1, maxThreads: 2 })
afterAll(() => pool.destroy())

describe('piscina', () => {
  const jobs = jobsDomain()
  const request = new Context(jobs, { mask: jobs.flags.NO_NETWORK })

  test('runs each task under what was conveyed with it', async () => {
    const masks = Array.from({ length: 12 }, (_, i) => jobs.from(i & 3))
    const results = await Promise.all(
      masks.map((mask, i) => onPool(pool, new Context(jobs, { mask }), 'convey-on-queue')(i)),
    )
    expect(results).toEqual(masks.map((mask, i) => [jobs.format(mask), i]))
    expect(await onPool(pool, request, 'none')(7)).toEqual(['none', 7])
  })

  test('has it as the current context, and passes options of the pool on', async () => {
    const run = onPool(pool, request, 'convey-on-queue')
    expect(await run(undefined, { name: 'now' })).toBe('NO_NETWORK')
  })

  test('gives errors back: the guard that refused, and the class of what could not be decoded', async () => {
    const restricted = onPool(pool, request.fork(jobs.flags.NO_SPAWN), 'convey-on-queue')
    await expect(restricted(1)).rejects.toThrow('NO_SPAWN: received from outside')
    const strangers = Object.assign(jobsDomain(), { version: 2 })
    const stranger = new Context(strangers, { mask: strangers.flags.NO_DISK })
    const error = await onPool(pool, stranger, 'convey-on-queue')(1).catch((error) => error)
    expect(error).toBeInstanceOf(DecodeError)
    expect(error).toMatchObject({ reason: 'wrong-version', status: 400 })
  })
})
