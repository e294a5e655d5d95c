/** The HTTP header, on real requests through Node's http and fetch, and on whatever else holds headers. */
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readHeader, writeHeader } from '../../src/adapters/http-header.js'
import type { RemotePolicy } from '../../src/adapters/job.js'
import { ConveyanceError, type Policy } from '../../src/index.js'
import { DecodeError, encode } from '../../src/remote.js'
import { Task } from '../../src/task.js'
import { eventsOf, jobsDomain } from '../jobs.js'

const jobs = jobsDomain()
const context = new Task(jobs, { name: 'task', mask: jobs.mask('NO_DISK', 'URGENT') })

/** A server that answers with the conveyance that it read, in its own header, or with why it could not. */
const server = createServer((incoming: IncomingMessage, response) => {
  try {
    const conveyance = readHeader(jobs, incoming.headers)
    response.end(conveyance === undefined ? 'none' : encode(conveyance))
  } catch (thrown) {
    response.statusCode = 400
    response.end(`${(thrown as DecodeError).reason}`)
  }
})
const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => new Promise((resolve) => server.close(resolve)))

describe('over the wire', () => {
  test('from fetch to Node', async () => {
    const headers = new Headers()
    writeHeader(headers, context, 'convey-on-queue')
    expect(await (await fetch(address(), { headers })).text()).toBe('jobs/1/f77dde34/1')
    expect(await (await fetch(address())).text()).toBe('none')
  })

  test('from a record to Node', async () => {
    const headers: Record<string, string> = { accept: '*/*' }
    writeHeader(headers, context, 'convey-on-queue')
    expect(await (await fetch(address(), { headers })).text()).toBe('jobs/1/f77dde34/1')
  })

  test('from Node to Node', async () => {
    const text = await new Promise((resolve, reject) => {
      const outgoing = request(address(), (response) => {
        response.setEncoding('utf8').on('data', resolve)
      })
      outgoing.on('error', reject)
      writeHeader(outgoing, context, 'convey-on-queue')
      outgoing.end()
    })
    expect(text).toBe('jobs/1/f77dde34/1')
  })

  test('several headers are refused', async () => {
    const headers = new Headers()
    headers.append('scopemask', 'jobs/1/f77dde34/1')
    headers.append('scopemask', 'jobs/1/f77dde34/0')
    expect(await (await fetch(address(), { headers })).text()).toBe('malformed')
  })

  test('what is too long, or of another domain, is refused', async () => {
    const answer = async (scopemask: string) =>
      (await fetch(address(), { headers: { scopemask } })).text()
    expect(await answer('x'.repeat(4000))).toBe('oversize')
    expect(await answer('tasks/1/f77dde34/1')).toBe('wrong-domain')
    expect(await answer('jobs/1/f77dde34/101')).toBe('not-conveyable')
  })
})

describe('reading', () => {
  test('finds the header in any case, alone or as the only one of its name', () => {
    for (const headers of [
      { scopemask: 'jobs/1/f77dde34/1' },
      { Scopemask: 'jobs/1/f77dde34/1' },
      { SCOPEMASK: ['jobs/1/f77dde34/1'] },
      { scopemask: 'jobs/1/f77dde34/1', Scopemask: undefined },
      new Headers({ ScopeMask: 'jobs/1/f77dde34/1' }),
      new Map([['scopemask', 'jobs/1/f77dde34/1']]),
    ]) {
      expect(readHeader(jobs, headers)?.mask).toBe(1)
    }
  })

  test('finds nothing where nothing is', () => {
    for (const headers of [{}, new Headers(), { scopemask: undefined }, { scopemask: [] }]) {
      expect(readHeader(jobs, headers)).toBeUndefined()
    }
  })

  test('refuses several, and what is no text', () => {
    const two = 'this is not a conveyance of jobs: 2 headers scopemask (malformed)'
    expect(() =>
      readHeader(jobs, { scopemask: ['jobs/1/f77dde34/1', 'jobs/1/f77dde34/1'] }),
    ).toThrow(two)
    expect(() =>
      readHeader(jobs, { scopemask: 'jobs/1/f77dde34/1', SCOPEMASK: 'jobs/1/f77dde34/1' }),
    ).toThrow(two)
    const none = undefined as unknown as string
    expect(() => readHeader(jobs, { scopemask: [none, 'jobs/1/f77dde34/1'] })).toThrow(two)
    expect(() => readHeader(jobs, { scopemask: [none] })).toThrow('is not text')
    expect(() => readHeader(jobs, { scopemask: 3 })).toThrow(
      'this is not a conveyance of jobs: the header scopemask is not text (malformed)',
    )
    expect(() => readHeader(jobs, { scopemask: '' })).toThrow(DecodeError)
  })

  test('takes another name', () => {
    expect(readHeader(jobs, { 'x-Jobs': 'jobs/1/f77dde34/1' }, { name: 'X-jobs' })?.mask).toBe(1)
    expect(readHeader(jobs, { scopemask: 'jobs/1/f77dde34/1' }, { name: 'x-jobs' })).toBeUndefined()
  })
})

describe('writing', () => {
  test('replaces what it wrote before, in any case', () => {
    const record: Record<string, string> = {
      Scopemask: 'jobs/1/f77dde34/2',
      SCOPEMASK: 'jobs/1/f77dde34/2',
    }
    writeHeader(record, context, 'convey-on-queue')
    expect(record).toEqual({ Scopemask: 'jobs/1/f77dde34/1' })
    const headers = new Headers({ scopemask: 'jobs/1/f77dde34/2' })
    writeHeader(headers, context, 'convey-on-queue')
    expect(headers.get('scopemask')).toBe('jobs/1/f77dde34/1')
  })

  test("does not replace another domain's: that would be a silent drop", () => {
    const message = 'the header scopemask carries another conveyance: jobs needs a name of its own'
    const record: Record<string, string> = { Scopemask: 'tasks/1/f77dde34/2' }
    expect(() => writeHeader(record, context, 'convey-on-queue')).toThrow(
      new ConveyanceError(message),
    )
    expect(record).toEqual({ Scopemask: 'tasks/1/f77dde34/2' })
    const headers = new Headers({ scopemask: 'tasks/1/f77dde34/2' })
    expect(() => writeHeader(headers, context, 'convey-on-queue')).toThrow(message)
    writeHeader(headers, context, 'convey-on-queue', 'scopemask-jobs')
    expect(headers.get('scopemask-jobs')).toBe('jobs/1/f77dde34/1')
  })

  test('says what is dropped', () => {
    const events = eventsOf(jobs)
    const record: Record<string, string> = {}
    writeHeader(record, context, 'none')
    expect(record).toEqual({ scopemask: 'jobs/1/f77dde34/0' })
    expect(events).toEqual(['drop task "http-header" NO_DISK'])
  })

  test('knows that nobody inherits in another process', () => {
    const policy: Policy = 'inherit-on-wait'
    expect(() => writeHeader({}, context, policy as RemotePolicy)).toThrow(
      new ConveyanceError(
        'inherit-on-wait: http-header leaves the process, where nobody can inherit',
      ),
    )
  })
})
