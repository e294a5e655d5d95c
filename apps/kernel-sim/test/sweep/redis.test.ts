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

/** A thousand combinations, a fifth of which deadlock: those whose rest is the other's. */
const SCENARIO = `import { scenario } from '@scopemask/kernel-sim'
import { rest } from './rest.mjs'
export default scenario({
  name: 'thousand',
  summary: 's',
  parameters: { a: ${JSON.stringify(range(25))}, b: ${JSON.stringify(range(40))} },
  build(kernel, { a, b }) {
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
  const worker = () => start('worker', '--workers', '1', '--lease', '1')
  const coordinator = () => start('sweep', join(folder, 'plan.yaml'))

  const file = () => join(folder, 'plan.results.jsonl')
  const count = () => readResults(file())?.results.size ?? 0
  /** Waits until so many results are there. */
  async function results(least: number): Promise<void> {
    while (count() < least) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  it('a thousand jobs on three workers: kill -9 of workers, coordinator and Redis', async () => {
    let sweep = coordinator()
    const connection = new Client(redis.url, { maxRetriesPerRequest: null })
    connection.on('error', () => {})
    const queue = new Queue(`kernel-sim-${VERSION}`, { connection })
    queue.on('error', () => {})
    while ((await queue.getWaitingCount()) < 1000) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    // Each job carries what it must not do, and its data are a job and nothing else.
    const [first] = await queue.getWaiting(0, 0)
    expect(first?.opts.telemetry?.metadata).toMatch(/"scopemask":"kernel-sim-jobs\/1\/\w+\/7"/)

    const workers = [worker(), worker(), worker()]
    await results(100)
    workers[0]?.kill('SIGKILL')
    workers.push(worker())
    await results(300)
    sweep.kill('SIGKILL')
    await once(sweep, 'exit')
    sweep = coordinator()
    await results(500)
    await redis.crash()
    await redis.again()
    await results(700)
    workers[1]?.kill('SIGKILL')
    const [status] = await once(sweep, 'exit')
    expect(status).toBe(0)

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

    const { stdout } = await kernelSim(['sweep', join(folder, 'plan.yaml'), '--partial', '--json'])
    const report = JSON.parse(stdout)
    expect(report.done).toBe(1000)
    for (const { parameters, verdict } of report.results) {
      expect(verdict).toBe(parameters.a % 5 === parameters.b % 5 ? 'deadlock' : 'safe')
    }
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
