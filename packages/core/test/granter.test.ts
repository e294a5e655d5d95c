/** Grants: only whoever has the domain's granter opens one, and whoever has one passes it on by naming it. */
import { describe, expect, test } from 'vitest'
import { runAdopted } from '../src/delegation.js'
import { granter } from '../src/granter.js'
import { Context, convey, defineDomain, ScopeError } from '../src/index.js'
import { Task } from '../src/task.js'

function setUp() {
  const jobs = defineDomain({
    name: 'jobs',
    version: 1,
    restrictions: { NO_DISK: 0 },
    grants: { URGENT: 8 },
  })
  return { jobs, ...jobs.flags }
}

describe('a grant', () => {
  test('is opened by nobody who has only the domain', () => {
    const { jobs, URGENT } = setUp()
    const context = new Context(jobs)
    for (const open of [
      () => context.run(URGENT, () => 1),
      () => context.fork(URGENT),
      () => new Context(jobs, { mask: URGENT }),
      () => new Task(jobs, { mask: URGENT }),
      () => new Task(jobs).enter(URGENT),
      () => new Task(jobs).save(URGENT),
    ]) {
      expect(open).toThrow(ScopeError)
      expect(open).toThrow('URGENT of jobs has grants, and only granter() opens them')
    }
  })

  test('is opened by the granter, which is given out once', () => {
    const { jobs, NO_DISK, URGENT } = setUp()
    const grant = granter(jobs)
    expect(() => granter(jobs)).toThrow('the granter of jobs is given out once')
    const context = new Context(jobs, { name: 'flush', mask: NO_DISK })
    expect(`${grant(context, URGENT, 'reserves')}`).toBe('flush: NO_DISK|URGENT')
    expect(context.has(URGENT)).toBe(false)
    for (const wrong of [NO_DISK, jobs.mask(), jobs.mask('NO_DISK', 'URGENT')]) {
      expect(() => grant(context, wrong)).toThrow('jobs has grants URGENT')
    }
  })

  test('is passed on by naming it, and not otherwise', () => {
    const { jobs, URGENT } = setUp()
    const granted = granter(jobs)(new Context(jobs), URGENT)
    const mask = (context: Context<'jobs'>) => context.mask
    expect(runAdopted(new Context(jobs), convey(granted, 'convey-on-queue'), mask)).toBe(0)
    const named = convey(granted, 'convey-on-queue', URGENT)
    expect(runAdopted(new Context(jobs), named, mask)).toBe(URGENT)
  })

  test('is open to anyone where the domain says so, as in the kernel', () => {
    const PF = defineDomain({
      name: 'PF',
      version: 1,
      grants: { MEMALLOC: 11 },
      granting: 'anyone',
    })
    const task = new Task(PF)
    expect(task.save(PF.flags.MEMALLOC)).toBe(0)
    expect(task.has(PF.flags.MEMALLOC)).toBe(true)
  })
})
