/** Delegation: how a lock class or a stack says that somebody else does the work, and a task waits for it. */
import { plainName } from '../../../trace/attribute/plain-name.js'

const FLUSH =
  /^(?:__)?(?:flush_work|flush_delayed_work|flush_rcu_work|flush_workqueue\w*|drain_workqueue|start_flush_work|destroy_workqueue)$/
const CANCEL = /^(?:__)?cancel_(?:delayed_)?work(?:_timer|_sync)?\w*$/

/** Returns true if lockdep's class stands for a work item, its queue, or a completion. */
export function isDelegated(name: string): boolean {
  return /\((?:work|wq)_completion\)|^\(complete(?:tion)?\)|\.work$/.test(name)
}

/** How a stack waits for a work item: a cancel only waits for one that runs already. */
export function waitForWorkOn(functions: readonly string[]): 'flush' | 'cancel' | undefined {
  const names = functions.map(plainName)
  if (names.some((name) => CANCEL.test(name))) return 'cancel'
  return names.some((name) => FLUSH.test(name)) ? 'flush' : undefined
}

/** Who flushes: the first function outside of the workqueue code. */
export function flusherOn(functions: readonly string[]): string | undefined {
  const waits = functions.filter((name) => {
    const plain = plainName(name)
    return FLUSH.test(plain) || CANCEL.test(plain)
  })
  const last = waits.at(-1)
  return last === undefined ? undefined : functions[functions.lastIndexOf(last) + 1]
}

/** The work function that a stack runs: what process_one_work called. */
export function workFunctionOn(functions: readonly string[]): string | undefined {
  const at = functions.findIndex((name) =>
    /^process_(?:one_work|scheduled_works)$/.test(plainName(name)),
  )
  return at > 0 ? functions[at - 1] : undefined
}
