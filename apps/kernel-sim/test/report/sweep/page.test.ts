import { describe, expect, it } from 'vitest'
import { pageHtml } from '../../../src/report/form/html-page.js'
import { pageMarkdown } from '../../../src/report/form/markdown.js'
import { pageText } from '../../../src/report/form/text.js'
import { sweepPage } from '../../../src/report/sweep/sweep-page.js'
import { type Job, jobOf, type Outcome, type Result } from '../../../src/sweep/job.js'
import { DEFAULT_LIMITS } from '../../../src/sweep/plan/plan.js'

const common = { subject: './w.ts', file: 'w.ts', files: 'x', limits: DEFAULT_LIMITS } as const

const check = (policy: string, values: Job['values']): Job =>
  jobOf({ kind: 'check', ...common, policy, values }, '1')
const sample = (seed: number): Job =>
  jobOf(
    {
      kind: 'sample',
      ...common,
      policy: 'scope',
      values: {},
      seed,
      executions: 9,
      strategy: 'pct',
    },
    '1',
  )

function page(all: readonly (readonly [Job, Outcome | null])[]) {
  const results = all.flatMap(([job, outcome]): [string, Result][] =>
    outcome === null ? [] : [[job.id, { id: job.id, ...outcome, seconds: 1, by: 'here' }]],
  )
  return sweepPage({ plan: 'p.yaml', jobs: all.map(([job]) => job), results: new Map(results) })
}

const safe: Outcome = { verdict: 'safe', figures: { states: 12 } }
const deadlock = (steps: number): Outcome => ({
  verdict: 'deadlock',
  figures: { states: 1234, steps },
  why: '<b>&',
  token: `T${steps}`,
})

describe('the page of a sweep', () => {
  const two = page([
    [check('scope', { n: 1, depth: 7 }), safe],
    [check('explicit', { n: 1, depth: 7 }), deadlock(9)],
    [check('scope', { n: 2, depth: 7 }), deadlock(4)],
    [check('explicit', { n: 2, depth: 7 }), null],
  ])

  it('has the parameters as rows and the policies as columns', () => {
    const text = pageText(two)
    expect(text).toContain(`All interleavings of ./w.ts, depth=7
====================================
  n  scope              explicit
  -  -----------------  -----------------
  1  safe               deadlock, 9 steps
  2  deadlock, 4 steps  not done yet
`)
    expect(text).toContain('3 of 4 jobs done so far.\n  2 deadlock, 1 safe.')
    expect(text).toContain('kernel-sim replay ./w.ts scope T4 --set n=2 --set depth=7')
    expect(pageMarkdown(two)).toContain('| 1 |')
  })

  it('escapes what a scenario says', () => {
    const html = pageHtml(two)
    expect(html).toContain('&lt;b&gt;&amp;')
    expect(html).not.toContain('<b>&')
    expect(html).toMatch(/<span class="bad">deadlock, 4 steps<\/span>/)
  })

  it('says of seeds how many came to the gravest', () => {
    const text = pageText(
      page([
        [sample(1), { verdict: 'bounded', figures: { executions: 9 } }],
        [sample(2), { verdict: 'deadlock', figures: { steps: 3, executions: 9 } }],
        [sample(3), null],
      ]),
    )
    expect(text).toContain('deadlock in 1 of 3 seeds, 1 not done yet')
  })

  it('has figures where there is one axis, and failures first of all', () => {
    const failed: Outcome = { verdict: 'failed', figures: {}, why: 'it ended its process' }
    const text = pageText(
      page([
        [check('scope', { n: 1 }), safe],
        [check('scope', { n: 2 }), deadlock(4)],
        [check('scope', { n: 3 }), failed],
      ]),
    )
    expect(text).toMatch(/n {2}verdict {3}steps {2}states/)
    expect(text).toMatch(/2 {2}deadlock {6}4 {3}1,234/)
    expect(text).toContain('./w.ts with n=3 under scope: it ended its process.')
  })
})
