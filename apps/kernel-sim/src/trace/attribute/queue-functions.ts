/** Queue functions: those that queue work on behalf of their caller. Who delegates is the first function outside of them. */
import { FunctionNames } from './function-names.js'

/** Names, or beginnings of names where they end in `*` (kernel/workqueue.c, and wrappers around it). */
const QUEUEING = new FunctionNames([
  '__queue_work*',
  'queue_work*',
  '__queue_delayed_work',
  'queue_delayed_work*',
  'mod_delayed_work*',
  'queue_rcu_work',
  'schedule_work*',
  'schedule_delayed_work*',
  'kblockd_schedule_work',
  'kblockd_mod_delayed_work*',
])

/** The place on a stack, innermost first, of the function that delegates; -1 when none is left. */
export function delegatorOn(functions: readonly string[]): number {
  return functions.findIndex((name) => !QUEUEING.has(name))
}
