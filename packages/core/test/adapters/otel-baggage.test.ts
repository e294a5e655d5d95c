/** Baggage, with OpenTelemetry's own implementation and through its own propagator. */
import { type Baggage, defaultTextMapGetter, propagation, ROOT_CONTEXT } from '@opentelemetry/api'
import { W3CBaggagePropagator } from '@opentelemetry/core'
import { describe, expect, test } from 'vitest'
import { readBaggage, writeBaggage } from '../../src/adapters/otel-baggage.js'
import { ConveyanceError } from '../../src/index.js'
import { DecodeError } from '../../src/remote.js'
import { Task } from '../../src/task.js'
import { jobsDomain } from '../jobs.js'

const jobs = jobsDomain()
const context = new Task(jobs, { mask: jobs.mask('NO_DISK', 'NO_SPAWN', 'URGENT') })

/** What arrives in another process. */
function propagated(baggage: Baggage): Baggage | undefined {
  const propagator = new W3CBaggagePropagator()
  const carrier: Record<string, string> = {}
  propagator.inject(propagation.setBaggage(ROOT_CONTEXT, baggage), carrier, {
    set: (_, key, value) => {
      carrier[key] = value
    },
  })
  return propagation.getBaggage(propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter))
}

describe('the baggage entry', () => {
  test('goes along with the trace, beside others', () => {
    const before = propagation.createBaggage({ user: { value: 'a' } })
    const baggage: Baggage = writeBaggage(before, context, 'convey-on-queue')
    expect(before.getEntry('scopemask')).toBeUndefined()
    const arrived = propagated(baggage)
    if (arrived === undefined) throw new Error('nothing arrived')
    expect(arrived.getEntry('user')?.value).toBe('a')
    expect(readBaggage(jobs, arrived)?.mask).toBe(0x80000001)
  })

  test('may be absent', () => {
    expect(readBaggage(jobs, propagation.createBaggage())).toBeNull()
    expect(readBaggage(jobs, undefined)).toBeUndefined()
    for (const baggage of [undefined, propagation.createBaggage()]) {
      expect(() => readBaggage(jobs, baggage, { required: true })).toThrow(/baggage.*\(missing\)/)
    }
  })

  test('may have another key', () => {
    const baggage = writeBaggage(propagation.createBaggage(), context, 'convey-on-queue', 'jobs')
    expect(readBaggage(jobs, baggage)).toBeNull()
    expect(readBaggage(jobs, baggage, { key: 'jobs' })?.mask).toBe(0x80000001)
  })

  test('is replaced by its own domain only', () => {
    const other = propagation.createBaggage({ scopemask: { value: 'tasks/1/1' } })
    expect(() => writeBaggage(other, context, 'convey-on-queue')).toThrow(
      new ConveyanceError(
        'the entry scopemask carries another conveyance: jobs needs a key of its own',
      ),
    )
    const own = propagation.createBaggage({ scopemask: { value: 'jobs/1/f77dde34/2' } })
    expect(readBaggage(jobs, writeBaggage(own, context, 'none'))?.mask).toBe(0)
  })

  test('is refused when it is not exactly a conveyance of this domain', () => {
    for (const value of ['tasks/1/1', 'jobs/1/f77dde34/101', '', 'jobs%2F1%2F1']) {
      const baggage = propagation.createBaggage({ scopemask: { value } })
      expect(() => readBaggage(jobs, baggage)).toThrow(DecodeError)
    }
  })
})
