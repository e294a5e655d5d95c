/**
 * Audit scenario: a lost scope as a scenario that `kernel-sim check` runs, from a recording to a model of the deadlock that is
 * to be feared. What the recording tells is in it; what it does not tell (the locks) is a guess that says so.
 */

import type { StackSample } from '../../audit/samples.js'
import type { LostScopeFact } from '../../audit/work-facts.js'
import { plainName } from '../../trace/attribute/plain-name.js'
import { delegatorOn } from '../../trace/attribute/queue-functions.js'
import { plural } from '../form/numbers.js'
import { printable } from '../form/printable.js'
import { comment, quoted } from '../form/source.js'
import { waitedFor } from './findings.js'
import type { AuditReport } from './report.js'
import { firstText } from './seen.js'

/**
 * The lost scope to model: of those of this work function, or of all, the one with most allocations; but what was
 * waited for comes first, then what is certain.
 */
export function lostScopeToModel(report: AuditReport, fn?: string): LostScopeFact | undefined {
  const rank = (lost: LostScopeFact) =>
    (waitedFor(lost, report) ?? 0) > 0 ? 2 : lost.certain ? 1 : 0
  return report.work.lost
    .filter((lost) => fn === undefined || plainName(lost.fn) === plainName(fn))
    .sort((a, b) => rank(b) - rank(a) || b.allocations - a.allocations)[0]
}

/** The source of a scenario file, TypeScript or JavaScript. */
export function auditScenario(lost: LostScopeFact, report: AuditReport): string {
  const { scope, regained, kind, delegated, allocated } = lost
  const waited = waitedFor(lost, report)
  const fn = name(lost.fn)
  const task = name(delegatorOf(delegated[0]))
  const flag = scopeFlag(scope) ?? 'PF_MEMALLOC_NOFS'
  const workerFlag = scopeFlag(lost.workerScope)
  const gfp = `GFP_${lost.class}`
  const needs = regained.includes('__GFP_IO') ? '__GFP_IO' : '__GFP_FS'
  const imports = [...new Set([needs, gfp, flag, ...(workerFlag ? [workerFlag] : [])])].sort(
    (a, b) => a.localeCompare(b, 'en'),
  )
  const allocation = workerFlag
    ? `        yield* kernel.scopes.section(${workerFlag}, function* () {
          yield* kernel.kmalloc(${gfp})
        })`
    : `        yield* kernel.kmalloc(${gfp})`
  return `${comment(
    `A scope lost on the way to a worker, as recorded in ${report.reading.name}:`,
    `${lost.fn}, ${kind === 'delayed' ? 'delayed work armed' : 'queued'} from a ${scope} scope, ${lost.certain ? '' : 'may have '}` +
      `allocated with ${regained} in ${lost.site}`,
    `(${plural(lost.allocations, 'allocation')} in ${plural(lost.executions, 'execution')}).`,
    '',
    'Written by kernel-sim audit --scenario. It runs as it is: kernel-sim check FILE. Replace what it calls a guess',
    'by what the code does.',
  )}
import { ${imports.join(', ')}, scenario } from '@scopemask/kernel-sim'

${comment(waitedText(waited))}
const WAITS = ${(waited ?? 0) > 0}

export default scenario({
  name: '${slug(lost.fn)}',
  summary: ${quoted(`${fn}, queued from a ${scope} scope, allocates with ${regained}`)},
  source: ${quoted(report.reading.name)},
  build(kernel) {
    // A guess: the task holds something that reclaim needs. A recording does not show locks.
    const held = kernel.mutex(${quoted(`held by ${task}`)})
    kernel.shrinker('shrinker', ${needs}, function* () {
      yield* held.lock()
      yield* held.unlock()
    })
    // A guess: the queue is an ordinary one.
    const queue = kernel.workqueue('queue')
${stackComment(report, 'Allocates', allocated[0])}
    const item = kernel.work(${quoted(fn)}, function* () {
      // Only under the policy callee-scope it opens the scope itself.
      yield* kernel.scopes.calleeSection(${flag}, function* () {
${allocation}
      })
    })
${stackComment(report, kind === 'delayed' ? 'Armed, here without the delay' : 'Queued', delegated[0])}
    kernel.task(${quoted(task)}, function* () {
      yield* held.lock()
      yield* kernel.scopes.section(${flag}, function* () {
        yield* kernel.queueWork(queue, item)
        if (WAITS) yield* kernel.flushWork(item)
      })
      yield* held.unlock()
    })
  },
})
`
}

function waitedText(waited: number | undefined): string {
  const meaning =
    'Whether the task waits for the item while it holds what reclaim needs. The recording'
  if (waited === undefined) return `${meaning} cannot tell: try both.`
  return waited === 0
    ? `${meaning} shows none that did: try both.`
    : `${meaning} shows ${plural(waited, 'wait')} inside the scope.`
}

/** The flag that opens a scope as strict as this one; undefined for none. NOIO forbids all that NOFS does. */
function scopeFlag(scope: string): 'PF_MEMALLOC_NOIO' | 'PF_MEMALLOC_NOFS' | undefined {
  const parts = scope.split('+')
  if (parts.includes('NOIO')) return 'PF_MEMALLOC_NOIO'
  return parts.includes('NOFS') ? 'PF_MEMALLOC_NOFS' : undefined
}

/** The function that queued the item. */
function delegatorOf(sample: StackSample | undefined): string {
  if (sample === undefined) return 'task'
  return sample.functions[delegatorOn(sample.functions)] ?? 'task'
}

function stackComment(report: AuditReport, what: string, sample: StackSample | undefined): string {
  const lines =
    sample === undefined
      ? [`${what}: no stack was recorded.`]
      : [
          `${what} (${plural(sample.count, 'time')}, first at ${firstText(report, sample)}):`,
          ...sample.functions.map((each) => `  ${each}`),
        ]
  return comment(...lines).replace(/^/gm, '    ')
}

/** Lines of comment: whatever names hold, they stay in it. */
function name(fn: string): string {
  return printable(plainName(fn))
}

/** A name for the scenario: lower case, digits and dashes. */
function slug(fn: string): string {
  const dashes = plainName(fn)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return dashes === '' ? 'lost-scope' : dashes
}
