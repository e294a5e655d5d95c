/** Guards and provenance: an error tells who restricted, where, and how it came here, and what is kept for that is bounded. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { handOff, inherit, merge, runAdopted, transfer } from '../src/delegation.js'
import { adopt, Context, contextFrom, convey, type Mask, RestrictionError } from '../src/index.js'
import { decode, encode } from '../src/remote.js'
import { Task } from '../src/task.js'
import { eventsOf, jobsDomain } from './jobs.js'

function setUp() {
  const jobs = jobsDomain()
  return { jobs, request: new Context(jobs, { name: 'request-17' }), ...jobs.flags }
}

/** What a guard says; places without their lines. */
function refusal(context: Context<'jobs'>, mask: Mask<'jobs'>): string {
  try {
    context.forbid(mask)
  } catch (error) {
    if (error instanceof RestrictionError) return error.message.replace(/:\d+\)/g, ')')
    throw error
  }
  return 'passed'
}

describe('a guard', () => {
  test('passes where nothing that it forbids is in force', () => {
    const { request, NO_DISK, NO_NETWORK } = setUp()
    expect(request.forbid(NO_DISK)).toBeUndefined()
    request.run(NO_NETWORK, (section) => expect(refusal(section, NO_DISK)).toBe('passed'))
  })

  test('has to guard something', () => {
    const { jobs, request } = setUp()
    expect(() => request.forbid(jobs.mask())).toThrow(
      new RangeError('forbid(none) guards nothing: it takes restrictions'),
    )
    expect(() => request.forbid(jobs.flags.URGENT)).toThrow(RangeError)
  })

  test('refuses with data, and diagnostics see it', () => {
    const { jobs, request, NO_DISK, NO_NETWORK } = setUp()
    const section = request.run(NO_DISK, (section) => section, 'export')
    const events = eventsOf(jobs)
    let error: unknown
    try {
      section.forbid(jobs.mask('NO_DISK', 'NO_NETWORK'))
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(RestrictionError)
    expect(error).toMatchObject({
      name: 'RestrictionError',
      domain: 'jobs',
      context: 'request-17',
      mask: NO_DISK,
      provenance: [
        { flag: 'NO_DISK', steps: [{ kind: 'scope', context: 'request-17', label: 'export' }] },
      ],
    })
    expect(events).toEqual(['refuse request-17 NO_DISK'])
    expect(NO_NETWORK).toBe(2)
  })
})

describe('the way of a restriction', () => {
  test('from a section, through a hand-off, to a worker', () => {
    const { jobs, request, NO_NETWORK } = setUp()
    const worker = new Context(jobs, { name: 'worker-3' })
    const item = request.run(
      NO_NETWORK,
      (section) =>
        handOff(section, 'convey-on-queue', (context) => refusal(context, NO_NETWORK), {
          label: 'resize',
        }),
      'checkout',
    )
    expect(item.run(worker)).toBe(
      'NO_NETWORK: scope "checkout" of request-17 (provenance.test.ts), handed off as "resize" (provenance.test.ts), run by worker-3',
    )
  })

  test('the same on tasks, whose frames are used again meanwhile', () => {
    const { jobs, NO_NETWORK, NO_DISK } = setUp()
    const task = new Task(jobs, { name: 'task' })
    const worker = new Task(jobs, { name: 'worker' })
    const scope = task.enter(NO_NETWORK, 'flush')
    const conveyance = convey(task, 'convey-on-queue')
    scope.close()
    task.enter(NO_DISK, 'another').close()
    using _ = adopt(worker, conveyance)
    expect(refusal(worker, NO_NETWORK)).toBe(
      'NO_NETWORK: scope "flush" of task (provenance.test.ts), handed off (provenance.test.ts), run by worker',
    )
    const moved = transfer(worker.enter(NO_DISK, 'transaction')).adopt(task)
    expect(refusal(task, NO_DISK)).toBe(
      'NO_DISK: scope "transaction" of worker (provenance.test.ts), handed off as "transaction", run by task',
    )
    moved.close()
  })

  test('begins where the flag was given, saved, or came in from outside', () => {
    const { jobs, NO_DISK, NO_NETWORK } = setUp()
    const given = new Context(jobs, { name: 'cron', mask: NO_DISK })
    expect(refusal(given.fork(NO_NETWORK), NO_DISK)).toBe('NO_DISK: given to cron')
    const task = new Task(jobs, { name: 'task' })
    task.save(NO_DISK)
    expect(refusal(task, NO_DISK)).toBe('NO_DISK: saved by task')
    const scope = task.enter(NO_NETWORK, 'inside')
    expect(refusal(task.fork(jobs.mask()), NO_DISK)).toBe('NO_DISK: saved by task')
    scope.close()
    const received = decode(jobs, encode(convey(given, 'convey-on-queue')))
    expect(refusal(contextFrom(jobs, received, { name: 'job' }), NO_DISK)).toBe(
      'NO_DISK: received from outside (provenance.test.ts), run by job',
    )
  })

  test('of several flags, each its own', () => {
    const { jobs, request, NO_DISK, NO_NETWORK } = setUp()
    jobs.recordPlaces(0)
    const a = request.fork(NO_DISK, 'a')
    const b = new Context(jobs, { name: 'cron' }).fork(NO_NETWORK, 'b')
    const both = merge(jobs, [convey(a, 'convey-on-queue'), convey(b, 'convey-on-queue')])
    runAdopted(new Context(jobs, { name: 'batch' }), both, (context) =>
      expect(refusal(context, jobs.mask('NO_DISK', 'NO_NETWORK'))).toBe(
        'NO_DISK: scope "a" of request-17, merged with others, run by batch; NO_NETWORK: scope "b" of cron, merged with others, run by batch',
      ),
    )
  })

  test('through those who wait', () => {
    const { jobs, request, NO_DISK } = setUp()
    jobs.recordPlaces(0)
    const waiter = request.fork(NO_DISK, 'sync')
    const worker = new Context(jobs, { name: 'worker' })
    using _ = inherit(waiter, worker)
    expect(refusal(worker, NO_DISK)).toBe(
      'NO_DISK: scope "sync" of request-17, inherited by worker, which is waited for',
    )
  })

  test('names the place that the application wrote, not that of a library which it called', () => {
    const library = ['at restrict (/app/node_modules/@scopemask/core/dist/fastify.js:18:3)']
    const own = 'at handler (/app/src/checkout.ts:40:5)'
    const said = (frames: readonly string[]) =>
      new RestrictionError('jobs', 'request', setUp().NO_DISK, [
        {
          flag: 'NO_DISK',
          steps: [
            {
              kind: 'scope',
              context: 'request',
              label: 'a',
              stack: ['Error', ...frames].join('\n    '),
            },
          ],
        },
      ]).message
    expect(said([...library, 'at node:internal/process:1:2', own])).toContain('(checkout.ts:40)')
    expect(said(library)).toContain('(fastify.js:18)')
    expect(said([])).toBe('NO_DISK: scope "a" of request')
  })

  test('is bounded, and its beginning is kept, however long it is', () => {
    const { jobs, request, NO_DISK, NO_NETWORK } = setUp()
    jobs.recordPlaces(0)
    let context = request.fork(NO_DISK, 'start')
    for (let i = 0; i < 5000; i++) {
      context =
        i % 2 === 0
          ? context.fork(jobs.mask())
          : handOff(context, 'convey-on-queue', (worker) => worker, { label: 'again' }).run()
      if (i === 2500) context = context.fork(NO_NETWORK, 'half way')
      expect(context.depth).toBeLessThan(80)
    }
    expect(refusal(context, NO_DISK)).toMatch(/^NO_DISK: scope "start" of request-17, /)
    expect(refusal(context, NO_NETWORK)).toMatch(/^NO_NETWORK: scope "half way" of again, /)
  })

  test('is bounded in memory too: what was cut off is collected', async () => {
    const { jobs, request, NO_DISK } = setUp()
    jobs.recordPlaces(0)
    let context = request.fork(NO_DISK, 'start')
    const early = new WeakRef(context)
    for (let i = 0; i < 200; i++) context = context.fork(jobs.mask())
    setFlagsFromString('--expose-gc')
    // A WeakRef that was read is kept until the job is over.
    await new Promise((resolve) => setImmediate(resolve))
    runInNewContext('gc')()
    expect(early.deref()).toBeUndefined()
    expect(refusal(context, NO_DISK)).toBe('NO_DISK: scope "start" of request-17')
  })
})
