/** Scope place: the function in which a scope would cover all that is uncovered; and the work list that is made of it. */
import { describe, expect, it } from 'vitest'
import { scopePlace } from '../../src/audit/scope-place.js'
import { workListOf } from '../../src/report/audit/work-list.js'
import { StackTable } from '../../src/trace/stack.js'
import { GFP_NOFS, NOFS, Trace } from './trace.js'

const table = new StackTable()
const stack = (functions: string) =>
  table.intern(`__kmalloc+1;${functions.replaceAll(';', '+1;')}+1`, false)

describe('the place for a scope', () => {
  it.each([
    ['the innermost caller that all have', ['site;a;b;c', 'site;x;b;c'], [], 'b'],
    ['not one that covered paths come through', ['site;a;b;c'], ['site;a;x;c'], 'b'],
    ['none where covered paths come through all of them', ['site;a;b'], ['site;a;b'], undefined],
    ['none where uncovered paths have nothing in common', ['site;a', 'site;b'], [], undefined],
    [
      'not what everything comes through',
      ['site;do_syscall_64;entry_SYSCALL_64_after_hwframe'],
      [],
      undefined,
    ],
    [
      'the same whatever the compiler made of it',
      ['site;a.isra.0;c', 'site;a.constprop.0;d'],
      [],
      'a',
    ],
  ])('is %s', (_, uncovered, covered, expected) => {
    expect(scopePlace('site', uncovered.map(stack), covered.map(stack))).toBe(expected)
  })
})

describe('the work list', () => {
  it('has one step for all call sites that one scope settles, the largest first', async () => {
    const request = (st: string, fl = 0) => ({ gfp: GFP_NOFS, fl, st: `__kmalloc_noprof+1;${st}` })
    const facts = await new Trace()
      .kmalloc(request('one+1;helper+2;entry+3;do_syscall_64+4'))
      .kmalloc(request('two+1;helper+2;entry+3;do_syscall_64+4'))
      .kmalloc(request('two+1;helper+2;entry+3;do_syscall_64+4'))
      .kmalloc(request('always+1;scoped+2', NOFS))
      .kmalloc(request('mixed+1;a+2', NOFS))
      .kmalloc(request('mixed+1;a+2'))
      .queue('0x1', 'push', { fl: NOFS })
      .start('0x1', 'push')
      .kmalloc({ pid: 7, st: '__kmalloc_noprof+1;x+2;push+3' })
      .end('0x1', 'push')
      .facts()
    expect(workListOf(facts)).toEqual([
      { action: 'convey', where: 'push', class: '__GFP_FS', settles: 1, sites: [] },
      { action: 'scope-first', where: 'helper', class: 'NOFS', settles: 3, sites: ['two', 'one'] },
      { action: 'decide', where: 'mixed', class: 'NOFS', settles: 2, sites: ['mixed'] },
      { action: 'drop-flag', where: 'always', class: 'NOFS', settles: 1, sites: ['always'] },
    ])
  })
})
