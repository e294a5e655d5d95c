/** The conclusion follows the numbers: other numbers, other sentences. */
import { describe, expect, it } from 'vitest'
import type { Answer } from '../../../src/matrix/answer.js'
import type { AuditReport } from '../../../src/report/audit/report.js'
import {
  answerSentences,
  conclusionText,
  dissolvingSentences,
  headline,
  lockdepSentence,
  recordingSentences,
} from '../../../src/report/check/conclusion.js'

const answer: Answer = {
  cases: 5,
  safeExplicit: ['1', '2', '3'],
  brokenByReplacement: ['2', '3'],
  survive: ['1', '5'],
  lost: ['2', '3', '4'],
  repairs: [
    { policy: 'convey-on-queue', cases: ['2'] },
    { policy: 'inherit-on-wait', cases: [] },
    { policy: 'callee-scope', cases: ['2', '3'] },
  ],
  repairAll: [],
  beyondRepair: ['4'],
  least: null,
  dissolving: { memory: [], otherWork: [], both: [] },
  livelocks: ['4'],
  needless: ['5'],
  falseAlarms: ['1 scope'],
  unseen: ['2 scope', '3 scope'],
}

const report = {
  callSites: {
    coverage: {
      always: { sites: 3, requests: 30 },
      sometimes: { sites: 1, requests: 60 },
      never: { sites: 2, requests: 10 },
      unknown: { sites: 0, requests: 0 },
    },
    weakened: [{ site: 'a', caller: 'b', scope: 'NOFS', requests: 1200 }],
  },
  requests: { weakened: { total: 1500, fs: 1000, io: 500 } },
  work: {
    lost: [
      { fn: 'rht_deferred_worker', certain: true },
      { fn: 'rht_deferred_worker', certain: true },
      { fn: 'guessed', certain: false },
    ],
  },
} as unknown as AuditReport

const said = (changes: Partial<Answer> = {}) => answerSentences({ ...answer, ...changes }).join(' ')

describe('what the models say', () => {
  it('says no, and what breaks, repairs and costs', () => {
    expect(said()).toBe(
      'No, it is not that simple. Of 5 cases, 2 (1, 5) survive the monotonic replacement of GFP_NOFS/GFP_NOIO by scopes with ' +
        'nothing conveyed; 3 (2, 3, 4) do not, and 2 (2, 3) of those were safe before, with the restriction at the call sites. ' +
        'Yes, the flags have to be conveyed, or set again by the worker: of the 3, callee-scope repairs 2 (2, 3), convey-on-queue 1 (2), inherit-on-wait none. ' +
        'No policy repairs all of them, and none repairs 1 (4). ' +
        'Of the 3, none dissolves when memory comes back or other work is done. ' +
        'Restrictions have a price of their own: in 1 (4) who is restricted waits for memory that only others could free, and retries for ever. ' +
        'In 1 (5), work is delegated and scopes alone are safe: conveying them repairs nothing there, and keeps a worker ' +
        'without a scope of its own from reclaiming, which costs progress.',
    )
  })

  it('says yes when all survive', () => {
    const all = said({ survive: ['1', '2', '3', '4', '5'], lost: [] })
    expect(all).toMatch(/^Yes, it is simple enough: all 5 cases survive/)
    expect(all).not.toContain('have to be conveyed')
  })

  it('follows what the policies repair', () => {
    expect(said({ repairAll: ['callee-scope'], beyondRepair: [] })).toContain(
      'callee-scope repairs all of them.',
    )
    expect(said({ beyondRepair: [] })).toContain('for each there is one that does')
    expect(said({ repairs: [{ policy: 'scope', cases: [] }] })).toContain(
      'Conveying the flags does not help',
    )
    expect(said({ brokenByReplacement: ['3'] })).toContain('1 (3) of those was safe')
    expect(said({ livelocks: [] })).not.toContain('retry for ever')
    expect(said({ needless: [] })).not.toContain('repairs nothing')
  })

  it('says what dissolves by itself, and what can stay', () => {
    const dissolving = { memory: ['1'], otherWork: ['1', '2'], both: [] }
    const lost = ['1', '2', '3']
    expect(dissolvingSentences({ ...answer, lost, dissolving })).toEqual([
      'Some last only as long as something else does: of the 3 there dissolve, whatever the schedule, 2 (1, 2) when other work is done, 1 (1) when memory comes back. 1 (3) can stay until the machine is started anew.',
    ])
    expect(dissolvingSentences({ ...answer, lost })[0]).toContain('none dissolves')
    expect(dissolvingSentences({ ...answer, lost: [] })).toEqual([])
  })

  it('says what lockdep sees of it', () => {
    expect(lockdepSentence(answer)).toContain('warns of 1 that are safe (1 scope)')
    expect(lockdepSentence({ ...answer, falseAlarms: [], unseen: [] })).toContain(
      'warns of 0 that are safe, and is silent about 0 that deadlock',
    )
  })
})

describe('what the recording adds', () => {
  it('says which flags can go and which scopes were lost', () => {
    expect(recordingSentences(report).join(' ')).toBe(
      'In the recording of a real kernel 6 functions still pass GFP_NOFS or GFP_NOIO: 3 always inside a scope, where the flag ' +
        'can go (30.0 % of 100 requests); 1 sometimes and 2 never, where a scope has to come first. ' +
        '1,200 requests passed GFP_KERNEL inside a scope and relied on it; scopes took flags from 1,500 in all. ' +
        '1 work function lost the scope on the way to the worker and allocated what it forbids: rht_deferred_worker.',
    )
  })

  it('says so when there is nothing', () => {
    const none = { sites: 0, requests: 0 }
    const empty = {
      ...report,
      callSites: {
        coverage: { always: none, sometimes: none, never: none, unknown: none },
        weakened: [],
      },
      work: { lost: [] },
    } as unknown as AuditReport
    const text = recordingSentences(empty).join(' ')
    expect(text).toContain('no request passes GFP_NOFS or GFP_NOIO')
    expect(text).toContain('No work item was seen to lose the scope')
  })

  it('ends the text for terminals, in lines that fit', () => {
    const lines = conclusionText(answer, report).split('\n')
    expect(lines.every((line) => line.length <= 100)).toBe(true)
    expect(lines[1]).toBe('='.repeat(lines[0]?.length ?? 0))
    expect(lines.at(-2)).toContain('rht_deferred_worker')
  })
})

describe('the answer in one sentence', () => {
  const head = (changes: Partial<Answer>) => headline({ ...answer, ...changes })

  it('says what the results say', () => {
    expect(head({})).toBe(
      'No, it is not that simple, and yes, they have to be conveyed; but conveying with the item is not the best way',
    )
    expect(head({ repairs: answer.repairs.map(({ policy }) => ({ policy, cases: [] })) })).toBe(
      'No, it is not that simple',
    )
    expect(head({ repairs: [{ policy: 'convey-on-queue', cases: ['2'] }] })).toBe(
      'No, it is not that simple, and yes, they have to be conveyed',
    )
    expect(head({ lost: [] })).toBe('Yes, it is that simple')
  })
})
