/**
 * Sweeps over Redis: no result is lost and none comes twice, whoever is killed. Where no redis-server is installed this is not run, and says
 * so; CI installs one.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Queue } from 'bullmq'
import { Redis as Client } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readResults } from '../../src/sweep/results-file.js'
import { BIN, kernelSim } from '../cli/kernel-sim.js'
import { hasRedis, Redis } from './redis.js'

const installed = hasRedis()
if (!installed && process.env.CI === undefined) {
  console.info('Sweeps over Redis are not tested here: no redis-server is installed')
}

const VERSION = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
).version

/**
 * A thousand combinations, a fifth of which deadlock: those whose rest is the other's. Each takes some milliseconds, so that there
 * are jobs left whenever somebody is killed.
 */
const SCENARIO = `import { scenario } from '@scopemask/kernel-sim'
import { rest } from './rest.mjs'
export default scenario({
  name: 'thousand',
  summary: 's',
  parameters: { a: ${JSON.stringify(range(25))}, b: ${JSON.stringify(range(40))} },
  build(kernel, { a, b }) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
    const locks = [kernel.mutex('x'), kernel.mutex('y')]
    for (const first of [0, rest(a) === rest(b) ? 1 : 0]) {
      kernel.task('task', function* () {
        yield* locks[first].lock()
        yield* locks[1 - first].lock()
        yield* locks[1 - first].unlock()
        yield* locks[first].unlock()
      })
    }
  },
})
`

/** A scenario whose first value has more states than anybody waits for, and a hundred and more that are over at once. */
const UNEVEN = `import { scenario } from '@scopemask/kernel-sim'
export default scenario({
  name: 'uneven',
  summary: 's',
  parameters: { at: ${JSON.stringify(range(130))} },
  build(kernel, { at }) {
    const seen = kernel.variable('seen')
    for (let i = 0; i < (at === 0 ? 20 : 1); i++) {
      kernel.task('task ' + i, function* () {
        yield* seen.set(i)
        yield* seen.set(0)
        yield* seen.set(i)
      })
    }
  },
})
`

function range(length: number): number[] {
  return Array.from({ length }, (_, at) => at)
}

describe.skipIf(!installed && process.env.CI === undefined)('sweep --redis', () => {
  let folder = ''
  let redis: Redis
  const started: ChildProcess[] = []
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kernel-sim-queue-'))
    writeFileSync(join(folder, 'thousand.mjs'), SCENARIO)
    writeFileSync(join(folder, 'rest.mjs'), 'export const rest = (n) => n % 5')
    writeFileSync(
      join(folder, 'plan.yaml'),
      'check: { scenarios: [./thousand.mjs], policies: [scope], parameters: { a: all, b: all } }',
    )
    redis = await Redis.start()
  })
  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL')
    await redis.stop()
    rmSync(folder, { recursive: true })
  })

  function start(...args: string[]): ChildProcess {
    const child = spawn(process.execPath, [BIN, ...args, '--redis', redis.url], { stdio: 'ignore' })
    started.push(child)
    return child
  }
  /** Waits for the end of a process, which may be over; returns its exit status. */
  async function exited(child: ChildProcess): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    return child.exitCode
  }
  async function end(child: ChildProcess): Promise<void> {
    child.kill('SIGTERM')
    await exited(child)
  }
  const worker = (...args: string[]) => start('worker', '--workers', '1', ...args)
  const coordinator = () => start('sweep', join(folder, 'plan.yaml'))
  /** The queue of all sweeps, with the connection to it. */
  function open() {
    const connection = new Client(redis.url, { maxRetriesPerRequest: null })
    connection.on('error', () => {})
    const queue = new Queue(`kernel-sim-${VERSION}`, { connection })
    queue.on('error', () => {})
    return { connection, queue }
  }
  const pause = () => new Promise((resolve) => setTimeout(resolve, 20))

  const file = () => join(folder, 'plan.results.jsonl')
  const count = () => readResults(file())?.results.size ?? 0
  /** Waits until so many results are there. */
  async function results(least: number): Promise<void> {
    while (count() < least) await new Promise((resolve) => setTimeout(resolve, 40))
  }

  it('a thousand jobs on three workers: kill -9 of workers, coordinator and Redis', async () => {
    let sweep = coordinator()
    const { connection, queue } = open()
    const waiting = async () =>
      (await queue.getWaiting(0, -1)).reduce((sum, { data }) => sum + data.jobs.length, 0)
    while ((await waiting()) < 1000) await pause()
    // They travel by the dozen, and each batch carries what its jobs must not do.
    expect(await queue.getWaitingCount()).toBeLessThan(100)
    const [first] = await queue.getWaiting(0, 0)
    expect(first?.opts.telemetry?.metadata).toMatch(/"scopemask":"kernel-sim-jobs\/1\/\w+\/7"/)

    const killable = () => worker('--lease', '1')
    const workers = [killable(), killable(), killable()]
    await results(100)
    workers[0]?.kill('SIGKILL')
    workers.push(killable())
    await results(300)
    expect(sweep.exitCode).toBeNull()
    sweep.kill('SIGKILL')
    await exited(sweep)
    sweep = coordinator()
    await results(500)
    expect(sweep.exitCode).toBeNull()
    await redis.crash()
    await redis.again()
    await results(700)
    workers[1]?.kill('SIGKILL')
    expect(await exited(sweep)).toBe(0)

    const lines = readFileSync(file(), 'utf8').trimEnd().split('\n').slice(1)
    const found = lines.map((line) => JSON.parse(line))
    expect(found).toHaveLength(1000)
    expect(new Set(found.map(({ id }) => id)).size).toBe(1000)
    expect(new Set(found.map(({ by }) => by)).size).toBeGreaterThan(3)
    // Nothing is left in the queue.
    expect(await queue.getJobCounts('waiting', 'active', 'failed', 'completed')).toMatchObject({
      failed: 0,
      completed: 0,
    })
    await queue.close()
    connection.disconnect()
    for (const child of workers) child.kill('SIGKILL')

    const { stdout } = await kernelSim(['sweep', join(folder, 'plan.yaml'), '--partial', '--json'])
    const report = JSON.parse(stdout)
    expect(report.done).toBe(1000)
    for (const { parameters, verdict } of report.results) {
      expect(verdict).toBe(parameters.a % 5 === parameters.b % 5 ? 'deadlock' : 'safe')
    }
  })

  it('a job that takes long keeps no other one waiting, and the limits of a worker hold', async () => {
    writeFileSync(join(folder, 'uneven.mjs'), UNEVEN)
    const plan = (name: string) => {
      const file = join(folder, name)
      writeFileSync(
        file,
        'check: { scenarios: [./uneven.mjs], policies: [scope], parameters: { at: all } }',
      )
      return file
    }
    const { connection, queue } = open()
    const count = async () => (await queue.getWorkers()).filter(({ name }) => name !== '').length
    const before = await count()
    const workers = [1, 2].map(() => worker('--seconds', '2', '--lease', '100'))
    while ((await count()) < before + 2) await pause()
    const long = plan('long.yaml')
    const sweep = start('sweep', long)

    // It is taken with others; how long a worker may be silent is how long its lock holds.
    let leases: number[] = []
    while (leases.length === 0 && sweep.exitCode === null) {
      const locks = await connection.keys('bull:*:lock')
      leases = await Promise.all(locks.map((lock) => connection.pttl(lock)))
    }
    for (const lease of leases) expect(lease).toBeGreaterThan(60_000)
    await exited(sweep)
    for (const child of workers) await end(child)

    const read = readResults(join(folder, 'long.results.jsonl'))
    const jobs = JSON.parse(
      (await kernelSim(['sweep', long, '--partial', '--json'])).stdout,
    ).results
    expect(jobs).toHaveLength(130)
    expect(jobs[0]).toMatchObject({
      verdict: 'bounded',
      why: 'the limit maxSeconds stopped the search',
    })
    const by = (at: number) => [...(read?.results.values() ?? [])].at(at)?.by
    // What came last was the long one; the one that was taken with it was done elsewhere meanwhile.
    const results = [...(read?.results.values() ?? [])]
    expect(results.at(-1)?.verdict).toBe('bounded')
    expect(results.at(-2)?.by).not.toBe(by(-1))

    // So many jobs a second, and not batches: the hundred and first is two seconds after the first.
    writeFileSync(join(folder, 'uneven.mjs'), UNEVEN.replace('? 20', '? 2'))
    const slow = worker('--rate', '50')
    const began = performance.now()
    await once(start('sweep', plan('rate.yaml')), 'exit')
    expect(performance.now() - began).toBeGreaterThan(2000)
    await end(slow)
    expect(readResults(join(folder, 'rate.results.jsonl'))?.results.size).toBe(130)
    await queue.close()
    connection.disconnect()
  })

  it('says in one sentence what is wrong', async () => {
    const plan = join(folder, 'plan.yaml')
    const nobody = await kernelSim([
      'sweep',
      plan,
      '--results',
      join(folder, 'x'),
      '--redis',
      'redis://:secret@127.0.0.1:1',
    ])
    expect(nobody.stderr).toBe(
      'kernel-sim: redis://127.0.0.1:1 cannot be used: connect ECONNREFUSED 127.0.0.1:1\n',
    )
    const wrong = await kernelSim(['worker', '--redis', 'localhost'])
    expect(wrong.stderr).toContain('--redis takes a URL such as redis://localhost:6379')
    expect(wrong.status).toBe(2)
  })
})
