/**
 * Reports from the wild of context that was lost or mixed up, those that a mask can express: what happens with
 * AsyncLocalStorage, with OpenTelemetry's API and its manager for Node, with contexts, and with contexts and a bridge. The README's
 * table is this file's, and is compared with it. What can be installed is used as it is: p-queue, express with its body-parser,
 * worker threads. Of the others the report is reduced to what it is about.
 */
import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { createContextKey, context as otel, ROOT_CONTEXT } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import express, { type Request, type RequestHandler } from 'express'
import PQueue from 'p-queue'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listening } from '../src/adapters/events.js'
import { scopemask } from '../src/adapters/express.js'
import type { Restricted } from '../src/adapters/incoming.js'
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
type Outcome = 'kept' | 'lost' | 'mixed' | 'an error' | 'cannot be made'

const jobs = jobsDomain()
const { NO_DISK, NO_NETWORK } = jobs.flags

/** What follows promises by itself: its value is a mask. */
interface Store {
  run<R>(mask: number, fn: () => R): R
  get(): number | undefined
  bind<F extends (...args: never) => unknown>(fn: F): F
  /** Enters a mask and does not leave it, where that can be done. */
  enter?(mask: number): void
}

const storage = new AsyncLocalStorage<number>()
const asyncLocalStorage: Store = {
  run: (mask, fn) => storage.run(mask, fn),
  get: () => storage.getStore(),
  bind: (fn) => AsyncLocalStorage.bind(fn),
  enter: (mask) => storage.enterWith(mask),
}

const KEY = createContextKey('mask')
const openTelemetry: Store = {
  run: (mask, fn) => otel.with(ROOT_CONTEXT.setValue(KEY, mask), fn),
  get: () => otel.active().getValue(KEY) as number | undefined,
  bind: (fn) => otel.bind(otel.active(), fn),
}
beforeAll(() => otel.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterAll(() => otel.disable())

/** What a mask says, where NO_DISK should be in force and nothing else. */
const judge = (mask: number | undefined): Outcome =>
  mask === NO_DISK ? 'kept' : mask ? 'mixed' : 'lost'
const stored = (store: Store) => judge(store.get())
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
  readonly storage: (store: Store) => Outcome | Promise<Outcome>
  readonly contexts: () => Outcome | Promise<Outcome>
  /** Where it differs with a bridge. */
  readonly bridged?: () => Outcome | Promise<Outcome>
}

const within = (fn: (store: Store) => Outcome | Promise<Outcome>) => (store: Store) =>
  store.run(NO_DISK, () => fn(store))

/** What a handler of a server says that reads its body first. */
async function answer(
  enter: RequestHandler,
  look: (request: Request) => Outcome,
): Promise<Outcome> {
  const app = express()
  app.use(enter, express.json())
  app.post('/', (request, response) => void response.send(look(request)))
  const server = app.listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'x'.repeat(50_000) }),
    })
    return (await response.text()) as Outcome
  } finally {
    server.close()
  }
}

/** A model of an ORM: its hooks are registered once, get no argument from whoever saves, and run when the driver has answered. */
class Model {
  readonly #hooks: (() => void)[] = []

  post(hook: () => void): void {
    this.#hooks.push(hook)
  }

  async save(): Promise<void> {
    await turn()
    for (const hook of this.#hooks) hook()
  }
}

/** Saves, and says what a hook saw. */
async function hooked(
  save: (model: Model) => Promise<void>,
  look: () => Outcome,
): Promise<Outcome> {
  const model = new Model()
  let saw: Outcome = 'lost'
  model.post(() => {
    saw = look()
  })
  await save(model)
  return saw
}
const reports: readonly Report[] = [
  {
    what: 'a queued job runs in the context of the job that ended before it',
    where: 'sindresorhus/p-queue#200',
    storage: (store) =>
      behind(
        (queue) => store.run(NO_NETWORK, () => queue.add(() => turn())),
        (queue) => store.run(NO_DISK, () => queue.add(async () => stored(store))),
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
    storage: within(async () => {
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
    storage: async (store) => {
      let later: Promise<Outcome> | undefined
      store.run(NO_DISK, () => {
        later = turn().then(() => stored(store))
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
    storage: within(async (store) => {
      await Promise.all([store.run(NO_NETWORK, () => turn()), turn()])
      return stored(store)
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
    storage: () => 'cannot be made',
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
    storage: async (store) => {
      const items = store.run(NO_DISK, async function* () {
        yield stored(store)
        yield stored(store)
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
    storage: (store) => {
      const emitter = new EventEmitter()
      let saw: Outcome = 'lost'
      store.run(NO_DISK, () => emitter.on('event', () => void (saw = stored(store))))
      store.run(NO_NETWORK, () => emitter.emit('event'))
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
    storage: within(async (store) => {
      await null
      return stored(store)
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
    storage: async (store) => {
      const connection = new EventEmitter()
      const query = (fn: () => void) => {
        connection.once('done', fn)
        setImmediate(() => connection.emit('done'))
      }
      // The connection is opened by a stranger, whose context its socket keeps.
      const release = store.run(NO_NETWORK, () => store.bind((fn: () => void) => fn()))
      return new Promise((resolve) => {
        store.run(NO_DISK, () => query(() => release(() => resolve(stored(store)))))
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
    storage: async (store) => {
      if (store.enter === undefined) return 'cannot be made'
      store.enter(NO_NETWORK)
      const saw = await turn().then(() => stored(store))
      store.enter(0)
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
  {
    what: 'a middleware that reads the body loses the context',
    where: 'expressjs/multer#814, expressjs/body-parser#422',
    storage: (store) =>
      answer(
        (_, __, next) => store.run(NO_DISK, next),
        () => stored(store),
      ),
    contexts: () =>
      answer(scopemask(jobs, { mask: NO_DISK }), (request) =>
        judge((request as Request & Restricted<'jobs'>).scopemask.mask),
      ),
  },
  {
    what: 'a hook gets no argument from the caller, and runs after an await of its library',
    where: 'Automattic/mongoose#10020',
    storage: (store) =>
      hooked(
        (model) => store.run(NO_DISK, () => model.save()),
        () => stored(store),
      ),
    contexts: () => hooked((model) => new Context(jobs).run(NO_DISK, () => model.save()), looked),
    bridged: () => 'kept',
  },
  {
    what: 'a listener of AbortSignal.timeout, which runtimes call from nowhere',
    where: 'oven-sh/bun#32805',
    storage: within(
      (store) =>
        new Promise((resolve) => {
          AbortSignal.timeout(1).addEventListener('abort', () => resolve(stored(store)))
        }),
    ),
    contexts: () =>
      new Promise((resolve) => {
        listening(restricted(), AbortSignal.timeout(1)).on('abort', () => resolve(looked()))
      }),
  },
  {
    what: 'a query that runs when its transaction has ended',
    where: 'mikro-orm/mikro-orm#3074',
    storage: async (store) => {
      const connection = new EventEmitter()
      const query = store.run(NO_DISK, async () => {
        // Nobody awaits it, and the transaction ends first.
        const query = once(connection, 'idle').then(() => stored(store))
        await turn()
        return () => query
      })
      const later = await query
      connection.emit('idle')
      return later()
    },
    contexts: async () => {
      const connection = new EventEmitter()
      const query = new Context(jobs).run(NO_DISK, async (transaction) => {
        const query = once(connection, 'idle').then(() => judge(transaction.mask))
        await turn()
        return () => query
      })
      const later = await query
      connection.emit('idle')
      return later()
    },
  },
  {
    what: 'a test of concurrency that passes by luck, since the second section ends first',
    where: 'stamhoofd/stamhoofd#683',
    storage: async (store) => {
      const [saw] = await Promise.all([
        store.run(NO_DISK, async () => {
          await turn().then(() => turn())
          return stored(store)
        }),
        store.run(NO_NETWORK, () => turn()),
      ])
      return saw
    },
    contexts: async () => {
      const shared = new Context(jobs)
      const [saw] = await Promise.all([
        shared.run(NO_DISK, async (section) => {
          await turn()
          const meanwhile = judge(section.mask)
          await turn()
          return meanwhile === 'kept' ? judge(section.mask) : meanwhile
        }),
        shared.run(NO_NETWORK, () => turn().then(() => turn())),
      ])
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
      const theirs = [await storage(asyncLocalStorage), await storage(openTelemetry)]
      const ours = await contexts()
      using _ = follow(jobs, new AsyncLocalStorage<Context<'jobs'>>())
      const withBridge = await contexts()
      if (bridged !== undefined) expect(withBridge).toBe(await bridged())
      else expect(withBridge).toBe(ours)
      lines.push(`| ${[`${what} (${where})`, ...theirs, ours, withBridge].join(' | ')} |`)
    }
    expect(currentOrUndefined(jobs)).toBeUndefined()
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const table = readme
      .split('\n')
      .filter((line) => /^\| .* \| (kept|lost|mixed|an error) \|$/.test(line) && line.includes('#'))
    expect(table).toEqual(lines)
  })
})
