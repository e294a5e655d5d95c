/**
 * Irq usage: in which contexts the locks of a class were taken (kernel/locking/lockdep.c, lockdep_states.h). A lock that an
 * interrupt takes must never be held while that interrupt can come: then it would wait for the task that it interrupted.
 */
import type { Mode } from './lock-graph.js'

/** The kinds of interrupt, in the order in which the kernel prints them. */
export const IRQS = ['HARDIRQ', 'SOFTIRQ'] as const
export type Irq = (typeof IRQS)[number]

/** Bits of one kind of interrupt; those of the second are 4 further up. */
const READ = 1
const ENABLED = 2
const BITS = 4
/** Of both kinds: taken for writing; and taken inside an interrupt. */
const WRITES = 0b0101_0101
const USED_IN = 0b0011_0011

/** The number of a bit: taken inside the interrupt, or while it was enabled; for writing or reading. */
export function usageBit(irq: Irq, enabled: boolean, mode: Mode): number {
  return IRQS.indexOf(irq) * BITS + (enabled ? ENABLED : 0) + (mode === 'write' ? 0 : READ)
}

/** Which kind of interrupt a bit is about. */
export function irqOf(bit: number): Irq {
  return IRQS[bit < BITS ? 0 : 1]
}

export function isEnabled(bit: number): boolean {
  return (bit & ENABLED) !== 0
}

/** The bits of the same lock that a new one does not go with: a reader only minds writers. */
export function conflicts(bit: number): number {
  const opposite = 1 << ((bit ^ ENABLED) & ~READ)
  return (bit & READ) !== 0 ? opposite : opposite | (opposite << READ)
}

/** The bits of other locks along a way that a bit does not go with. */
export function opposites(bit: number): number {
  const opposite = 1 << ((bit ^ ENABLED) & ~READ)
  return opposite | (opposite << READ)
}

/** What counts of a class's usage where a way came to it: recursive readers keep only writers out. */
export function effective(usage: number, onlyRecursive: boolean): number {
  return onlyRecursive ? usage & WRITES : usage
}

/** The usages inside interrupts among some. */
export function insideIrq(usage: number): number {
  return usage & USED_IN
}

/** The numbers of the bits that are set. */
export function bitsOf(usage: number): number[] {
  return Array.from({ length: 2 * BITS }, (_, bit) => bit).filter((bit) => (usage >>> bit) & 1)
}

/** `IN-HARDIRQ-W`, `SOFTIRQ-ON-R` */
export function usageName(bit: number): string {
  const mode = (bit & READ) !== 0 ? 'R' : 'W'
  return isEnabled(bit) ? `${irqOf(bit)}-ON-${mode}` : `IN-${irqOf(bit)}-${mode}`
}

/** `{+.+.}`: for each kind of interrupt, written and read: `-` inside it, `+` with it enabled, `?` both. */
export function usageText(usage: number): string {
  const has = (bit: number): boolean => ((usage >>> bit) & 1) === 1
  const letters = [0, READ, BITS, BITS + READ].map((bit) =>
    has(bit + ENABLED) ? (has(bit) ? '?' : '+') : has(bit) ? '-' : '.',
  )
  return `{${letters.join('')}}`
}
