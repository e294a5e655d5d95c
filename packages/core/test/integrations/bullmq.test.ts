/**
 * BullMQ on a real Redis: what was in force when a job was queued is in force when it runs, however it comes to run, and
 * nothing of the job is lost. Where no redis-server is installed this is not run, and says so; CI installs one.
 */
import { FlowProducer, type Job, Queue, QueueEvents, Worker } from 'bullmq'
import { Redis as Client } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contextOf, type TelemetryLike, telemetry } from '../../src/adapters/bullmq.js'
import { payload, processor } from '../../src/adapters/job.js'
import { follow } from '../../src/follow.js'
import { Context, current, currentOrUndefined, defineDomain } from '../../src/index.js'
import { eventsOf, jobsDomain } from '../jobs.js'
import { AsyncLocalStorage } from '../rivals/async-local-storage.mjs'
import { hasRedis, Redis } from './redis.js'

const installed = hasRedis()
if (!installed && process.env.CI === undefined) {
  console.info(
    'BullMQ is not tested here: no redis-server is installed (Debian: apt install redis-server)',
  )
}

describe.skipIf(!installed && process.env.CI === undefined)('BullMQ', () => {
  const jobs = jobsDomain()
  const { NO_DISK, NO_NETWORK } = jobs.flags
  const request = new Context(jobs, { name: 'request', mask: NO_DISK })
  const opened: { close(): Promise<unknown> }[] = []
  let redis: Redis
  let connection: Client

  beforeAll(async () => {
    redis = await Redis.start()
    connection = new Client({ host: redis.host, port: redis.port, maxRetriesPerRequest: null })
  })
  afterAll(async () => {
    await Promise.all(opened.map((it) => it.close()))
    connection.disconnect()
    await redis.stop()
  })

  /** Keeps what has to be closed. */
  function open<T extends { close(): Promise<unknown> }>(it: T): T {
    opened.push(it)
    return it
  }

  /** A queue with a worker, whose results are waited for. */
  async function serve(name: string, work: ConstructorParameters<typeof Worker>[1]) {
    const queue = open(new Queue(name, { connection }))
    const worker = open(new Worker(name, work, { connection, concurrency: 3 }))
    // It is ready before it listens: what happens in between is read from the stream of events all the same.
    const events = open(new QueueEvents(name, { connection, lastEventId: '0-0' }))
    await Promise.all([worker.waitUntilReady(), events.waitUntilReady()])
    return { queue, worker, result: (job: Job) => job.waitUntilFinished(events, 10_000) }
  }

  test('thirty jobs, three at a time, each under its own restrictions', async () => {
    const work = processor(jobs, async (context, data, { id, name, opts }: Job) => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      return [jobs.format(context.mask), data, id, name, opts.priority]
    })
    const { queue, result } = await serve('plain', work)
    const masks = Array.from({ length: 30 }, (_, i) => jobs.from(i & 3))
    const added = await Promise.all(
      masks.map((mask, i) =>
        queue.add(`mail ${i}`, payload(new Context(jobs, { mask }), 'convey-on-queue', { to: i }), {
          jobId: `job-${i}`,
          priority: 7,
        }),
      ),
    )
    expect(await Promise.all(added.map(result))).toEqual(
      masks.map((mask, i) => [jobs.format(mask), { to: i }, `job-${i}`, `mail ${i}`, 7]),
    )
  })

  test('a job that is tried again, and one that is repeated', async () => {
    const seen: string[] = []
    const work = processor(jobs, async (_, data, job: Job) => {
      seen.push(`${data} ${job.attemptsMade} ${jobs.format(current(jobs).mask)}`)
      if (data === 'retried' && job.attemptsMade < 2) throw new Error('once more')
      return data
    })
    const { queue, worker, result } = await serve('again', work)
    const retried = payload(request, 'convey-on-queue', 'retried')
    expect(await result(await queue.add('retry', retried, { attempts: 3 }))).toBe('retried')
    expect(seen).toEqual(['retried 0 NO_DISK', 'retried 1 NO_DISK', 'retried 2 NO_DISK'])
    seen.length = 0
    const twice = new Promise<void>((resolve) => {
      worker.on('completed', () => seen.length === 2 && resolve())
    })
    const repeated = payload(request, 'convey-on-queue', 'repeated')
    await queue.upsertJobScheduler(
      'often',
      { every: 50, limit: 2 },
      { name: 'tick', data: repeated },
    )
    await twice
    expect(seen).toEqual(['repeated 0 NO_DISK', 'repeated 0 NO_DISK'])
  })

  test('a flow: each job under what was in force for it, the parent with its children', async () => {
    const work = processor(jobs, async (context, data, job: Job) => [
      jobs.format(context.mask),
      data,
      ...Object.values(await job.getChildrenValues()),
    ])
    const { result } = await serve('flow', work)
    const flows = open(new FlowProducer({ connection }))
    const child = request.fork(NO_NETWORK)
    const { job } = await flows.add({
      name: 'parent',
      queueName: 'flow',
      data: payload(request, 'convey-on-queue', 'parent'),
      children: [
        { name: 'child', queueName: 'flow', data: payload(child, 'convey-on-queue', 'child') },
      ],
    })
    expect(await result(job)).toEqual(['NO_DISK', 'parent', ['NO_DISK|NO_NETWORK', 'child']])
  })

  test('a sandboxed processor, in a process of its own', async () => {
    const { queue, result } = await serve('sandboxed', new URL('sandboxed.mjs', import.meta.url))
    const job = await queue.add('mail', payload(request, 'convey-on-queue', { to: 'you' }))
    const [mask, data, id, pid] = await result(job)
    expect([mask, data, id]).toEqual(['NO_DISK', { to: 'you' }, job.id])
    expect(pid).not.toBe(process.pid)
  })

  test('a job of nobody here, and one of other flags, fail and say why', async () => {
    const { queue, result } = await serve(
      'refused',
      processor(jobs, async () => 1),
    )
    const plain = await queue.add('plain', { to: 'you' })
    await expect(result(plain)).rejects.toThrow('this is not a conveyance of jobs')
    const others = defineDomain({ name: 'jobs', version: 1, restrictions: { NO_NETWORK: 0 } })
    const other = payload(new Context(others), 'convey-on-queue', 1)
    await expect(result(await queue.add('other', other))).rejects.toThrow('(other-flags)')
  })

  describe('with its telemetry', () => {
    /** A telemetry as BullMQ's own for OpenTelemetry is, that keeps what it is told. */
    class Recorded implements TelemetryLike {
      readonly spans: string[] = []
      readonly tracer = {
        startSpan: (name: string, _?: unknown, parent?: unknown) => {
          this.spans.push(`${name} < ${parent}`)
          const ignore = () => undefined
          return {
            setSpanOnContext: () => name,
            setAttribute: ignore,
            setAttributes: ignore,
            addEvent: ignore,
            recordException: ignore,
            end: ignore,
          }
        },
      }
      readonly contextManager = {
        with: <F extends (...args: never) => unknown>(_: unknown, fn: F) =>
          (fn as unknown as () => ReturnType<F>)(),
        active: () => 'root',
        getMetadata: (context: unknown) => JSON.stringify({ traceparent: context }),
        fromMetadata: (_: unknown, metadata: string) => JSON.parse(metadata).traceparent,
      }
    }

    const hook = telemetry(jobs, 'convey-on-queue')

    async function serveWith(
      name: string,
      hook: TelemetryLike,
      work: ConstructorParameters<typeof Worker>[1],
    ) {
      const queue = open(new Queue(name, { connection, telemetry: hook }))
      const worker = open(new Worker(name, work, { connection, concurrency: 3, telemetry: hook }))
      const events = open(new QueueEvents(name, { connection, lastEventId: '0-0' }))
      await Promise.all([worker.waitUntilReady(), events.waitUntilReady()])
      return { queue, worker, result: (job: Job) => job.waitUntilFinished(events, 10_000) }
    }

    test('jobs carry what is in force where they are added, and their data are as they were', async () => {
      const { queue, result } = await serveWith('hook-plain', hook, async ({ data, opts }) => [
        jobs.format(current(jobs).mask),
        data,
        opts.priority,
      ])
      const masks = Array.from({ length: 12 }, (_, i) => jobs.from(i & 3))
      const added = await Promise.all(
        masks.map((mask, i) =>
          new Context(jobs).run(mask, () => queue.add('mail', { to: i }, { priority: 7 })),
        ),
      )
      expect(await Promise.all(added.map(result))).toEqual(
        masks.map((mask, i) => [jobs.format(mask), { to: i }, 7]),
      )
    })

    test('tried again, and in bulk', async () => {
      const seen: string[] = []
      const { queue, result } = await serveWith('hook-again', hook, async (job) => {
        const mask = jobs.format(current(jobs).mask)
        seen.push(`${job.name} ${job.attemptsMade} ${mask}`)
        if (job.name === 'retry' && job.attemptsMade < 1) throw new Error('once more')
        return mask
      })
      const retried = await request.run(NO_NETWORK, () => queue.add('retry', 1, { attempts: 2 }))
      expect(await result(retried)).toBe('NO_DISK|NO_NETWORK')
      expect(seen).toEqual(['retry 0 NO_DISK|NO_NETWORK', 'retry 1 NO_DISK|NO_NETWORK'])

      const bulk = await request.run(jobs.mask(), () => queue.addBulk([{ name: 'bulk', data: 1 }]))
      expect(await Promise.all(bulk.map(result))).toEqual(['NO_DISK'])
    })

    test('in a flow, and repeated, with a bridge: BullMQ asks for the context after an await', async () => {
      using _ = follow(jobs, new AsyncLocalStorage<Context<'jobs'>>())
      const seen: string[] = []
      const { queue, worker, result } = await serveWith('hook-flow', hook, async (job) => {
        seen.push(`${job.name} ${jobs.format(current(jobs).mask)}`)
        const children = Object.values(await job.getChildrenValues())
        return [jobs.format(current(jobs).mask), ...children]
      })
      const flows = open(new FlowProducer({ connection, telemetry: hook }))
      const { job } = await request.run(NO_NETWORK, () =>
        flows.add({
          name: 'parent',
          queueName: 'hook-flow',
          opts: {},
          children: [{ name: 'child', queueName: 'hook-flow', opts: {} }],
        }),
      )
      const both = 'NO_DISK|NO_NETWORK'
      expect(await result(job)).toEqual([both, [both]])

      seen.length = 0
      const twice = new Promise<void>((resolve) => {
        worker.on('completed', () => seen.length === 2 && resolve())
      })
      await request.run(jobs.mask(), () =>
        queue.upsertJobScheduler('often', { every: 50, limit: 2 }, { name: 'tick', data: 1 }),
      )
      await twice
      expect(seen).toEqual(['tick NO_DISK', 'tick NO_DISK'])
    })

    test('beside another telemetry, which sees what it saw before', async () => {
      const recorded = new Recorded()
      const both = telemetry(jobs, 'convey-on-queue', recorded)
      const { queue, result } = await serveWith('hook-both', both, async () =>
        jobs.format(current(jobs).mask),
      )
      const job = await request.run(jobs.mask(), () => queue.add('mail', 1))
      expect(await result(job)).toBe('NO_DISK')
      expect(JSON.parse(`${job.opts.telemetry?.metadata}`)).toEqual({
        traceparent: 'add hook-both.mail',
        scopemask: 'jobs/1/f77dde34/1',
      })
      expect(recorded.spans).toContain('add hook-both.mail < undefined')
      expect(recorded.spans).toContain('process hook-both < add hook-both.mail')
    })

    test('what cannot be decoded runs under all restrictions, and what carries nothing has no context', async () => {
      const { queue, result } = await serveWith('hook-refused', hook, async () => {
        const context = currentOrUndefined(jobs)
        return context && jobs.format(context.mask)
      })
      const events = eventsOf(jobs)
      const others = defineDomain({ name: 'jobs', version: 1, restrictions: { NO_NETWORK: 0 } })
      const foreign = open(
        new Queue('hook-refused', { connection, telemetry: telemetry(others, 'convey-on-queue') }),
      )
      const job = await new Context(others).run(others.mask(), () => foreign.add('mail', 1))
      expect(await result(job)).toBe('NO_DISK|NO_NETWORK|NO_SPAWN')
      expect(events).toContain('violation job NO_DISK|NO_NETWORK|NO_SPAWN')
      expect(await result(await queue.add('mail', 1))).toBeNull()
    })

    test('a sandboxed processor asks for its context', async () => {
      const file = new URL('sandboxed-hook.mjs', import.meta.url)
      const { queue, result } = await serveWith('hook-sandboxed', hook, file)
      const job = await request.run(jobs.mask(), () => queue.add('mail', { to: 'you' }))
      expect(await result(job)).toEqual(['NO_DISK', { to: 'you' }])
      expect(() => contextOf(jobs, { opts: {} })).toThrow('(missing)')
    })
  })
})
