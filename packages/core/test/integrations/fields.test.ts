/** What loggers and tracers show of a context. */
import { Writable } from 'node:stream'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import winston from 'winston'
import { logFields, spanAttributes } from '../../src/adapters/fields.js'
import { Context } from '../../src/index.js'
import { jobsDomain } from '../jobs.js'

const jobs = jobsDomain()
const context = new Context(jobs, { name: 'request-17', mask: jobs.mask('NO_DISK', 'NO_SPAWN') })
const expected = { domain: 'jobs', context: 'request-17', flags: ['NO_DISK', 'NO_SPAWN'] }

/** A stream that keeps the lines of JSON that are written. */
function lines(): { readonly stream: Writable; readonly parsed: unknown[] } {
  const parsed: unknown[] = []
  const stream = new Writable({
    write(chunk, _, done) {
      parsed.push(JSON.parse(`${chunk}`))
      done()
    },
  })
  return { stream, parsed }
}

test('pino', () => {
  const { stream, parsed } = lines()
  pino({ mixin: () => logFields(context) }, stream).info('hello')
  expect(parsed).toMatchObject([{ msg: 'hello', scopemask: expected }])
})

test('winston', async () => {
  const { stream, parsed } = lines()
  const transports = [new winston.transports.Stream({ stream })]
  winston.createLogger({ defaultMeta: logFields(context), transports }).info('hello')
  await new Promise((resolve) => setImmediate(resolve))
  expect(parsed).toMatchObject([{ message: 'hello', scopemask: expected }])
})

test('OpenTelemetry spans', () => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const span = provider.getTracer('test').startSpan('work')
  span.setAttributes(spanAttributes(context)).end()
  expect(exporter.getFinishedSpans()[0]?.attributes).toEqual({
    'scopemask.domain': 'jobs',
    'scopemask.context': 'request-17',
    'scopemask.flags': ['NO_DISK', 'NO_SPAWN'],
  })
  expect(spanAttributes(new Context(jobs, { name: 'free' }))['scopemask.flags']).toEqual([])
})
