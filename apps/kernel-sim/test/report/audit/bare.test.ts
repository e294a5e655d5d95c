/** What is said of recordings that tell little: of work items alone, and of kernels that are older than scopes. */
import { describe, expect, it } from 'vitest'
import { auditPage } from '../../../src/report/audit/page.js'
import { type AuditReport, auditReport } from '../../../src/report/audit/report.js'
import { isBefore, kernelOfText } from '../../../src/trace/kernel-version.js'
import { auditOf } from '../../audit/trace.js'

async function reportOf(text: string): Promise<AuditReport> {
  const { reading, facts, stacks } = await auditOf(text)
  return auditReport([reading], facts, stacks)
}

/** Two items on one worker, the first of which somebody flushes; and one that is not seen to end. */
const ITEMS = `
   dbench-256 [004] d...  10.000100: workqueue_queue_work: work struct=00000000aa function=push workqueue=cil req_cpu=512 cpu=4
   kworker/4:1-71 [004] ....  10.000140: workqueue_execute_start: work struct 00000000aa: function push
   kworker/4:1-71 [004] ....  10.000150: workqueue_execute_end: work struct 00000000aa
   kworker/4:1-71 [004] ....  10.000151: workqueue_execute_start: work struct 00000000bb: function wq_barrier_func
   kworker/4:1-71 [004] ....  10.000152: workqueue_execute_end: work struct 00000000bb
   dbench-256 [004] d...  10.000200: workqueue_queue_work: work struct=00000000cc function=later workqueue=cil req_cpu=512 cpu=4
   kworker/4:1-71 [004] ....  10.002200: workqueue_execute_start: work struct 00000000cc: function later
`

/** As perf prints it under 4.0: ext4 below the journal thread, which is in a scope since 4.12. */
const perf = (
  gfp: string,
) => `jbd2/dm-0-8  7666 [000]  4666.621521: kmem:kmalloc: call_site=ffffffff813ce108 ptr=0xffff880c bytes_req=96 bytes_alloc=96 gfp_flags=${gfp}
            ffffffff8127f1dc __kmalloc (/boot/vmlinux)
            ffffffff813de108 ext4_find_extent (/boot/vmlinux)
            ffffffff813e4038 ext4_ext_map_blocks (/boot/vmlinux)
            ffffffff8141df84 jbd2_journal_commit_transaction (/boot/vmlinux)
            ffffffff81427620 kjournald2 (/boot/vmlinux)

`

describe('a recording of work items alone', () => {
  it('says how long they waited for a worker, how long they ran, and who was waited for', async () => {
    const { workTimes, meaning } = await reportOf(ITEMS)
    expect(
      workTimes.map(({ fn, queued, executions, flushed }) => [fn, queued, executions, flushed]),
    ).toEqual([
      ['push', 1, 1, 1],
      ['later', 1, 1, 0],
      ['wq_barrier_func', 0, 1, 0],
    ])
    const [push, later] = workTimes
    expect([push?.delay.totalUs, push?.run.totalUs]).toEqual([40, 10])
    expect([later?.delay.maxUs, later?.run.count]).toEqual([2000, 0])
    expect(meaning).toContain(
      'Workers executed 2 work items of 2 functions, and wq_barrier_func 1 time; the longest wait for a worker took 2.0 ms (later), the longest execution took 10 us (push).',
    )
    expect(meaning).toContainEqual(
      expect.stringMatching(
        /^Somebody waited with flush_work\(\) for items of 1 function, most often of push \(1 of 1 execution\)/,
      ),
    )
  })

  it('says what it lacks, and how to record it', async () => {
    const { meaning } = await reportOf(ITEMS)
    expect(meaning[0]).toMatch(
      /^The recording has no requests for memory .*; no page allocations .*; no stacks/,
    )
    expect(meaning[0]).toMatch(/: trace-cmd record -T -e kmem:kmalloc .* -e workqueue -e vmscan$/)
  })

  it('gives no verdict on what it does not show', async () => {
    const { lead, marks, sections } = auditPage(await reportOf(ITEMS))
    expect(lead.slice(1)).toEqual([
      'no request for memory was recorded: scopes cannot be seen in it',
      '3 executions of work items, of which it does not say what they allocate',
    ])
    expect(marks.filter(({ good }) => good === undefined).map(({ text }) => text)).toEqual([
      'kernel and model not compared',
      'no work items seen to allocate',
    ])
    expect(sections.map(({ id }) => id)).toEqual(['meaning', 'work-times', 'recording'])
  })
})

describe('a kernel before 4.12', () => {
  it('has no NOFS scope, whatever functions are on the stack', async () => {
    const { callSites, meaning, workList } = await reportOf(perf('GFP_NOFS|GFP_ZERO'))
    expect(callSites.explicit.map(({ site, verdict }) => [site, verdict])).toEqual([
      ['ext4_find_extent', 'unknown'],
    ])
    expect(workList).toEqual([])
    expect(meaning).toContainEqual(
      expect.stringMatching(
        /^The recording is of a kernel before 4\.6, .* no NOFS scopes \(memalloc_nofs_save\(\) came in 4\.12\): there GFP_NOFS has to stay/,
      ),
    )
  })

  it('is told from a header, too', async () => {
    const { meaning, reading } = await reportOf(
      `# os release : 3.8.0-19-generic\n${perf('GFP_NOFS')}`,
    )
    expect(reading.kernel).toMatchObject({ release: '3.8.0-19-generic' })
    expect(meaning).toContainEqual(
      expect.stringMatching(
        /is of Linux 3\.8\.0-19-generic, which has no NOFS .* and no NOIO scopes/,
      ),
    )
  })

  it('is said to have none where nobody knows how old the kernel is', async () => {
    const { callSites, meaning } = await reportOf(perf('GFP_NOFS'))
    expect(callSites.explicit[0]?.verdict).toBe('always')
    expect(meaning).toContainEqual(
      expect.stringMatching(/holds from Linux 4\.12 on for NOFS and from 3\.9 on/),
    )
    const later = await reportOf(perf('GFP_NOFS|__GFP_RETRY_MAYFAIL'))
    expect(later.meaning.join()).not.toMatch(/from Linux 4\.12 on/)
  })
})

it.each([
  ['gfp_flags=GFP_KERNEL|GFP_ZERO', true],
  ['gfp_flags=GFP_NOWARN|GFP_NORETRY', true],
  ['gfp_flags=GFP_KERNEL', undefined],
  ['gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP', undefined],
  ['gfp_flags=GFP_NOFS|__GFP_RETRY_MAYFAIL', false],
  ['gfp_flags=GFP_KERNEL node=-1 accounted=false', false],
  ['# os release : 4.11.12-200.fc25', true],
  ['# os release : 4.12.0', false],
  ['{"recorder":"kernel-sim","version":1,"kernel":"Linux 6.18.44 #1 SMP"', false],
])('of %s it is known whether it is older than scopes: %s', (text, older) => {
  expect(isBefore(kernelOfText(text), '4.12')).toBe(older)
})
