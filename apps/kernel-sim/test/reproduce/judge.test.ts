/** Judging, on what a real machine printed, and on what it would have printed had it done something else. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { policyNamed } from '../../src/kernel/policy.js'
import { pageText } from '../../src/report/form/text.js'
import { reproducePage } from '../../src/report/reproduce/page.js'
import { readConsole } from '../../src/reproduce/console/console.js'
import { failureOf, judge } from '../../src/reproduce/judge/judge.js'
import { type Prediction, predictionOfToken } from '../../src/reproduce/judge/prediction.js'
import { cilPush } from '../../src/scenarios/cil-push.js'

const CONSOLE = gunzipSync(
  readFileSync(new URL('../data/reproduce/cil-push.scope.console.gz', import.meta.url)),
).toString()

/** What the model says of the schedule that the machine has followed. */
const PREDICTION = predictionOfToken(cilPush, policyNamed('scope'), '00001222622S1c2')

function judged(console: string, over: Partial<Prediction> = {}) {
  return judge({ ...PREDICTION, ...over }, readConsole(console))
}

/** The console, with one of its lines as it could have been. */
function changed(line: RegExp, to: string): string {
  const other = CONSOLE.replace(line, to)
  expect(other).not.toBe(CONSOLE)
  return other
}

test('the model says who is stuck, as which actor, and what dissolves it', () => {
  expect(PREDICTION).toMatchObject({
    verdict: 'deadlock',
    dissolution: { memory: 'stays', otherWork: 'stays', both: 'stays' },
    stuck: [
      { task: 'quota', actor: 0, what: 'work xlog_cil_push_work', isBlocked: true, inCircle: true },
      { task: 'kworker/u4', actor: 2, what: 'mutex dqp->q_qlock', isBlocked: true, inCircle: true },
    ],
  })
})

test('a deadlock of the model that the kernel has, too, agrees', () => {
  const judgement = judged(CONSOLE)
  expect(judgement).toMatchObject({
    kernel: '6.1.192-kernel-sim',
    outcome: 'deadlock',
    dissolved: 'never',
    counted: 1,
    unshown: [],
    differs: [],
    result: 'agrees',
  })
  expect(judgement.compared).toBeGreaterThan(10)
  const [quota, worker] = judgement.tasks
  expect(quota).toMatchObject({ name: 'quota', is: 'blocked', asleep: true, hung: 10 })
  expect(quota?.stack[1]).toMatch(/^flush_work\+/)
  expect(worker).toMatchObject({ does: 'mutex_lock(dqp->q_qlock)', asleep: true })
  expect(worker?.stack.some((frame) => frame.startsWith('try_to_free_pages+'))).toBe(true)
})

test('the report puts the model’s circle and the kernel’s stacks side by side, and both reports of lockdep', () => {
  const reading = readConsole(CONSOLE)
  const text = pageText(
    reproducePage({
      prediction: PREDICTION,
      judgement: judge(PREDICTION, reading),
      reports: reading.reports,
      hasLockdep: true,
      standIns: [],
      accelerator: 'tcg',
    }),
  )
  expect(text).toMatch(/quota +waits for work xlog_cil_push_work +flush_work\(xlog_cil_push_work\)/)
  expect(text).toMatch(/xfs_qm_shrink_scan +scan\w+xfs_qm_shrink_scan\+/)
  expect(text.match(/Chain exists of:\n +dqp->q_qlock -->.*--> fs_reclaim/g)).toHaveLength(2)
})

test.each<[string, RegExp, string, RegExp]>([
  [
    'another verdict',
    /VERDICT deadlock never/,
    'VERDICT done done',
    /the model says deadlock, and on the kernel it is done/,
  ],
  [
    'a dissolution',
    /VERDICT deadlock never/,
    'VERDICT deadlock with-memory',
    /in the model it stays, and on the kernel it dissolves when memory is given back/,
  ],
  [
    'another result',
    /(RESULT 1) 0 0 queue_work/,
    '$1 1 0 queue_work',
    /sync, at queue_work.*: it comes to 1, in the model to 0/,
  ],
  [
    'no sleep',
    /AFTER (\d+) 0 blocked blocks/,
    'AFTER $1 0 goes-on blocks',
    /quota, at .*: it goes on, in the model it sleeps/,
  ],
  [
    'a busy task',
    /STATE 2 blocked/,
    'STATE 2 busy',
    /xlog_cil_push_work is stuck in the model, and busy on the kernel/,
  ],
  [
    'a task that woke',
    /(init: again[\s\S]*init: asleep \d+) (\d+) quota/,
    '$1 9$2 quota',
    /quota no longer sleeps when all is given back/,
  ],
  ['a schedule that was left', /TURN 4 1 /, 'LEFT 4 1 absent ', /sync never comes to queue_work/],
  ['a damaged line', /TURN 1 0 /, 'TURN INFO: task ', /a line of the module is damaged/],
])('%s differs', (_, line, to, differs) => {
  const judgement = judged(changed(line, to))
  expect(judgement.differs.join('\n')).toMatch(differs)
  expect(judgement.result).toBe('differs')
})

test('who is outside of the circle may get what it waits for when all is given back', () => {
  const woken = changed(/(init: again[\s\S]*init: asleep \d+) (\d+) quota/, '$1 9$2 quota')
  const inCircle = (name: string) =>
    PREDICTION.stuck.map((each) => ({ ...each, inCircle: each.task === name }))
  expect(judged(woken, { stuck: inCircle('kworker/u4') }).result).toBe('agrees')
  expect(judged(woken, { stuck: inCircle('quota') }).result).toBe('differs')
})

test('a round in which an allocation under pressure was not seen in reclaim shows nothing', () => {
  const judgement = judged(changed(/PRESSED 2 seen|RECLAIM 2 1 1 \S+/, 'PRESSED 2 unseen'))
  expect(judgement).toMatchObject({
    result: 'shows nothing',
    counted: 0,
    unshown: ['an allocation of xlog_cil_push_work was to reclaim, and did not'],
  })
})

test('a safe cell agrees only when the kernel has come to its end', () => {
  expect(judged(CONSOLE, { verdict: 'safe', stuck: [] }).differs).toEqual([
    'the model says safe, and on the kernel it is deadlock',
  ])
})

test.each<[string, string, RegExp]>([
  ['nothing was printed', '', /does not boot in this machine: it printed nothing/],
  [
    'no program was started',
    'SeaBIOS\r\nno space for the kernel\r\n',
    /does not boot .* no space for the kernel/,
  ],
  [
    'it panicked',
    CONSOLE.replace(/init: insmod[\s\S]*/, '[ 9.0] Kernel panic - not syncing: OOM\r\n'),
    /panicked: OOM/,
  ],
  [
    'the module was refused',
    CONSOLE.replace('init: insmod 0', 'init: insmod 1'),
    /does not load the module/,
  ],
  [
    'it stopped in the middle',
    CONSOLE.replace(/init: insmod[\s\S]*/, ''),
    /ended before the module was done/,
  ],
  ['the end is missing', CONSOLE.replace(/init: end/, ''), /ended before it had said all/],
])('where %s, that is said in one sentence', (_, console, why) => {
  expect(failureOf(readConsole(console), { seconds: 60, timedOut: false })).toMatch(why)
})

test('a machine that takes too long is told from one that ends early', () => {
  const reading = readConsole(CONSOLE.replace(/init: insmod[\s\S]*/, ''))
  expect(failureOf(reading, { seconds: 60, timedOut: true })).toMatch(
    /not done after 60 s, --seconds/,
  )
  expect(failureOf(readConsole(CONSOLE), { seconds: 60, timedOut: false })).toBeUndefined()
})
