/**
 * Hostile input at every decoder: a DecodeError, or a conveyance whose adoption adds restrictions of the domain
 * and nothing else. Never another error, never less than before.
 */
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { readHeader } from '../src/adapters/http-header.js'
import { processor } from '../src/adapters/job.js'
import { unwrap } from '../src/adapters/message-port.js'
import { readBaggage } from '../src/adapters/otel-baggage.js'
import { adopt, type Conveyance } from '../src/index.js'
import { DecodeError, decode } from '../src/remote.js'
import { Task } from '../src/task.js'
import { jobsDomain } from './jobs.js'

const jobs = jobsDomain()

/** Each decoder, given the input where it is most exposed to it, and around that. */
const decoders: Record<string, (input: unknown) => Conveyance<'jobs'> | null | undefined> = {
  decode: (input) => decode(jobs, input),
  'unwrap the envelope': (input) => unwrap(jobs, input).conveyance,
  'unwrap the conveyance': (input) => unwrap(jobs, { scopemask: input, data: 1 }).conveyance,
  'process the job': (input) => {
    let mask = jobs.mask()
    processor(jobs, (context) => void (mask = context.mask))({ data: input })
    return decode(jobs, { domain: 'jobs', version: 1, flags: 'f77dde34', mask: mask >>> 0 })
  },
  'read the headers': (input) => readHeader(jobs, input as Record<string, string>),
  'read the header': (input) => readHeader(jobs, { scopemask: input as string }),
  'read the header by get': (input) => readHeader(jobs, { get: () => input as string }),
  'read the baggage': (input) => readBaggage(jobs, input as { getEntry(): undefined }),
  'read the baggage entry': (input) => readBaggage(jobs, { getEntry: () => input as undefined }),
  'read the baggage value': (input) =>
    readBaggage(jobs, { getEntry: () => ({ value: input as string }) }),
}

/** Checks the promise above for one input. */
function check(
  decoder: (input: unknown) => Conveyance<'jobs'> | null | undefined,
  input: unknown,
): void {
  let conveyance: Conveyance<'jobs'> | null | undefined
  try {
    conveyance = decoder(input)
  } catch (thrown) {
    if (!(thrown instanceof DecodeError)) throw new Error('not a DecodeError', { cause: thrown })
    if (thrown.message.length > 300) throw new Error('the message repeats the input')
    return
  }
  if (!conveyance) return
  const before = jobs.mask('NO_NETWORK', 'RESERVES')
  const worker = new Task(jobs, { mask: before })
  using _ = adopt(worker, conveyance)
  if (!worker.hasAll(before)) throw new Error('something was lifted')
  if (worker.mask & ~before & ~jobs.restrictions) throw new Error('more than restrictions')
}

/** Nearly right: what is valid, with parts replaced by anything. */
const field = fc.oneof(
  fc.constantFrom<unknown>(
    'jobs',
    1,
    3,
    0x80000001,
    0x101,
    4,
    -0,
    -1,
    1.5,
    Number.NaN,
    2 ** 32,
    '3',
  ),
  fc.anything(),
)
const nearData = fc.record({ domain: field, version: field, mask: field }, { requiredKeys: [] })
const nearText = fc
  .tuple(
    fc.constantFrom('jobs', 'Jobs', 'tasks', '', 'jobs/1', '__proto__'),
    fc.constantFrom('1', '01', '2', '-1', '65536', '1e0', ''),
    fc.constantFrom('0', '3', '103', '10000', '80000001', 'FFFFFFFF', 'ffffffff', '100000000', ''),
    fc.constantFrom('', ' ', ',', '\n', '\0', '/', ', jobs/1/f77dde34/0'),
  )
  .map(([domain, version, mask, end]) => `${domain}/${version}/${mask}${end}`)
const bytes = fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.from(data).toString('latin1'))
const text = fc.oneof(nearText, bytes, fc.string({ unit: 'binary', maxLength: 300 }))
const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
})
const enveloped = fc.record(
  { scopemask: fc.oneof(text, nearData, anything), data: anything, extra: anything },
  { requiredKeys: ['scopemask'] },
)
const input = fc.oneof(text, nearData, enveloped, anything)

/** Makes a proxy of something valid, some of whose traps throw or lie. */
const trapped = fc
  .record({
    target: fc.constantFrom<object>(
      { domain: 'jobs', version: 1, flags: 'f77dde34', mask: 3 },
      { scopemask: 'jobs/1/f77dde34/3', data: 1 },
      { scopemask: 'jobs/1/f77dde34/3' },
      ['jobs/1/f77dde34/3'],
      () => 'jobs/1/f77dde34/3',
    ),
    traps: fc.uniqueArray(
      fc.constantFrom(
        'get',
        'has',
        'ownKeys',
        'getOwnPropertyDescriptor',
        'getPrototypeOf',
        'isExtensible',
        'apply',
      ),
    ),
    // No sparse arrays here: the engine itself walks over what a trap returns, all 4 billion of it.
    returns: fc.option(fc.oneof(fc.anything(), fc.constantFrom(['domain', 'version', 'mask'])), {
      nil: undefined,
    }),
    thrown: fc.constantFrom<unknown>(new Error('mine'), undefined, 3, new RangeError(), 'hostile'),
    throws: fc.boolean(),
  })
  .map(({ target, traps, returns, thrown, throws }) => {
    const trap = () => {
      if (throws) throw thrown
      return returns
    }
    return () => new Proxy(target, Object.fromEntries(traps.map((name) => [name, trap])))
  })

describe.each(Object.entries(decoders))('%s', (_, decoder) => {
  test('survives anything', () => {
    fc.assert(
      fc.property(input, (value) => check(decoder, value)),
      { numRuns: 200 },
    )
  })

  test('survives proxies', () => {
    fc.assert(
      fc.property(trapped, (make) => check(decoder, make())),
      { numRuns: 200 },
    )
  })

  test('survives what cannot even be looked at', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    check(decoder, proxy)
    const throwing = new Proxy(
      {},
      {
        ownKeys() {
          throw proxy
        },
        has() {
          throw proxy
        },
        get() {
          throw proxy
        },
        getOwnPropertyDescriptor() {
          throw proxy
        },
      },
    )
    check(decoder, throwing)
    const recursive: unknown = new Proxy(
      {},
      {
        ownKeys: () => Reflect.ownKeys(recursive as object),
        has: () => Reflect.has(recursive as object, 'get'),
        get: () => Reflect.get(recursive as object, 'get'),
      },
    )
    check(decoder, recursive)
  })

  test('survives what is huge', () => {
    check(decoder, 'jobs/1/f77dde34/3'.repeat(1e5))
    check(decoder, 'x'.repeat(1e6))
    check(decoder, new Array(1e5).fill('jobs/1/f77dde34/3'))
    check(decoder, new Array(2 ** 32 - 1))
    check(decoder, { scopemask: new Array(2 ** 32 - 1), data: 1 })
    check(decoder, Object.fromEntries(Array.from({ length: 1e4 }, (_, i) => [`${i}`, i])))
    check(decoder, { domain: 'j'.repeat(1e6), version: 1, flags: 'f77dde34', mask: 3 })
    check(decoder, { scopemask: 'j'.repeat(1e6), data: 'x'.repeat(1e6) })
  })

  test('calls no getter of plain objects', () => {
    const called: string[] = []
    const getters = (names: readonly string[]) =>
      Object.defineProperties(
        {},
        Object.fromEntries(
          names.map((name) => [
            name,
            {
              enumerable: true,
              get() {
                called.push(name)
                throw new Error('mine')
              },
            },
          ]),
        ),
      )
    check(decoder, getters(['domain', 'version', 'mask']))
    check(decoder, getters(['scopemask', 'data']))
    expect(called).toEqual([])
  })
})

describe('with a polluted Object.prototype', () => {
  const pollution: Record<string, unknown> = {
    domain: 'jobs',
    version: 1,
    mask: 3,
    scopemask: 'jobs/1/f77dde34/3',
    data: 1,
    value: 'jobs/1/f77dde34/3',
    writable: true,
  }

  afterEach(() => {
    for (const name of Object.keys(pollution)) Reflect.deleteProperty(Object.prototype, name)
  })

  test.each(Object.entries(decoders))('%s takes nothing from it', (_, decoder) => {
    const missing: unknown[] = [
      {},
      { version: 1, flags: 'f77dde34', mask: 3 },
      { data: 1 },
      Object.defineProperty({}, 'scopemask', { get: () => 'jobs/1/f77dde34/3', enumerable: true }),
      Object.defineProperty({ domain: 'jobs', version: 1 }, 'mask', { get: () => 3 }),
    ]
    Object.assign(Object.prototype, pollution)
    const results = missing.map((input) => {
      try {
        return decoder(input)
      } catch (thrown) {
        return thrown instanceof DecodeError ? undefined : thrown
      }
    })
    for (const name of Object.keys(pollution)) Reflect.deleteProperty(Object.prototype, name)
    expect(results).toEqual(missing.map(() => undefined))
  })
})
