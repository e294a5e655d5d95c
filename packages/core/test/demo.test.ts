/** The demonstration: 10,000 jobs through shared pools, each under exactly its own restrictions. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'

interface Tally {
  readonly looks: number
  readonly mixed: number
  readonly lost: number
  readonly left: number
  readonly done: number
  readonly failed: number
  readonly cancelled: number
}

const main = fileURLToPath(new URL('../demo/main.mjs', import.meta.url))
let rows: Readonly<Record<string, Tally>>

beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--json'])
  rows = JSON.parse(stdout)
})

/** The row of a way to run jobs. All jobs came to an end, and each kind of end was met often. */
function row(name: string): Tally {
  const found = rows[name]
  if (found === undefined) throw new Error(`no row ${name}`)
  const { looks, done, failed, cancelled } = found
  expect(looks).toBeGreaterThan(20_000)
  expect(done + failed + cancelled).toBe(10_000)
  expect(failed).toBeGreaterThan(500)
  // A thread may be done before the message that cancels arrives.
  if (!name.endsWith('threads')) expect(cancelled).toBeGreaterThan(0)
  return found
}

describe('jobs through shared pools', () => {
  test.each(['p-queue', 'p-limit', 'threads'])(
    'scopemask mixes up and loses nothing: %s',
    (pool) => {
      expect(row(`scopemask, ${pool}`)).toMatchObject({ mixed: 0, lost: 0, left: 0 })
    },
  )

  test("AsyncLocalStorage gives p-queue's jobs another one's context", () => {
    const { mixed, looks } = row('AsyncLocalStorage, p-queue')
    // One in sixteen has, by chance, the same restrictions.
    expect(mixed / looks).toBeGreaterThan(0.9)
  })

  test('AsyncLocalStorage has no context in threads', () => {
    const { lost, looks } = row('AsyncLocalStorage, threads')
    expect(lost).toBe(looks)
  })

  test('AsyncLocalStorage keeps the context where the pool queues a promise of the job', () => {
    expect(row('AsyncLocalStorage, p-limit')).toMatchObject({ mixed: 0, lost: 0 })
  })
})
