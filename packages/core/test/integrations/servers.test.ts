/** fastify and express: a request's context from its header, its route and its hooks, passed on by fetch to the next service. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import fastify, { type FastifyRequest } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as forExpress from '../../src/adapters/express.js'
import * as forFastify from '../../src/adapters/fastify.js'
import { fetchFrom } from '../../src/adapters/fetch.js'
import { readHeader } from '../../src/adapters/http-header.js'
import { follow } from '../../src/follow.js'
import { Context, current } from '../../src/index.js'
import { jobsDomain } from '../jobs.js'
import { AsyncLocalStorage } from '../rivals/async-local-storage.mjs'

const jobs = jobsDomain()
const { NO_DISK, NO_NETWORK, NO_SPAWN } = jobs.flags
const format = (context: Context<'jobs'>) => jobs.format(context.mask)
const caller = new Context(jobs, { mask: NO_SPAWN })

/** The next service: it says under what it was asked. */
let next: Server
let url: string
beforeAll(async () => {
  next = createServer((request, response) => {
    const mask = readHeader(jobs, request.headers, { required: true })?.mask ?? 0
    response.end(jobs.format(jobs.from(mask)))
  }).listen(0, '127.0.0.1')
  await once(next, 'listening')
  url = `http://127.0.0.1:${(next.address() as AddressInfo).port}/`
})
afterAll(() => next.close())

async function ask(context: Context<'jobs'>): Promise<string> {
  const response = await fetchFrom(context, 'convey-on-queue', fetch)(url, { method: 'POST' })
  return response.text()
}

test('fetch passes on what it is given, in every form, and the restrictions', async () => {
  const seen: [unknown, Record<string, string>][] = []
  const spy = (input: unknown, init?: RequestInit) =>
    seen.push([input, Object.fromEntries(new Headers(init?.headers))])
  const request = fetchFrom(caller, 'convey-on-queue', spy)
  request(url, { headers: { a: '1' } })
  request(url, { headers: [['b', '2']] })
  request(new Request(url, { headers: { c: '3' } }))
  request(url)
  const scopemask = 'jobs/1/f77dde34/80000000'
  expect(seen.map(([, headers]) => headers)).toEqual([
    { a: '1', scopemask },
    { b: '2', scopemask },
    { c: '3', scopemask },
    { scopemask },
  ])
})

describe.each([false, true])('fastify, bridged: %s', (bridged) => {
  let app: ReturnType<typeof fastify>
  let bridge: Disposable | undefined
  beforeAll(async () => {
    if (bridged) bridge = follow(jobs, new AsyncLocalStorage<Context<'jobs'>>())
    app = fastify()
    await app.register(forFastify.scopemask(jobs, { mask: NO_DISK }))
    app.addHook('preHandler', async (request: FastifyRequest) => {
      if (request.url === '/hook') forFastify.restrict(request as never, NO_NETWORK, 'hook')
    })
    const handler = async (request: object) => {
      const context = (request as WithContext).scopemask
      await null
      if (bridged) expect(current(jobs).name).toBe(context.name)
      return `${format(context)} | ${await ask(context)}`
    }
    app.get('/plain', handler)
    app.get('/hook', handler)
    app.get('/route', { config: { restrict: NO_NETWORK } as object }, handler)
    app.get('/misspelt', { config: { restrict: undefined } as object }, handler)
  })
  afterAll(async () => {
    await app.close()
    bridge?.[Symbol.dispose]()
  })

  test.each([
    ['/plain', 'NO_DISK|NO_SPAWN'],
    ['/hook', 'NO_DISK|NO_NETWORK|NO_SPAWN'],
    ['/route', 'NO_DISK|NO_NETWORK|NO_SPAWN'],
  ])('%s has all restrictions, and passes them on', async (path, expected) => {
    const headers: Record<string, string> = { scopemask: 'jobs/1/f77dde34/80000000' }
    const { body } = await app.inject({ url: path, headers })
    expect(body).toBe(`${expected} | ${expected}`)
    const without = await app.inject({ url: '/plain' })
    expect(without.body).toBe('NO_DISK | NO_DISK')
  })

  test('answers 400 to a header that cannot be decoded, and 500 to a route that is wrong', async () => {
    const { statusCode, body } = await app.inject({ url: '/plain', headers: { scopemask: 'no' } })
    expect([statusCode, body]).toEqual([400, expect.stringContaining('(malformed)')])
    expect((await app.inject({ url: '/misspelt' })).statusCode).toBe(500)
  })
})

/** A request as handlers see it. */
type WithContext = forFastify.Restricted<'jobs'>

describe.each([false, true])('express, bridged: %s', (bridged) => {
  let server: Server
  let base: string
  let bridge: Disposable | undefined
  beforeAll(async () => {
    if (bridged) bridge = follow(jobs, new AsyncLocalStorage<Context<'jobs'>>())
    const app = express()
    app.use(forExpress.scopemask(jobs, { mask: NO_DISK }))
    app.use(express.json())
    const handler: express.RequestHandler = async (request, response) => {
      const context = (request as unknown as WithContext).scopemask
      await null
      if (bridged) expect(current(jobs).name).toBe(context.name)
      response.send(`${format(context)} | ${await ask(context)}`)
    }
    app.post('/plain', handler)
    app.post(
      '/route',
      forExpress.restricted(jobs, NO_NETWORK, 'route') as express.RequestHandler,
      handler,
    )
    server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.close()
    bridge?.[Symbol.dispose]()
  })

  test.each([
    ['/plain', 'NO_DISK|NO_SPAWN'],
    ['/route', 'NO_DISK|NO_NETWORK|NO_SPAWN'],
  ])(
    '%s has all restrictions after the body was read, and passes them on',
    async (path, expected) => {
      const init = {
        method: 'POST',
        body: '{"a":1}',
        headers: { 'content-type': 'application/json' },
      }
      const response = await fetchFrom(caller, 'convey-on-queue', fetch)(`${base}${path}`, init)
      expect(await response.text()).toBe(`${expected} | ${expected}`)
    },
  )

  test('answers 400 to a header that cannot be decoded', async () => {
    const response = await fetch(`${base}/plain`, { method: 'POST', headers: { scopemask: 'no' } })
    expect(response.status).toBe(400)
  })

  test('refuses a misspelt route when it is defined', () => {
    expect(() => forExpress.restricted(jobs, undefined as never)).toThrow('misspelt')
  })
})
