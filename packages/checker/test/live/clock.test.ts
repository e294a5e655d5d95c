/** Virtual time: events in their order, tasks, resources. */
import { array, assert, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Clock, Live, Resource, WAIT } from '../../src/live.js'

describe('a clock', () => {
  it('lets events happen by their times, and those of the same time as they were made', () => {
    assert(
      property(array(integer({ min: 0, max: 20 }), { maxLength: 300 }), (times) => {
        const clock = new Clock()
        const seen: number[] = []
        for (const [index, time] of times.entries()) {
          clock.at(time, (argument) => seen.push(argument), index)
        }
        clock.runUntil(30)
        const expected = times
          .map((time, index) => ({ time, index }))
          .sort((a, b) => a.time - b.time || a.index - b.index)
          .map(({ index }) => index)
        expect(seen).toEqual(expected)
        expect(clock.now).toBe(30)
        expect(clock.pending).toBe(0)
      }),
    )
  })

  it('lets events that events make happen in the same order, those of this very moment too', () => {
    // Each event makes the next of the list, so much later.
    const program = array(array(integer({ min: 0, max: 3 }), { maxLength: 4 }), { maxLength: 60 })
    assert(
      property(program, (makes) => {
        const clock = new Clock()
        const seen: number[] = []
        const made: { readonly time: number; readonly index: number }[] = []
        let next = 0
        const make = (time: number): void => {
          made.push({ time, index: next })
          clock.at(time, happens, next++)
        }
        const happens = (index: number): void => {
          seen.push(index)
          for (const later of makes[index] ?? []) if (next < 200) make(clock.now + later)
        }
        make(0)
        make(1)
        expect(clock.pending).toBe(2)
        while (clock.step())
          if (clock.pending > 0) expect(clock.next).toBeGreaterThanOrEqual(clock.now)
        const expected = made.sort((a, b) => a.time - b.time || a.index - b.index)
        expect(seen).toEqual(expected.map(({ index }) => index))
      }),
    )
  })

  it('goes to the times of events that others make', () => {
    const clock = new Clock()
    const times: number[] = []
    const again = (left: number): void => {
      times.push(clock.now)
      if (left > 0) clock.at(clock.now + left, again, left - 1)
    }
    clock.at(5, again, 3)
    clock.runUntil(9)
    expect(times).toEqual([5, 8])
    expect(clock.next).toBe(10)
    clock.runUntil(100)
    expect(times).toEqual([5, 8, 10, 11])
  })

  it('takes no time that has passed', () => {
    const clock = new Clock()
    clock.runUntil(10)
    expect(() => clock.at(9, () => {})).toThrow(new RangeError('9 has passed: it is 10'))
    expect(() => clock.at(Number.NaN, () => {})).toThrow(RangeError)
  })
})

describe('live tasks', () => {
  it('wait for a resource in the order in which they came', () => {
    const live = new Live()
    const machine = new Resource(1)
    const log: string[] = []
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      live.spawn(name, function* (task) {
        yield index
        if (!machine.take(task)) yield WAIT
        log.push(`${name} at ${live.clock.now}`)
        yield 10
        machine.give()
      })
    }
    expect(live.run(100)).toEqual([])
    expect(log).toEqual(['a at 0', 'b at 10', 'c at 20'])
    expect(machine.free).toBe(1)
  })

  it('that nobody can wake any more are found', () => {
    const live = new Live()
    const machine = new Resource(1)
    live.spawn('keeps it', function* (task) {
      if (!machine.take(task)) yield WAIT
      yield 1
    })
    live.spawn('waits', function* (task) {
      if (!machine.take(task)) yield WAIT
    })
    expect(live.run(10).map(({ name }) => name)).toEqual(['waits'])
  })

  it('that have ended leave nothing behind', () => {
    const live = new Live()
    const names: string[] = []
    const first = live.spawn('first', function* () {
      yield 1
    })
    live.run(2)
    const second = live.spawn('second', function* () {
      names.push('second')
      yield WAIT
    })
    expect(first.done).toBe(true)
    expect(first.wake()).toBe(false)
    expect(live.run(3)).toEqual([second])
    expect(names).toEqual(['second'])
  })

  it('are given what they are woken with', () => {
    const live = new Live()
    let answer = 0
    const task = live.spawn('asks', function* () {
      answer = yield WAIT
    })
    live.run(1)
    expect(task.wake(7)).toBe(true)
    expect(task.wake(8)).toBe(false)
    live.run(2)
    expect(answer).toBe(7)
    expect(task.done).toBe(true)
  })

  it('of a queue with one server wait as long as theory says', () => {
    const live = new Live()
    const server = new Resource(1)
    let state = 12345
    const exponential = (mean: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
      return -Math.log((state + 1) / 0x80000000) * mean
    }
    let total = 0
    let served = 0
    live.spawn('source', function* () {
      for (;;) {
        yield exponential(2)
        live.spawn('customer', function* (task) {
          const came = live.clock.now
          if (!server.take(task)) yield WAIT
          yield exponential(1)
          server.give()
          total += live.clock.now - came
          served++
        })
      }
    })
    live.run(100_000)
    // M/M/1 with rates 1/2 and 1: 1 / (1 - 1/2) in the system.
    expect(total / served).toBeGreaterThan(1.9)
    expect(total / served).toBeLessThan(2.1)
  })
})
