/** The wire form between services that are not quite the same: other flags, other versions, lost and disguised headers. */
import { describe, expect, test } from 'vitest'
import { readHeader } from '../src/adapters/http-header.js'
import { revive } from '../src/adapters/message-port.js'
import { Context, contextFrom, convey, defineDomain } from '../src/index.js'
import { acceptEarlier, DecodeError, decode, encode } from '../src/remote.js'

const restrictions = { READ_ONLY: 0, NO_MAIL: 1 }
const service = defineDomain({ name: 'svc', version: 1, restrictions })
const header = encode(
  convey(new Context(service, { mask: service.flags.READ_ONLY }), 'convey-on-queue'),
)

/** Why something is refused. */
function reasonOf(decode: () => unknown): string {
  try {
    decode()
  } catch (error) {
    if (error instanceof DecodeError) return error.reason
    throw error
  }
  return 'taken'
}

describe('a service whose flags are others', () => {
  test('with the same version is refused, not misread', () => {
    for (const restrictions of [
      { READ_ONLY: 1, NO_MAIL: 0 },
      { READ_ONLY: 0 },
      { READ_ONLY: 0, NO_MAIL: 1, NO_DISK: 2 },
      { WRITE_ONLY: 0, NO_MAIL: 1 },
    ]) {
      const other = defineDomain({
        name: 'svc',
        version: 1,
        restrictions: { ...restrictions } as { READ_ONLY: number },
      })
      expect(reasonOf(() => decode(other, header))).toBe('other-flags')
      expect(
        reasonOf(() => decode(other, JSON.parse(JSON.stringify(decode(service, header))))),
      ).toBe('other-flags')
    }
  })

  test('may have other grants and another order: only restrictions travel', () => {
    const other = defineDomain({
      name: 'svc',
      version: 1,
      restrictions: { NO_MAIL: 1, READ_ONLY: 0 },
      grants: { URGENT: 7 },
    })
    expect(reasonOf(() => decode(other, header))).toBe('taken')
  })
})

describe('a job that was queued before a deploy', () => {
  const today = defineDomain({
    name: 'svc',
    version: 3,
    restrictions: { NO_MAIL: 0, NO_SMS: 1, NO_WRITE: 2 },
  })
  acceptEarlier(today, {
    version: 1,
    restrictions,
    now: { READ_ONLY: 'NO_WRITE', NO_MAIL: ['NO_MAIL', 'NO_SMS'] },
  })
  acceptEarlier(today, { version: 2, restrictions: { NO_MAIL: 5, NO_WRITE: 31 } })

  test('runs under what its restrictions mean now', () => {
    expect(`${contextFrom(today, decode(today, header), { name: 'job' })}`).toBe('job: NO_WRITE')
    const both = encode(
      convey(
        new Context(service, { mask: service.mask('READ_ONLY', 'NO_MAIL') }),
        'convey-on-queue',
      ),
    )
    const conveyance = decode(today, both)
    expect(today.format(today.from(conveyance.mask))).toBe('NO_MAIL|NO_SMS|NO_WRITE')
    expect(conveyance.version).toBe(3)
    const second = defineDomain({
      name: 'svc',
      version: 2,
      restrictions: { NO_MAIL: 5, NO_WRITE: 31 },
    })
    const queued = convey(new Context(second, { mask: second.flags.NO_WRITE }), 'convey-on-queue')
    expect(today.format(today.from(decode(today, { ...queued }).mask))).toBe('NO_WRITE')
  })

  test('is refused where its version, its flags or its bits are unknown', () => {
    const [, , flags] = header.split('/')
    expect(reasonOf(() => decode(today, `svc/4/${flags}/1`))).toBe('wrong-version')
    expect(reasonOf(() => decode(today, 'svc/1/00000000/1'))).toBe('other-flags')
    expect(reasonOf(() => decode(today, `svc/1/${flags}/5`))).toBe('unknown-bits')
  })

  test.each([
    [{ version: 1, restrictions: { GONE: 0 } }, 'GONE of svc/1 means GONE now'],
    [{ version: 1, restrictions: { NO_MAIL: 0 }, now: { NO_MAIL: [] } }, 'NO_MAIL of svc/1 means'],
    [
      { version: 1, restrictions: { NO_MAIL: 0 }, now: { NO_MIAL: 'NO_MAIL' as const } },
      'NO_MIAL of svc/1',
    ],
    [{ version: 2, restrictions: { NO_MAIL: 0 } }, 'version 2 of svc is taken'],
    [{ version: 1, restrictions: { NO_MAIL: 32 } }, 'bit 32 is taken or not 0 to 31'],
  ])('cannot lose a restriction by the definition: %j', (earlier, message) => {
    const domain = defineDomain({ name: 'svc', version: 2, restrictions: { NO_MAIL: 0 } })
    const define = () => acceptEarlier(domain, earlier)
    expect(define).toThrow(RangeError)
    expect(define).toThrow(message)
  })
})

describe('a header', () => {
  test('that is not plain data is refused, never taken as absent', () => {
    const accessor = Object.defineProperty({}, 'scopemask', { get: () => header, enumerable: true })
    const hidden = Object.defineProperty({}, 'Scopemask', { value: header })
    const inherited = Object.create({ scopemask: header })
    const array = { scopemask: Object.defineProperty([], 0, { get: () => header }) }
    expect(reasonOf(() => readHeader(service, accessor))).toBe('malformed')
    expect(reasonOf(() => readHeader(service, inherited))).toBe('malformed')
    expect(reasonOf(() => readHeader(service, array as never))).toBe('malformed')
    expect(readHeader(service, hidden)?.mask).toBe(1)
  })

  test('that is required is an error when it is missing', () => {
    expect(readHeader(service, {})).toBeUndefined()
    expect(reasonOf(() => readHeader(service, {}, { required: true }))).toBe('missing')
    expect(reasonOf(() => readHeader(service, new Headers(), { required: true }))).toBe('missing')
  })
})

describe('a DecodeError', () => {
  const error = (() => {
    try {
      return decode(service, 'svc/9/00000000/1')
    } catch (error) {
      return error
    }
  })()

  test('suggests the status 400', () => {
    expect(error).toMatchObject({ name: 'DecodeError', status: 400, statusCode: 400 })
  })

  test('has its class again after it crossed threads', () => {
    const clone = structuredClone(error)
    expect(clone).not.toBeInstanceOf(DecodeError)
    const revived = revive(clone)
    expect(revived).toBeInstanceOf(DecodeError)
    expect(revived).toMatchObject({
      reason: 'wrong-version',
      status: 400,
      message: (error as Error).message,
      cause: clone,
    })
    for (const other of [error, new Error('mine'), 'text', undefined]) {
      expect(revive(other)).toBe(other)
    }
  })
})
