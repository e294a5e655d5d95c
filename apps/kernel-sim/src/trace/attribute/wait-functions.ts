/**
 * Wait functions: those that put a task to sleep on behalf of their caller. What a task waits for, the first function
 * outside of them tells; how it waits, the outermost of them. The list is data, as that of the allocator's is.
 */
import { FunctionNames } from './function-names.js'

/** How every sleep ends: they say nothing of the wait. */
const PLUMBING = new Set([
  '__schedule',
  'schedule',
  'schedule_timeout',
  'schedule_timeout_uninterruptible',
  'schedule_preempt_disabled',
  'io_schedule',
  'io_schedule_timeout',
  '__down_common',
])

/** Names, or beginnings of names where they end in `*`. */
const WAITS = new FunctionNames([
  'wait_for_completion*',
  '__wait_for_common',
  'bit_wait*',
  '__wait_on_bit*',
  'out_of_line_wait_on_bit*',
  'wait_on_bit*',
  'folio_wait_*',
  'down',
  'down_interruptible',
  'down_killable',
  'down_read*',
  'down_write*',
  'rwsem_down_*',
  'percpu_rwsem_wait',
  '__percpu_down_read',
  'mutex_lock*',
  '__mutex_lock*',
  'rt_mutex_*',
  '__flush_work*',
  'flush_work*',
  'flush_delayed_work',
  '__flush_workqueue',
  'flush_workqueue*',
  'drain_workqueue',
  'cancel_work_sync',
  'cancel_delayed_work_sync',
  '__cancel_work_sync',
  'synchronize_*',
  '__wait_rcu_gp',
  'wait_rcu_gp',
  'prepare_to_wait*',
])

/** How and where a task waits. */
export interface WaitPlace {
  /** `down`, `wait_for_completion`; `schedule` where it sleeps by itself. */
  readonly wait: string
  /** The function that waits, and the one that called it. */
  readonly site: string
  readonly caller: string
}

/** The place of the sleep that a stack was taken at, innermost function first. */
export function waitPlaceOn(functions: readonly string[]): WaitPlace {
  let at = 0
  let wait = 'schedule'
  for (; at < functions.length; at++) {
    const name = functions[at] ?? ''
    if (WAITS.has(name)) wait = name
    else if (!PLUMBING.has(name)) break
  }
  return { wait, site: functions[at] ?? '?', caller: functions[at + 1] ?? '?' }
}
