/** The OOM killer: whom it chooses, when it refuses, what it logs, and the reaper behind it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  __GFP_THISNODE,
  GFP_KERNEL,
  GFP_NOFS,
  type OomCandidate,
  oomBadness,
  oomDomain,
  oomReap,
  oomReport,
  outOfMemory,
  type ReapStep,
  selectBadProcess,
} from '../../src/index.js'

const TOTAL = 1_000_000

/** The chosen one of a list. */
function chosen(tasks: readonly OomCandidate[], totalPages = TOTAL): number | string {
  const choice = selectBadProcess(tasks, totalPages)
  return choice.kind === 'victim' ? tasks.indexOf(choice.task) : choice.kind
}

describe('badness', () => {
  it('is what a death frees, and a thousandth of memory for each point of oom_score_adj', () => {
    expect(oomBadness({ rss: 100, swapEntries: 20, pageTableBytes: 8191 }, TOTAL)).toBe(121)
    expect(oomBadness({ rss: 0, pageTableBytes: 4096 }, TOTAL)).toBe(1)
    expect(oomBadness({ rss: 100, scoreAdj: 5 }, TOTAL)).toBe(5100)
    expect(oomBadness({ rss: 100, scoreAdj: -5 }, TOTAL)).toBe(-4900)
    // The division comes first, as in the kernel.
    expect(oomBadness({ rss: 0, scoreAdj: 500 }, 1999)).toBe(500)
    expect(oomBadness({ rss: 7, scoreAdj: 1000 }, 999)).toBe(7)
  })

  it.each<[string, OomCandidate]>([
    ['says so', { rss: 1, scoreAdj: -1000 }],
    ['is a kernel thread', { rss: 1, unkillable: true }],
    ['has been reaped', { rss: 1, skipped: true }],
    ['borrows its memory', { rss: 1, inVfork: true }],
  ])('has no number for a task that %s', (_what, task) => {
    expect(oomBadness(task, TOTAL)).toBeUndefined()
    expect(chosen([task])).toBe('none')
  })

  it('chooses the greatest, the last of several, and whoever has asked for it first of all', () => {
    expect(chosen([{ rss: 5 }, { rss: 9 }, { rss: 9 }, { rss: 1 }])).toBe(2)
    expect(chosen([{ rss: 5 }, { rss: 9, ineligible: true }])).toBe(0)
    expect(chosen([{ rss: 9 }, { rss: 1, isOrigin: true }, { rss: 9, scoreAdj: 1000 }])).toBe(1)
    expect(chosen([{ rss: 100, scoreAdj: -1 }, { rss: 1 }])).toBe(1)
    // Below 0 is still more than nobody.
    expect(chosen([{ rss: 1, scoreAdj: -999 }])).toBe(0)
    expect(chosen([])).toBe('none')
    expect(() => chosen([{ rss: 1, scoreAdj: 1001 }])).toThrow(
      'oom_score_adj is -1000 to 1000, not 1001',
    )
  })

  it('chooses nobody while somebody is dying, unless nothing more comes of that', () => {
    expect(chosen([{ rss: 9 }, { rss: 1, isVictim: true }])).toBe('pending')
    expect(chosen([{ rss: 9 }, { rss: 1, isVictim: true, skipped: true }])).toBe(0)
  })

  it('agrees with a sort of all that may be killed', () => {
    const task = fc.record({
      rss: fc.nat(1000),
      scoreAdj: fc.integer({ min: -1000, max: 1000 }),
      unkillable: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(task, { maxLength: 12 }), fc.nat(5000), (tasks, total) => {
        const points = tasks.map((each) =>
          each.unkillable || each.scoreAdj === -1000
            ? -Infinity
            : each.rss + each.scoreAdj * Math.trunc(total / 1000),
        )
        const most = Math.max(-Infinity, ...points)
        expect(chosen(tasks, total)).toBe(most === -Infinity ? 'none' : points.lastIndexOf(most))
      }),
    )
  })
})

describe('the OOM killer', () => {
  const tasks = [{ rss: 5 }, { rss: 9 }]
  it('refuses requests without __GFP_FS, but not those for the limit of a group', () => {
    expect(outOfMemory({ gfp: GFP_NOFS, tasks, totalPages: TOTAL })).toEqual({ kind: 'refused' })
    expect(outOfMemory({ gfp: GFP_NOFS, memcg: true, tasks, totalPages: TOTAL }).kind).toBe(
      'victim',
    )
    expect(outOfMemory({ gfp: GFP_KERNEL, tasks, totalPages: TOTAL })).toEqual({
      kind: 'victim',
      task: tasks[1],
      points: 9,
    })
    // A page fault has lost its flags.
    expect(outOfMemory({ gfp: 0, tasks, totalPages: TOTAL }).kind).toBe('victim')
    expect(outOfMemory({ gfp: GFP_NOFS, currentDies: true, tasks, totalPages: TOTAL })).toEqual({
      kind: 'self',
    })
  })

  it('measures by the memory that the request could have had', () => {
    const pages = [1000, 500, 0]
    const domain = (request: Partial<Parameters<typeof oomDomain>[0]>): [string, number] => {
      const { constraint, totalPages } = oomDomain({ gfp: GFP_KERNEL, pages, swap: 10, ...request })
      return [constraint, totalPages]
    }
    expect(domain({})).toEqual(['CONSTRAINT_NONE', 1510])
    expect(domain({ nodemask: 0b010 })).toEqual(['CONSTRAINT_MEMORY_POLICY', 510])
    // A mask that has all memory restricts nothing.
    expect(domain({ nodemask: 0b011 })).toEqual(['CONSTRAINT_NONE', 1510])
    expect(domain({ cpuset: 0b001 })).toEqual(['CONSTRAINT_CPUSET', 1010])
    expect(domain({ nodemask: 0b001, cpuset: 0b010 })).toEqual(['CONSTRAINT_MEMORY_POLICY', 1010])
    expect(domain({ nodemask: 0b001, gfp: GFP_KERNEL | __GFP_THISNODE })).toEqual([
      'CONSTRAINT_NONE',
      1510,
    ])
    expect(domain({ memcgMax: 0 })).toEqual(['CONSTRAINT_MEMCG', 1])
  })

  it('logs in the words of the kernel', () => {
    const task = {
      pid: 123,
      uid: 1000,
      name: 'a-name-that-is-too-long',
      pages: 1000,
      rss: 300,
      fileRss: 20,
    }
    const lines = oomReport({
      invoker: { name: 'bash', scoreAdj: 200 },
      gfp: GFP_KERNEL,
      order: 0,
      memInfo: 'memory: usage 4000kB, limit 4000kB, failcnt 7\n',
      tasks: [
        { pid: 1, name: 'init', pages: 10, rss: 5, isVictim: false },
        { ...task, swapEntries: 6, scoreAdj: -17, isVictim: true },
      ],
      constraint: 'CONSTRAINT_MEMCG',
      memcg: '/a',
      taskMemcg: '/a/b',
    })
    expect(lines.split('\n')).toEqual([
      'bash invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=200',
      'memory: usage 4000kB, limit 4000kB, failcnt 7',
      'Tasks state (memory values in pages):',
      '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
      '[      1]     0     1       10        5    20480        0             0 init',
      '[    123]  1000   123     1000      300    24576        6           -17 a-name-that-is-',
      'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=a-name-that-is-,pid=123,uid=1000',
      'Memory cgroup out of memory: Killed process 123 (a-name-that-is-) total-vm:4000kB, anon-rss:1120kB, file-rss:80kB, shmem-rss:0kB, UID:1000 pgtables:24kB oom_score_adj:-17',
    ])
  })
})

describe('the reaper', () => {
  /** Its steps, when the memory can be had at the n-th attempt, and how it ends. */
  function reap(
    attempt: number,
    exits = false,
  ): { slept: number; attempts: number; done: boolean } {
    const steps = oomReap()
    let slept = 0
    let attempts = 0
    let next = steps.next()
    while (next.done !== true) {
      const step: ReapStep = next.value
      if (step.kind === 'sleep') slept += step.jiffies
      else attempts++
      next = steps.next(step.kind === 'sleep' ? exits : attempts === attempt)
    }
    return { slept, attempts, done: next.value }
  }

  it('waits two seconds, tries ten times, and gives up', () => {
    expect(reap(1)).toEqual({ slept: 500, attempts: 1, done: true })
    expect(reap(3)).toEqual({ slept: 550, attempts: 3, done: true })
    expect(reap(0)).toEqual({ slept: 750, attempts: 10, done: false })
    expect(reap(0, true)).toEqual({ slept: 500, attempts: 0, done: true })
  })
})
