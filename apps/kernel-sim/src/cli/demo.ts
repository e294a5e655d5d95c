/** `kernel-sim demo`: the bundled cases, the bundled recording, the bundled machine, and what they say together. */
import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { POLICIES } from '../kernel/policy.js'
import { answerOf } from '../matrix/answer.js'
import { auditPage } from '../report/audit/page.js'
import { conclusionText } from '../report/check/conclusion.js'
import { matrixText } from '../report/check/text.js'
import { pageText } from '../report/form/text.js'
import { CASES } from '../scenarios/catalogue.js'
import { rowsInThreads } from './cells.js'
import { Progress } from './progress.js'
import { openExample, readAudit } from './read-audit.js'
import { bundledComparison } from './simulate.js'

/** Each thread loads the command anew, which takes longer than a few cells. */
const MOST_THREADS = 8

export function demo(program: Command): void {
  program
    .command('demo')
    .summary(
      'check the bundled cases, audit the bundled recording, run the bundled machine, and answer the question of 2016',
    )
    .description(
      'Runs check, audit --example and simulate, and ends with an answer in a few sentences that follow from them: ' +
        'is it enough to replace GFP_NOFS and GFP_NOIO by scopes, or must scopes be conveyed?',
    )
    .addHelpText('after', '\nExit status: 0 when it has come to its end.')
    .action(run)
}

async function run(): Promise<void> {
  const progress = new Progress(process.stderr, undefined)
  const rows = await rowsInThreads(
    Math.min(availableParallelism(), MOST_THREADS),
    new Map(CASES.map((each) => [each.number, each])),
    POLICIES,
    { set: {}, search: {}, reductions: [], repair: ['scope'], fair: false },
    (done, all) => progress.say(() => `${done} of ${all} cells checked`),
  )
  progress.done()
  process.stdout.write(`${matrixText(rows, process.stdout.isTTY === true)}\n`)
  const report = await readAudit([await openExample()], undefined)
  const machine = await bundledComparison()
  process.stdout.write(
    `${pageText(auditPage(report), { rows: 15, hint: 'kernel-sim audit --example --top 0 shows all' })}\n${machine}\n${conclusionText(answerOf(rows), report)}`,
  )
}
