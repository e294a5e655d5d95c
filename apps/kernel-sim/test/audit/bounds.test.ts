/** Bounds: whatever a recording holds, memory does not grow with it, and what is given up is counted. */
import { describe, expect, it } from 'vitest'
import { Recent } from '../../src/audit/recent.js'
import { Recordings } from '../../src/audit/recordings.js'
import { OTHERS, Rows } from '../../src/audit/rows.js'
import { SampleBudget, Samples } from '../../src/audit/samples.js'
import { StackTable } from '../../src/trace/stack.js'
import { GFP_NOFS, NOFS, Trace } from './trace.js'

const MANY = 20_000

describe('rows', () => {
  it('beyond the limit are counted together, by what has an end', () => {
    const rows = new Rows(1, (name: string, kind: string) => ({ name, kind, count: 0 }))
    for (let i = 0; i < MANY; i++) rows.of(`name ${i}`, i % 2 ? 'odd' : 'even').count++
    rows.of('name 5', 'odd').count++
    const all = rows.values()
    expect(all.length).toBeLessThan(MANY)
    expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(MANY + 1)
    expect(all.find(({ name }) => name === 'name 5')?.count).toBe(2)
    const others = all.filter(({ name }) => name === OTHERS)
    expect(others.map(({ kind }) => kind).sort()).toEqual(['even', 'odd'])
  })

  it('are not mixed up when their keys run together', () => {
    const rows = new Rows(2, (a: string, b: string) => ({ a, b }))
    expect(rows.of('a b', 'c')).not.toBe(rows.of('a', 'b c'))
  })
})

describe('recent', () => {
  it('forgets what was set first, and counts that', () => {
    const recent = new Recent<number, string>(2)
    recent.set(1, 'a')
    recent.set(2, 'b')
    recent.set(1, 'c')
    recent.set(3, 'd')
    expect([recent.get(1), recent.get(2), recent.get(3)]).toEqual(['c', undefined, 'd'])
    expect([recent.size, recent.forgotten]).toEqual([2, 1])
    expect(recent.take(1)).toBe('c')
    expect(recent.take(1)).toBeUndefined()
    expect(recent.size).toBe(1)
  })
})

describe('samples', () => {
  it('keep the most frequent stacks of those that came first', () => {
    const table = new StackTable()
    const samples = new Samples(new SampleBudget(new Recordings()))
    for (let i = 0; i < MANY; i++) samples.add(table.intern(`f_${i % 1000}+1`, false), i + 1)
    samples.add(table.intern('f_7+2', false), 1)
    samples.add(undefined, 1)
    samples.add(table.intern('f_999+1', false), 1, 1_000_000)
    expect(samples.top()).toEqual([
      { count: 21, functions: ['f_7'], frames: ['f_7+1'], line: 8, recording: 0 },
      { count: 20, functions: ['f_0'], frames: ['f_0+1'], line: 1, recording: 0 },
      { count: 20, functions: ['f_1'], frames: ['f_1+1'], line: 2, recording: 0 },
    ])
  })
})

describe('an audit of endless variety', () => {
  it('ends with tables that have an end, and counts everything', async () => {
    const trace = new Trace()
    for (let i = 0; i < MANY; i++) {
      trace
        .kmalloc({ pid: i, gfp: GFP_NOFS, st: `__kmalloc+1;site_${i}+2;caller+3` })
        .queue(`0x${i}`, `fn_${i}`, { pid: i, fl: NOFS })
        .arm(`0x${i}`, { pid: i })
    }
    const { callSites, work, tasks } = await trace.facts()
    expect(callSites.explicit.length).toBeLessThan(MANY)
    expect(callSites.explicit.reduce((sum, { requests }) => sum + requests, 0)).toBe(MANY)
    expect(work.functions.length).toBeLessThan(MANY)
    expect(work.functions.reduce((sum, { queued }) => sum + queued, 0)).toBe(MANY)
    expect(work.armed.reduce((sum, { armed }) => sum + armed, 0)).toBe(MANY)
    expect(tasks.tasks).toBe(MANY)
  })

  it('takes no more variants of flags from a site than it can show', async () => {
    const trace = new Trace()
    for (let i = 0; i < 100; i++) trace.kmalloc({ gfp: (GFP_NOFS | (i << 12)) >>> 0 })
    const { callSites } = await trace.facts()
    expect(callSites.explicit[0]?.requests).toBe(100)
    expect(callSites.explicit[0]?.gfp.length).toBeLessThan(20)
  })
})
