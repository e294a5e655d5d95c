/**
 * Ftrace latency: the form of ftrace's text that shows the CPU and the flags as one word, by the option `latency-format` of tracefs, or by
 * `trace-cmd report -l`. It says the same in another order, so that its lines are turned round and read as those of the plain form.
 *
 * ```text
 *     bash-12778     0d..1. 27848468799us+: kmem_cache_alloc: call_site=...
 *     w.sh-128     1.....    22.415391: kmem_cache_alloc: call_site=...
 *      cat-11775   0.....9515574721134: kmalloc: call_site=...
 * ```
 */

/** What begins a line with an event: its task, its CPU and flags, and its time, in seconds, microseconds with a mark for a long delay, or ticks. */
export const LATENCY_LINE =
  /^(.*?-\d+) +(\d+)([^\s\d]\S{3,}?)(?: +(\d+\.\d{6,9}): +| +(\d+)us ?[^\s\w:]? ?: | *(\d{7,}): +)(?=<|\w+: )/

/** The line as the plain form has it; one without an event as it is. */
export function plainLine(line: string): string {
  const found = LATENCY_LINE.exec(line)
  if (found === null) return line
  const [head, task, cpu = '', flags, seconds, microseconds = '', ticks] = found
  const time = seconds ?? ticks ?? microseconds.padStart(7, '0').replace(/(\d{6})$/, '.$1')
  return `${task} [${cpu.padStart(3, '0')}] ${flags} ${time}: ${line.slice(head.length)}`
}
