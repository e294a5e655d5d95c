/**
 * Scope place: where a scope would have to be opened so that a flag can go. It is the innermost function that all uncovered call
 * paths of a call site have in common and that is on none of its covered ones: inside of it everything is covered
 * then, and what is covered already stays as it is.
 */
import { FunctionNames } from '../trace/attribute/function-names.js'
import { plainName } from '../trace/attribute/plain-name.js'
import type { Stack } from '../trace/stack.js'

/** Where the kernel enters code that it calls for many: a scope there would cover everything. */
const ENTRIES = new FunctionNames([
  'do_syscall_64',
  'x64_sys_call',
  'entry_SYSCALL_64*',
  'do_syscall_*',
  'el0_svc*',
  'el0t_64_sync*',
  'invoke_syscall*',
  'system_call_*',
  'syscall_exit*',
  '__x64_sys_*',
  '__arm64_sys_*',
  '__se_sys_*',
  'process_one_work',
  'process_scheduled_works',
  'worker_thread',
  'kthread',
  'ret_from_fork*',
  'ret_from_kernel_thread',
  'asm_exc_page_fault',
  'exc_page_fault',
])

/**
 * Returns the function; undefined where there is none, as where covered paths come through the same callers.
 * @param uncovered the stacks of requests outside of any scope: at least one.
 * @param covered the stacks of requests in one.
 */
export function scopePlace(
  site: string,
  uncovered: readonly Stack[],
  covered: readonly Stack[],
): string | undefined {
  const [first, ...others] = uncovered.map((stack) => callersOf(site, stack))
  if (first === undefined) return undefined
  const elsewhere = new Set(covered.flatMap((stack) => callersOf(site, stack)))
  const sets = others.map((callers) => new Set(callers))
  return first.find((name) => !elsewhere.has(name) && sets.every((set) => set.has(name)))
}

/** The functions around a call site, the innermost first, without those that everything comes through. */
function callersOf(site: string, { functions }: Stack): string[] {
  return functions
    .slice(functions.indexOf(site) + 1)
    .map(plainName)
    .filter((name) => !ENTRIES.has(name))
}
