import { describe, expect, it } from 'vitest'
import type { LostScopeFact } from '../../../src/audit/work-facts.js'
import type { AuditReport } from '../../../src/report/audit/report.js'
import { lostScopeToModel } from '../../../src/report/audit/scenario.js'

const lost = (fn: string, certain: boolean, allocations: number): LostScopeFact => ({
  fn,
  kind: 'direct',
  scope: 'NOFS',
  regained: '__GFP_FS',
  site: 'site',
  caller: 'caller',
  class: 'KERNEL',
  workerScope: 'none',
  certain,
  executions: 1,
  allocations,
  delegated: [],
  allocated: [],
  seenIn: [0],
})

/** What a choice needs of a report. */
function report(found: readonly LostScopeFact[], awaited?: string): AuditReport {
  const delegations = [{ fn: awaited, kind: 'direct', scope: 'NOFS', waited: 1 }]
  return { work: { lost: found, delegations } } as unknown as AuditReport
}

describe('the lost scope to model', () => {
  const all = [lost('perhaps', false, 9), lost('rare', true, 1), lost('often', true, 5)]

  it('is the most frequent one that is certain', () => {
    expect(lostScopeToModel(report(all))?.fn).toBe('often')
  })

  it('is one that was waited for, if there is one', () => {
    expect(lostScopeToModel(report(all, 'rare'))?.fn).toBe('rare')
  })

  it('is that of the work function asked for, under any name that a compiler gave it', () => {
    expect(lostScopeToModel(report(all), 'perhaps.isra.0')?.fn).toBe('perhaps')
    expect(lostScopeToModel(report(all), 'other')).toBeUndefined()
  })
})
