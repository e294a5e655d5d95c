/**
 * Preempt count: in which context code runs (include/linux/preempt.h, 6.1, not PREEMPT_RT). Bits 0-7 count disabled
 * preemption, 8-15 softirqs, 16-19 hardirqs, 20-23 NMIs.
 */
const SOFTIRQ_OFFSET = 0x100
const SOFTIRQ_MASK = 0xff00
const HARDIRQ_MASK = 0xf0000
const NMI_MASK = 0xf00000

/** Returns true if a softirq runs. With bottom halves only disabled, none does. */
export function inServingSoftirq(preemptCount: number): boolean {
  return (preemptCount & SOFTIRQ_OFFSET) !== 0
}

/** Returns true if a hardirq runs. */
export function inHardirq(preemptCount: number): boolean {
  return (preemptCount & HARDIRQ_MASK) !== 0
}

/** Returns true if an NMI runs. */
export function inNmi(preemptCount: number): boolean {
  return (preemptCount & NMI_MASK) !== 0
}

/** Returns true if an interrupt runs, or bottom halves are disabled. */
export function inInterrupt(preemptCount: number): boolean {
  return (preemptCount & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_MASK)) !== 0
}

/** Returns true if a task runs; also with bottom halves disabled, where {@link inInterrupt} is true as well. */
export function inTask(preemptCount: number): boolean {
  return (preemptCount & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET)) === 0
}
