/**
 * What every runtime has to do alike: `node test/runtimes.mjs`, also with Bun and Deno, after a build. It uses the built
 * package, loads every entry that is not for Node alone, and throws at the first thing that is otherwise.
 */
import { deepStrictEqual as same, throws } from 'node:assert/strict'
import { handOff } from '../dist/delegation.js'
import { listening } from '../dist/events.js'
import { fetchFrom } from '../dist/fetch.js'
import { follow } from '../dist/follow.js'
import { readHeader } from '../dist/http-header.js'
import {
  bind,
  Context,
  contextFrom,
  convey,
  current,
  currentOrUndefined,
  defineDomain,
} from '../dist/index.js'
import { revive, unwrap, wrap } from '../dist/message-port.js'
import { DecodeError, decode, encode } from '../dist/remote.js'
import { Task } from '../dist/task.js'
import { AsyncLocalStorage } from './rivals/async-local-storage.mjs'

for (const entry of [
  'express',
  'fastify',
  'fields',
  'granter',
  'job',
  'otel-baggage',
  'pool',
  'queue',
  'streams',
  'tasks',
]) {
  if (Object.keys(await import(`../dist/${entry}.js`)).length === 0)
    throw new Error(`${entry} is empty`)
}

const jobs = defineDomain({ name: 'jobs', version: 1, restrictions: { NO_DISK: 0, NO_MAIL: 1 } })
const { NO_DISK, NO_MAIL } = jobs.flags
const request = new Context(jobs, { name: 'request' })
const section = request.run(NO_DISK, (section) => section, 'checkout')

// A section keeps its restrictions, and the guard says where they came from.
same([request.mask, section.mask], [0, 1])
throws(() => section.forbid(NO_DISK), /^RestrictionError: NO_DISK: scope "checkout" of request/)
throws(() => request.run(NO_DISK, () => request.has(NO_DISK)), { name: 'ScopeError' })
throws(() => request.run(undefined, () => 1), RangeError)

// The current context, without and with a bridge.
await section.run(NO_MAIL, async (inner) => {
  same(current(jobs) === inner, true)
  await null
  same(currentOrUndefined(jobs), undefined)
  same(bind(inner, () => current(jobs).mask)(), 3)
})
const bridge = follow(jobs, new AsyncLocalStorage())
await section.run(NO_MAIL, async (inner) => {
  await new Promise((resolve) => setTimeout(resolve, 1))
  same(current(jobs) === inner, true)
})
bridge[Symbol.dispose ?? Symbol.for('Symbol.dispose')]()

// Tasks and their scopes.
const task = new Task(jobs)
const [outer, inner] = [task.enter(NO_DISK), task.enter(NO_MAIL)]
throws(() => outer.close(), /closed before/)
inner.close()
same(task.mask, 0)

// Delegation, here and to elsewhere.
same(handOff(section, 'convey-on-queue', (worker) => worker.mask).run(), 1)
const conveyance = convey(section, 'convey-on-queue')
same(contextFrom(jobs, decode(jobs, encode(conveyance))).mask, 1)
same(contextFrom(jobs, decode(jobs, structuredClone({ ...conveyance }))).mask, 1)
throws(() => decode(jobs, 'jobs/1/00000000/1'), DecodeError)
let refused
try {
  decode(jobs, 'no')
} catch (error) {
  refused = revive(new Error(error.message))
}
same([refused instanceof DecodeError, refused.reason], [true, 'malformed'])

const { port1, port2 } = new MessageChannel()
const message = await new Promise((resolve) => {
  port2.onmessage = ({ data }) => resolve(data)
  port1.postMessage(wrap(section, 'convey-on-queue', 7))
})
port1.close()
port2.close()
same([unwrap(jobs, message).conveyance.mask, message.data], [1, 7])

const headers = await fetchFrom(section, 'convey-on-queue', async (_, init) => init.headers)('a:')
same(readHeader(jobs, headers).mask, 1)

// Listeners, of a signal that a timer of the runtime aborts too.
const seen = await new Promise((resolve) => {
  listening(section, AbortSignal.timeout(1)).on('abort', () => resolve(current(jobs).mask))
  setTimeout(() => undefined, 50)
})
same(seen, 1)

console.log('core works here')
