/** Streams and iterators: their functions and steps are in the context, whoever asks for the next chunk. */
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, test } from 'vitest'
import { bindMethods, iterate } from '../../src/adapters/streams.js'
import { Context, current, currentOrUndefined } from '../../src/index.js'
import { jobsDomain } from '../jobs.js'

function setUp() {
  const jobs = jobsDomain()
  const restricted = new Context(jobs, { mask: jobs.flags.NO_DISK })
  const look = () => jobs.format(current(jobs).mask)
  return { jobs, restricted, look }
}

test('a stream of Node that is returned from its section', async () => {
  const { jobs, look } = setUp()
  const stream = new Context(jobs).run(jobs.flags.NO_DISK, (section) =>
    Readable.from(['a', 'b']).pipe(
      new Transform(
        bindMethods(section, {
          objectMode: true,
          transform(chunk: unknown, _: unknown, done: (error: null, chunk: string) => void) {
            done(null, `${chunk} ${look()}`)
          },
          flush(this: Transform, done: () => void) {
            this.push(look())
            done()
          },
        }),
      ),
    ),
  )
  const chunks: unknown[] = []
  await pipeline(stream, async (source) => {
    for await (const chunk of source) chunks.push(chunk)
  })
  expect(chunks).toEqual(['a NO_DISK', 'b NO_DISK', 'NO_DISK'])
})

test('web streams', async () => {
  const { restricted, look } = setUp()
  let left = 2
  const stream = new ReadableStream<string>(
    bindMethods(restricted, {
      pull(controller: ReadableStreamDefaultController<string>) {
        if (left-- > 0) controller.enqueue(look())
        else controller.close()
      },
    }),
    { highWaterMark: 0 },
  ).pipeThrough(
    new TransformStream<string, string>(
      bindMethods(restricted, {
        transform(chunk: string, controller: TransformStreamDefaultController<string>) {
          controller.enqueue(`${chunk}, ${look()}`)
        },
      }),
    ),
  )
  const chunks: string[] = []
  for await (const chunk of stream) chunks.push(chunk)
  expect(chunks).toEqual(['NO_DISK, NO_DISK', 'NO_DISK, NO_DISK'])
})

describe('an iterator', () => {
  test('is in the context in each step, asynchronous or not', async () => {
    const { jobs, restricted, look } = setUp()
    async function* asynchronous() {
      yield look()
      yield look()
    }
    function* plain() {
      yield look()
    }
    const seen: unknown[] = []
    for await (const item of iterate(restricted, asynchronous())) {
      seen.push(item, currentOrUndefined(jobs))
    }
    for await (const item of iterate(restricted, plain())) seen.push(item)
    expect(seen).toEqual(['NO_DISK', undefined, 'NO_DISK', undefined, 'NO_DISK'])
  })

  test('is ended by a loop that is left', async () => {
    const { restricted } = setUp()
    let ended = false
    function* plain() {
      try {
        yield 1
        yield 2
      } finally {
        ended = true
      }
    }
    for await (const _ of iterate(restricted, plain())) break
    expect(ended).toBe(true)
    for await (const item of iterate(restricted, [1])) expect(item).toBe(1)
    expect(await iterate(restricted, [1]).return?.()).toEqual({ done: true, value: undefined })
  })
})
