/** Transfers: a scope that is closed here and opened there, exactly once. */
import { describe, expect, test } from 'vitest'
import { transfer } from '../src/delegation.js'
import { ConveyanceError, ScopeError } from '../src/index.js'
import { Task } from '../src/task.js'
import { eventsOf, jobsDomain } from './jobs.js'

function setUp() {
  const jobs = jobsDomain()
  return {
    jobs,
    submitter: new Task(jobs, { name: 'submitter' }),
    completer: new Task(jobs, { name: 'completer' }),
    mask: jobs.mask('NO_DISK', 'URGENT', 'RESERVES', 'POOL'),
  }
}

describe('a transfer', () => {
  test('moves the restrictions of a scope', () => {
    const { jobs, submitter, completer, mask } = setUp()
    const moved = transfer(submitter.enter(mask, 'transaction'))
    expect(submitter.mask).toBe(0)
    expect([moved.label, moved.adopted, jobs.format(moved.mask)]).toEqual([
      'transaction',
      false,
      'NO_DISK',
    ])
    const scope = moved.adopt(completer)
    expect(moved.adopted).toBe(true)
    expect(jobs.format(completer.mask)).toBe('NO_DISK')
    scope.close()
    expect(completer.mask).toBe(0)
  })

  test('moves the grants that are named, of those that the scope has', () => {
    const { jobs, submitter, completer, mask } = setUp()
    const moved = transfer(submitter.enter(mask), jobs.flags.URGENT)
    moved.adopt(completer)
    expect(jobs.format(completer.mask)).toBe('NO_DISK|URGENT')
    const without = transfer(submitter.enter(jobs.flags.NO_DISK), jobs.flags.URGENT)
    expect(jobs.format(without.mask)).toBe('NO_DISK')
  })

  test('leaves the scope open when what is named is no grant', () => {
    const { jobs, submitter, mask } = setUp()
    const scope = submitter.enter(mask)
    expect(() => transfer(scope, jobs.flags.POOL)).toThrow(
      new ConveyanceError('POOL of jobs is not a grant'),
    )
    expect(scope.open).toBe(true)
    expect(submitter.mask).toBe(mask)
  })

  test('can go back to where it came from', () => {
    const { jobs, submitter, mask } = setUp()
    using _ = transfer(submitter.enter(mask)).adopt(submitter)
    expect(jobs.format(submitter.mask)).toBe('NO_DISK')
  })

  test('is adopted once', () => {
    const { jobs, submitter, completer, mask } = setUp()
    const moved = transfer(submitter.enter(mask, 'transaction'))
    moved.adopt(completer).close()
    const third = new Task(jobs, { name: 'third' })
    expect(() => moved.adopt(third)).toThrow(
      new ConveyanceError(
        'transfer "transaction" from submitter adopted twice: by completer, and now by third',
      ),
    )
    expect(third.mask).toBe(0)
    const unnamed = transfer(submitter.enter(mask))
    unnamed.adopt(completer).close()
    expect(() => unnamed.adopt(completer)).toThrow('transfer from submitter adopted twice')
  })

  test('fits contexts of its domain only, and can still be adopted by one', () => {
    const { submitter, completer, mask } = setUp()
    const moved = transfer(submitter.enter(mask))
    const stranger = new Task(jobsDomain(), { name: 'stranger' })
    expect(() => moved.adopt(stranger)).toThrow(
      new ConveyanceError(
        'transfer from submitter does not fit stranger, a task of another domain',
      ),
    )
    expect(moved.adopted).toBe(false)
    moved.adopt(completer).close()
  })

  test('is of the innermost scope, and of one that is open', () => {
    const { jobs, submitter, mask } = setUp()
    const outer = submitter.enter(mask)
    const inner = submitter.enter(jobs.flags.NO_NETWORK)
    expect(() => transfer(outer)).toThrow(ScopeError)
    expect(submitter.hasAll(mask)).toBe(true)
    transfer(inner)
    expect(submitter.mask).toBe(0)
    expect(() => transfer(inner)).toThrow('closed twice')
  })

  test('is done by the task that has the scope', () => {
    const { jobs, submitter, completer, mask } = setUp()
    const scope = submitter.enter(mask)
    expect(() => completer.run(jobs.mask(), () => transfer(scope))).toThrow('closed within')
    expect(submitter.mask).toBe(mask)
  })

  test('is seen by diagnostics, and records where it was adopted', () => {
    const { jobs, submitter, completer, mask } = setUp()
    const events = eventsOf(jobs)
    const scope = transfer(submitter.enter(mask, 'transaction')).adopt(completer)
    scope.close()
    expect(events).toEqual([
      'enter submitter "transaction" NO_DISK|URGENT|RESERVES|POOL',
      'exit submitter "transaction" NO_DISK|URGENT|RESERVES|POOL',
      'convey submitter "transaction" NO_DISK',
      'adopt completer "transaction" NO_DISK',
      'enter completer "transaction" NO_DISK',
      'exit completer "transaction" NO_DISK',
    ])
    expect(() => scope.close()).toThrow(/\(opened at .*transfer\.test\.ts:\d+:\d+\)/)
  })
})
