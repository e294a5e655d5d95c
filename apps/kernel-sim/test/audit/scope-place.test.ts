/** Scope place: the function in which a scope would cover all that is uncovered; and the work list that is made of it. */
import { describe, expect, it } from 'vitest'
import { scopePlace } from '../../src/audit/scope-place.js'
import { underOf } from '../../src/audit/under.js'
import { workListOf } from '../../src/report/audit/work-list.js'
import { StackTable } from '../../src/trace/stack.js'
import { auditOf, GFP_KERNEL, GFP_NOFS, NOFS, Trace } from './trace.js'

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
    const { facts, stacks } = await auditOf(
      new Trace()
        .kmalloc(request('one+1;helper+2;entry+3;do_syscall_64+4'))
        .kmalloc(request('two+1;helper+2;entry+3;do_syscall_64+4'))
        .kmalloc(request('two+1;helper+2;entry+3;do_syscall_64+4'))
        .kmalloc(request('always+1;scoped+2', NOFS))
        .kmalloc(request('mixed+1;a+2', NOFS))
        .kmalloc(request('mixed+1;a+2'))
        .queue('0x1', 'push', { fl: NOFS })
        .start('0x1', 'push')
        .kmalloc({ pid: 7, st: '__kmalloc_noprof+1;x+2;push+3' })
        .end('0x1', 'push').text,
    )
    expect(workListOf(facts, stacks)).toEqual([
      {
        action: 'convey',
        where: 'push',
        class: '__GFP_FS',
        settles: 1,
        sites: [],
        seenIn: [0],
        under: undefined,
      },
      expect.objectContaining({
        action: 'scope-first',
        where: 'helper',
        class: 'NOFS',
        settles: 3,
        sites: ['two', 'one'],
        seenIn: [0],
      }),
      {
        action: 'decide',
        where: 'mixed',
        class: 'NOFS',
        settles: 2,
        sites: ['mixed'],
        seenIn: [0],
        under: undefined,
      },
      {
        action: 'drop-flag',
        where: 'always',
        class: 'NOFS',
        settles: 1,
        sites: ['always'],
        seenIn: [0],
        under: undefined,
      },
    ])
  })
})

describe('a call site that gets its flags from some callers', () => {
  it('can lose the flag where an always covered caller passes it, and only there', async () => {
    const request = (st: string, fl = 0) => ({ gfp: GFP_NOFS, st: `__kmalloc_noprof+1;${st}`, fl })
    const { facts, stacks } = await auditOf(
      new Trace()
        .kmalloc(request('passes+1;covered+2;scoped+3', NOFS))
        .kmalloc(request('passes+1;uncovered+2;entry+3'))
        .kmalloc(request('own+1;covered+2;scoped+3', NOFS)).text,
    )
    const steps = workListOf(facts, stacks)
    expect(steps.map(({ action, where, sites }) => [action, where, sites])).toEqual([
      ['drop-in-caller', 'covered', ['passes']],
      ['scope-first', 'uncovered', ['passes']],
      ['drop-flag', 'own', ['own']],
    ])
    const settled = steps.filter(({ action }) => action === 'drop-flag').length
    expect(settled).toBe(facts.callSites.coverage.always.sites)
  })
})

describe('what else would come under a scope', () => {
  it('is every request while its function is on the stack, by what the scope does to it', async () => {
    const request = (st: string, fields = {}) => ({ st: `__kmalloc_noprof+1;${st}`, ...fields })
    const { stacks } = await auditOf(
      new Trace()
        .kmalloc(request('one+1;helper.isra.0+2;entry+3', { gfp: GFP_NOFS }))
        .kmalloc(request('two+1;deep+9;helper+2;entry+3', { gfp: GFP_KERNEL }))
        .kmalloc(request('two+1;deep+8;helper+2;entry+3', { gfp: GFP_KERNEL }))
        .kmalloc(request('two+1;deep+9;helper+2;entry+3', { gfp: GFP_KERNEL, fl: NOFS }))
        .kmalloc(request('three+1;helper+2;helper+7;entry+3', { gfp: 0x800 }))
        .kmalloc(request('two+1;elsewhere+2;entry+3')).text,
    )
    expect(underOf('helper', stacks)).toEqual({
      requests: 5,
      explicit: 1,
      restricted: 2,
      unchanged: 2,
      unknown: 0,
      sites: [{ site: 'two', class: 'KERNEL', requests: 2 }],
      calls: [
        { fn: 'deep', requests: 3 },
        { fn: 'one', requests: 1 },
        // Of a function that calls itself the outermost call counts.
        { fn: 'helper', requests: 1 },
      ],
    })
    expect(underOf('nowhere', stacks).requests).toBe(0)
  })
})
