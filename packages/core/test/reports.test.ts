/**
 * Reports from the wild of context that was lost or mixed up, those that a mask can express: what happens with
 * AsyncLocalStorage (which OpenTelemetry's context manager on Node is), with contexts, and with contexts and a bridge. The README's
 * table is this file's, and is compared with it.
 */
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import PQueue from 'p-queue'
import { describe, expect, test } from 'vitest'
import { listening } from '../src/adapters/events.js'
import { unwrap, wrap } from '../src/adapters/message-port.js'
import { onQueue } from '../src/adapters/queue.js'
import { runAdopted } from '../src/delegation.js'
import { follow } from '../src/follow.js'
import {
  Context,
  type Conveyance,
  contextFrom,
  convey,
  current,
  currentOrUndefined,
  type Mask,
} from '../src/index.js'
import { Task } from '../src/task.js'
import { jobsDomain } from './jobs.js'
import { AsyncLocalStorage } from './rivals/async-local-storage.mjs'

/** What became of the restriction. */
type Outcome = 'kept' | 'lost' | 'mixed' | 'an error'

const jobs = jobsDomain()
const { NO_DISK, NO_NETWORK } = jobs.flags
const storage = new AsyncLocalStorage<number>()

/** What a mask says, where NO_DISK should be in force and nothing else. */
const judge = (mask: number | undefined): Outcome =>
  mask === NO_DISK ? 'kept' : mask ? 'mixed' : 'lost'
const stored = () => judge(storage.getStore())
const restricted = () => new Context(jobs, { mask: NO_DISK })

/** The current context, or what a function deep in a call chain does without one. */
function looked(): Outcome {
  try {
    return judge(current(jobs).mask)
  } catch {
    return 'an error'
  }
}

/** Adds something to a queue that a stranger's item occupies. */
async function behind(
  occupy: (queue: PQueue) => Promise<unknown>,
  add: (queue: PQueue) => Promise<Outcome>,
): Promise<Outcome> {
  const queue = new PQueue({ concurrency: 1 })
  const first = occupy(queue)
  const result = add(queue)
  await first
  return result
}

interface Report {
  readonly what: string
  readonly where: string
  readonly storage: () => Outcome | Promise<Outcome>
  readonly contexts: () => Outcome | Promise<Outcome>
  /** Where it differs with a bridge. */
  readonly bridged?: () => Outcome | Promise<Outcome>
}

const viaStorage = (fn: () => Outcome | Promise<Outcome>) => () => storage.run(NO_DISK, fn)
const reports: readonly Report[] = [
  {
    what: 'a queued job runs in the context of the job that ended before it',
    where: 'sindresorhus/p-queue#200',
    storage: () =>
      behind(
        (queue) => storage.run(NO_NETWORK, () => queue.add(() => turn())),
        (queue) => storage.run(NO_DISK, () => queue.add(async () => stored())),
      ),
    contexts: () =>
      behind(
        (queue) => new Context(jobs).run(NO_NETWORK, () => queue.add(() => turn())),
        (queue) => onQueue(queue, restricted(), 'convey-on-queue')(async () => looked()),
      ),
  },
  {
    what: 'context into a worker thread',
    where: 'piscinajs/piscina#840',
    storage: viaStorage(async () => {
      const worker = new Worker('require("worker_threads").parentPort.postMessage(0)', {
        eval: true,
      })
      const seen = await new Promise((resolve) => worker.once('message', resolve))
      return judge(Number(seen))
    }),
    contexts: async () => {
      const echo =
        'const { parentPort: p } = require("worker_threads"); p.once("message", (m) => p.postMessage(m))'
      const worker = new Worker(echo, { eval: true })
      worker.postMessage(wrap(restricted(), 'convey-on-queue', 1))
      const message = await new Promise((resolve) => worker.once('message', resolve))
      return judge(contextFrom(jobs, unwrap(jobs, message).conveyance).mask)
    },
  },
  {
    what: 'a child that nobody awaits outlives the section, and goes on outside it',
    where: 'Papooch/nestjs-cls#193',
    storage: async () => {
      let later: Promise<Outcome> | undefined
      storage.run(NO_DISK, () => {
        later = turn().then(stored)
      })
      return (await later) ?? 'lost'
    },
    contexts: async () => {
      let later: Promise<Outcome> | undefined
      new Context(jobs).run(NO_DISK, (section) => {
        later = turn().then(() => judge(section.mask))
      })
      return (await later) ?? 'lost'
    },
  },
  {
    what: 'push at the start and pop at the end, of two requests on a shared hub',
    where: 'getsentry/sentry-javascript#5847',
    storage: viaStorage(async () => {
      await Promise.all([storage.run(NO_NETWORK, () => turn()), turn()])
      return stored()
    }),
    contexts: async () => {
      const hub = new Context(jobs)
      const other = hub.run(NO_NETWORK, () => turn())
      const saw = await hub.run(NO_DISK, async (section) => {
        await turn()
        return judge(section.mask)
      })
      await other
      return saw
    },
  },
  {
    what: 'the same on a task, where the first ends first',
    where: 'getsentry/sentry-javascript#3572',
    storage: () => 'kept',
    contexts: async () => {
      const hub = new Task(jobs)
      const first = hub.enter(NO_NETWORK)
      hub.enter(NO_DISK)
      try {
        first.close()
      } catch {
        return 'an error'
      }
      return judge(hub.mask)
    },
  },
  {
    what: 'which context an async generator has in its later steps',
    where: 'tc39/proposal-async-context#18',
    storage: async () => {
      const items = storage.run(NO_DISK, async function* () {
        yield stored()
        yield stored()
      })
      await items.next()
      return ((await items.next()).value ?? 'lost') as Outcome
    },
    contexts: async () => {
      const items = new Context(jobs).run(NO_DISK, async function* () {
        yield looked()
        yield looked()
      })
      await items.next()
      return ((await items.next()).value ?? 'lost') as Outcome
    },
  },
  {
    what: 'a listener: the context of registration, or that of whoever fires',
    where: 'nodejs/node#33723',
    storage: () => {
      const emitter = new EventEmitter()
      let saw: Outcome = 'lost'
      storage.run(NO_DISK, () => emitter.on('event', () => void (saw = stored())))
      storage.run(NO_NETWORK, () => emitter.emit('event'))
      return saw
    },
    contexts: () => {
      const emitter = new EventEmitter()
      let saw: Outcome = 'lost'
      listening(restricted(), emitter).on('event', () => void (saw = looked()))
      new Context(jobs).run(NO_NETWORK, () => emitter.emit('event'))
      return saw
    },
  },
  {
    what: 'the context is gone after a native await',
    where: 'angular/angular#31730',
    storage: viaStorage(async () => {
      await null
      return stored()
    }),
    contexts: () =>
      new Context(jobs).run(NO_DISK, async () => {
        await null
        return looked()
      }),
    bridged: () => 'kept',
  },
  {
    what: "a pool's callbacks run in the context of whoever opened the connection",
    where: 'brianc/node-postgres#2533',
    storage: async () => {
      const connection = new EventEmitter()
      const query = (fn: () => void) => {
        connection.once('done', fn)
        setImmediate(() => connection.emit('done'))
      }
      // The connection is opened by a stranger, whose context its socket keeps.
      const release = storage.run(NO_NETWORK, () =>
        AsyncLocalStorage.bind((fn: () => void) => fn()),
      )
      return new Promise((resolve) => {
        storage.run(NO_DISK, () => query(() => release(() => resolve(stored()))))
      })
    },
    contexts: async () => {
      const connection = new EventEmitter()
      return new Promise<Outcome>((resolve) => {
        new Context(jobs).run(NO_DISK, (section) => {
          listening(section, connection).on('done', () => resolve(looked()))
        })
        new Context(jobs).run(NO_NETWORK, () => connection.emit('done'))
      })
    },
  },
  {
    what: 'jobs of one worker cross where the context is entered and not left',
    where: 'Jeff-Lewis/cls-hooked#63',
    storage: async () => {
      storage.enterWith(NO_NETWORK)
      const saw = await turn().then(stored)
      storage.enterWith(0)
      return saw
    },
    contexts: async () => {
      const worker = new Context(jobs)
      const other = runAdopted(worker, conveyed(NO_NETWORK), () => turn())
      const saw = runAdopted(worker, conveyed(NO_DISK), async (context) => {
        await turn()
        return judge(context.mask)
      })
      await other
      return saw
    },
  },
]

/** What a job of somebody else brings along. */
function conveyed(mask: Mask<'jobs'>): Conveyance<'jobs'> {
  return convey(new Context(jobs, { mask }), 'convey-on-queue')
}

describe('reports from the wild', () => {
  test('the table of the README says what happens', async () => {
    const lines: string[] = []
    for (const { what, where, storage, contexts, bridged } of reports) {
      const theirs = await storage()
      const ours = await contexts()
      using _ = follow(jobs, new AsyncLocalStorage<Context<'jobs'>>())
      const withBridge = await contexts()
      if (bridged !== undefined) expect(withBridge).toBe(await bridged())
      else expect(withBridge).toBe(ours)
      lines.push(`| ${what} (${where}) | ${theirs} | ${ours} | ${withBridge} |`)
    }
    expect(currentOrUndefined(jobs)).toBeUndefined()
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const table = readme
      .split('\n')
      .filter((line) => /^\| .* \| (kept|lost|mixed|an error) \|$/.test(line))
    expect(table).toEqual(lines)
  })
})
