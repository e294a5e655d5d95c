/** What a lock that is used wrongly means: which rule is broken. None of it is about memory reclaim. */
import type { LockMisuseFound } from '../report/report.js'
import { functionsOf } from '../report/stack-lines.js'
import { type Explained, startOf } from './explained.js'

const RULES: Readonly<Record<LockMisuseFound['what'], string>> = {
  rcu: 'Data that RCU protects is used outside of a read section, and without the lock that would do instead.',
  kept: 'A lock is still held where all have to be dropped: whoever takes it next waits for ever.',
  nesting: 'A lock is taken as nested in another one (…_nest_lock), which is not held.',
  key: 'A lock is used that nobody initialized, or that lies where lockdep cannot tell locks apart.',
}

/** What lockdep and the printing of stacks put on top. */
const ABOVE =
  /^(?:dump_stack\w*|show_stack|dump_backtrace|lockdep_\w+|(?:__)?lock_acquire|register_lock_class|debug_check_no_locks_held)/

export function explainLockMisuse(found: LockMisuseFound): Explained {
  const { what, title, detail, locks, lockLines, stack, first, reporter } = found
  const functions = stack === undefined ? [] : functionsOf(stack)
  const at = functions.find((name) => !ABOVE.test(name))
  const who = reporter.comm ?? 'a task'
  const keeps = [...new Set(locks.map(({ name }) => name))].join(', ')
  const kept = what === 'kept' && keeps !== '' ? ` (${keeps})` : ''
  return {
    ...startOf(found),
    kind: 'lock-misuse',
    verdict: 'misuse',
    confidence: 'high',
    summary: `${who}: ${saidOf(title, detail)}${kept}${at === undefined ? '' : `, in ${at}`}.`,
    tasks: [
      {
        comm: who,
        ...(reporter.pid === undefined ? {} : { pid: reporter.pid }),
        does: 'uses a lock wrongly',
        ...(reporter.work === undefined
          ? {}
          : { work: `${reporter.work.queue}: ${reporter.work.fn}` }),
        line: first,
        stack: stack?.frames ?? [],
      },
    ],
    locks: locks.map((lock, i) => ({
      name: lock.name,
      at: lock.at.at(-1)?.fn ?? '?',
      ...(reporter.comm === undefined ? {} : { owner: reporter.comm }),
      line: lockLines[i] ?? first,
    })),
    reasons: [RULES[what], 'Memory reclaim is not part of it: scopes make no difference.'],
    lines: [first, ...lockLines],
  }
}

/** What the report says, in one line. */
function saidOf(title: string, detail: string | undefined): string {
  const item = detail?.startsWith('last function')
    ? `${title.replace(/(atomic): .*$/, '$1')}, ${detail}`
    : detail
  return (item ?? title).replace(/[.!]+$/, '')
}
