/** Listeners: they run in the context that registered them, whoever fires, and go by the original function. */
import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { listening } from '../../src/adapters/events.js'
import { Context, current, currentOrUndefined } from '../../src/index.js'
import { jobsDomain } from '../jobs.js'

function setUp() {
  const jobs = jobsDomain()
  const restricted = new Context(jobs, { mask: jobs.flags.NO_DISK })
  const seen: string[] = []
  const listener = () => void seen.push(jobs.format(current(jobs).mask))
  return { jobs, restricted, other: new Context(jobs), seen, listener }
}

describe('an EventEmitter', () => {
  test('calls a listener in the context that registered it', () => {
    const { jobs, restricted, other, seen, listener } = setUp()
    const emitter = new EventEmitter()
    listening(restricted, emitter).on('event', listener)
    other.run(jobs.flags.NO_NETWORK, () => emitter.emit('event'))
    expect(seen).toEqual(['NO_DISK'])
  })

  test('removes it by the original function, of its own accord too', () => {
    const { restricted, seen, listener } = setUp()
    const emitter = new EventEmitter()
    const events = listening(restricted, emitter)
    events.on('event', listener).on('event', listener)
    emitter.off('event', listener)
    emitter.emit('event')
    expect(seen).toHaveLength(1)
    events.off('event', listener)
    emitter.emit('event')
    expect(seen).toHaveLength(1)
    expect(emitter.listenerCount('event')).toBe(0)
    events.off('event', () => undefined)
  })

  test('passes on what it calls a listener with, and on', () => {
    const { restricted } = setUp()
    const emitter = new EventEmitter()
    const got: unknown[] = []
    listening(restricted, emitter).on('event', function (this: unknown, ...args: number[]) {
      got.push(this, ...args)
    })
    emitter.emit('event', 1, 2)
    expect(got).toEqual([emitter, 1, 2])
  })
})

describe('an EventTarget', () => {
  test('calls a listener in the context that registered it, once however often it was added', () => {
    const { restricted, seen, listener } = setUp()
    const target = new EventTarget()
    const events = listening(restricted, target).on('event', listener).on('event', listener)
    target.dispatchEvent(new Event('event'))
    expect(seen).toEqual(['NO_DISK'])
    events.off('event', listener)
    target.dispatchEvent(new Event('event'))
    expect(seen).toEqual(['NO_DISK'])
  })

  test('is an AbortSignal too, whoever aborts, and whenever', async () => {
    const { restricted, seen, listener, jobs } = setUp()
    const controller = new AbortController()
    listening(restricted, controller.signal).on('abort', listener)
    controller.abort()
    const signal = AbortSignal.timeout(1)
    await new Promise<void>((resolve) => {
      listening(restricted, signal).on('abort', () => {
        listener()
        resolve()
      })
    })
    expect(seen).toEqual(['NO_DISK', 'NO_DISK'])
    expect(currentOrUndefined(jobs)).toBeUndefined()
  })
})
