/** Work items: who is charged with what, in small recordings of which each shows one thing. */
import { describe, expect, it } from 'vitest'
import { GFP_NOFS, MEMALLOC, NOFS, NOIO, Trace } from './trace.js'

const SOFTIRQ =
  '__queue_work+1;call_timer_fn+2;handle_softirqs+3;__irq_exit_rcu+4;asm_sysvec_apic_timer_interrupt+5;user+6'
const WORKER = { pid: 7, comm: 'kworker/0:1' }

async function work(trace: Trace) {
  return (await trace.facts()).work
}

describe('a work item queued from inside a scope', () => {
  it('lost the scope when its worker allocates what the scope forbids', async () => {
    const { delegations, lost } = await work(
      new Trace()
        .queue('0x1', 'fn', { fl: NOFS })
        .start('0x1', 'fn')
        .kmalloc(WORKER)
        .kmalloc(WORKER)
        .end('0x1', 'fn'),
    )
    expect(delegations).toMatchObject([
      {
        fn: 'fn',
        kind: 'direct',
        scope: 'NOFS',
        queued: 1,
        executed: 1,
        allocating: 1,
        unscoped: 1,
        unscopedAllocations: 2,
      },
    ])
    expect(lost).toMatchObject([
      {
        fn: 'fn',
        scope: 'NOFS',
        regained: '__GFP_FS',
        site: 'user',
        caller: 'do_syscall_64',
        workerScope: 'none',
        executions: 1,
        allocations: 2,
        delegated: [{ count: 1, line: 1, functions: ['__queue_work', 'queue_work_on', 'user'] }],
      },
    ])
  })

  it.each([
    ['passes GFP_NOFS itself', { gfp: GFP_NOFS }],
    ['may not wait', { gfp: 0x2800 | 0xc0 }],
    ['opened a scope of its own', { fl: NOFS }],
    ['is in the stronger scope', { fl: NOIO }],
    ['works for reclaim', { fl: MEMALLOC }],
    ['is interrupted by one who allocates', { st: `__kmalloc_noprof+1;driver+2;${SOFTIRQ}` }],
  ])('lost nothing when the worker %s', async (_, fields) => {
    const { lost, delegations } = await work(
      new Trace()
        .queue('0x1', 'fn', { fl: NOFS })
        .start('0x1', 'fn')
        .kmalloc({ ...WORKER, ...fields })
        .end('0x1', 'fn'),
    )
    expect(lost).toEqual([])
    expect(delegations).toMatchObject([{ executed: 1 }])
  })

  it('from a NOIO scope lost it when the worker keeps only NOFS', async () => {
    const { lost } = await work(
      new Trace()
        .queue('0x1', 'fn', { fl: NOIO })
        .start('0x1', 'fn')
        .kmalloc({ ...WORKER, fl: NOFS })
        .kmalloc(WORKER),
    )
    expect(lost.map(({ regained, workerScope }) => [regained, workerScope])).toEqual([
      ['__GFP_IO', 'NOFS'],
      ['__GFP_IO|__GFP_FS', 'none'],
    ])
  })

  it('is told by its address, not by its function', async () => {
    const { delegations, lost } = await work(
      new Trace()
        .queue('0x1', 'fn', { fl: NOFS })
        .queue('0x2', 'fn')
        .start('0x2', 'fn')
        .kmalloc(WORKER)
        .end('0x2', 'fn'),
    )
    expect(delegations).toMatchObject([{ queued: 1, queuedInAll: 2, executed: 0 }])
    expect(lost).toEqual([])
  })

  it('is executed once by the next execution of it', async () => {
    const { delegations, lost } = await work(
      new Trace()
        .queue('0x1', 'fn', { fl: NOFS })
        .start('0x1', 'fn')
        .end('0x1', 'fn')
        .start('0x1', 'fn')
        .kmalloc(WORKER)
        .end('0x1', 'fn'),
    )
    expect(delegations).toMatchObject([{ executed: 1, allocating: 0 }])
    expect(lost).toEqual([])
  })

  it('may be delegated again before it runs: one execution serves all', async () => {
    const { delegations, lost } = await work(
      new Trace()
        .queue('0x1', 'fn', { fl: NOFS })
        .queue('0x1', 'fn', { fl: NOIO })
        .queue('0x1', 'fn', { fl: NOIO })
        .queue('0x1', 'fn')
        .start('0x1', 'fn')
        .kmalloc(WORKER)
        .end('0x1', 'fn'),
    )
    expect(
      delegations.map((row) => [
        row.scope,
        row.queued,
        row.executed,
        row.unscoped,
        row.unscopedAllocations,
      ]),
    ).toEqual([
      ['NOIO', 2, 2, 2, 1],
      ['NOFS', 1, 1, 1, 1],
    ])
    expect(
      lost.map(({ scope, executions, allocations }) => [scope, executions, allocations]),
    ).toEqual([
      ['NOFS', 1, 1],
      ['NOIO', 1, 1],
    ])
  })

  it('counts a scope that is set when the execution starts, and one that is set later', async () => {
    const { delegations } = await work(
      new Trace()
        .queue('0x1', 'fn', { fl: NOFS })
        .start('0x1', 'fn', { fl: NOFS })
        .end('0x1', 'fn')
        .queue('0x2', 'fn', { fl: NOFS })
        .start('0x2', 'fn')
        .event('mm_page_free', { ...WORKER, fl: NOIO, pfn: 1, order: 0 })
        .end('0x2', 'fn'),
    )
    expect(delegations).toMatchObject([{ executed: 2, startedInScope: 1, enteredScope: 2 }])
  })

  it('counts also while it still runs at the end', async () => {
    const { delegations } = await work(
      new Trace().queue('0x1', 'fn', { fl: NOFS }).start('0x1', 'fn').kmalloc(WORKER),
    )
    expect(delegations).toMatchObject([{ executed: 1, allocating: 1 }])
  })
})

describe('an interrupt', () => {
  it('that queues work on top of a task in a scope is not that task', async () => {
    const { delegations, queued, lost } = await work(
      new Trace()
        .queue('0x1', 'fn', { fl: NOFS, st: SOFTIRQ })
        .start('0x1', 'fn')
        .kmalloc(WORKER)
        .end('0x1', 'fn'),
    )
    expect(queued).toBe(1)
    expect(delegations).toEqual([])
    expect(lost).toEqual([])
  })

  it('has the flags of the task below it: they tell in which scope that is', async () => {
    const { functions } = await work(
      new Trace()
        .start('0x1', 'fn')
        .queue('0x2', 'other', { ...WORKER, fl: NOIO, st: SOFTIRQ })
        .end('0x1', 'fn'),
    )
    expect(functions).toMatchObject([{ fn: 'fn', executions: 1, inScope: 1 }, { fn: 'other' }])
  })

  it('that allocates on top of a task counts apart', async () => {
    const { requests, callSites } = await new Trace()
      .kmalloc({ fl: NOFS, gfp: GFP_NOFS, st: `__kmalloc_noprof+1;driver+2;${SOFTIRQ}` })
      .facts()
    expect(requests.classes).toMatchObject([{ class: 'NOFS', scopes: {}, interrupt: 1, total: 1 }])
    expect(callSites.explicit).toMatchObject([{ covered: 0, uncovered: 0, interrupt: 1 }])
  })
})

describe('an item', () => {
  it('without a stack was queued by somebody unknown', async () => {
    const { delegations } = await work(
      new Trace().event('workqueue_queue_work', {
        fl: NOFS,
        work: '0x1',
        fn: 'fn',
        wq: 'events',
        st_lost: 1,
      }),
    )
    expect(delegations).toEqual([])
  })

  it('whose memory was given to another function is that function from then on', async () => {
    const { armed } = await work(
      new Trace()
        .start('0x1', 'old')
        .end('0x1', 'old')
        .start('0x1', 'new')
        .end('0x1', 'new')
        .arm('0x1'),
    )
    expect(armed).toMatchObject([{ fn: 'new', armed: 1 }])
  })
})

describe('delayed work', () => {
  it('is delegated where its timer is armed', async () => {
    const { delegations, lost } = await work(
      new Trace()
        .arm('0x1', { fl: NOFS })
        .event('workqueue_queue_work', {
          pid: -1,
          work: '0x1',
          fn: 'fn',
          wq: 'events',
          ksoftirqd: 0,
        })
        .start('0x1', 'fn')
        .kmalloc(WORKER)
        .end('0x1', 'fn'),
    )
    expect(delegations).toMatchObject([
      { kind: 'delayed', scope: 'NOFS', queued: 1, queuedInAll: 1, executed: 1 },
    ])
    expect(lost).toMatchObject([{ kind: 'delayed', delegated: [{ line: 1 }] }])
  })

  it('belongs to whoever armed it last, or queued it at once', async () => {
    const armedAgain = new Trace()
      .arm('0x1', { fl: NOFS })
      .arm('0x1')
      .queue('0x1', 'fn', { st: SOFTIRQ })
    expect((await work(armedAgain)).delegations).toEqual([])
    const queuedAtOnce = new Trace()
      .arm('0x1', { fl: NOFS })
      .queue('0x1', 'fn')
      .queue('0x1', 'fn', { st: SOFTIRQ })
    expect((await work(queuedAtOnce)).delegations).toEqual([])
  })

  it('is counted by function, also when that is known only later, or never', async () => {
    const { armed } = await work(
      new Trace()
        .arm('0x1', { fl: NOFS })
        .arm('0x1', { fl: NOFS })
        .start('0x1', 'fn')
        .arm('0x1')
        .arm('0x2'),
    )
    expect(armed.map(({ fn, scope, armed }) => [fn, scope, armed])).toEqual([
      ['fn', 'NOFS', 2],
      ['fn', 'none', 1],
      ['(never ran)', 'none', 1],
    ])
  })
})
