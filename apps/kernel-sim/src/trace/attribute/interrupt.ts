/**
 * Interrupt: an event that an interrupt or softirq raised on top of a task carries that task's name and flags,
 * and has nothing to do with it. The stack tells: one of these functions is on it.
 */

/** Where interrupts and softirqs enter, on x86, arm, powerpc and in common code (kernel/softirq.c); since 3.0. */
const ENTRIES = new Set([
  'asm_common_interrupt',
  'common_interrupt',
  'asm_exc_nmi',
  'do_IRQ',
  'apic_timer_interrupt',
  'smp_apic_timer_interrupt',
  'reschedule_interrupt',
  'ret_from_intr',
  'el1_irq',
  '__irq_svc',
  'gic_handle_irq',
  'timer_interrupt',
  'hardware_interrupt_common',
  'el1_interrupt',
  'el0_interrupt',
  'el1h_64_irq',
  'el0t_64_irq',
  'call_on_irq_stack',
  'do_interrupt_handler',
  'generic_handle_arch_irq',
  'handle_softirqs',
  '__do_softirq',
  'do_softirq',
  'do_softirq_own_stack',
  '__irq_exit_rcu',
  'irq_exit_rcu',
])

/** x86 has one entry a vector: `asm_sysvec_apic_timer_interrupt`, `sysvec_call_function`, ... */
const X86_VECTOR = /^(asm_)?sysvec_/

/** Returns true if a stack with this function on it was taken in an interrupt or softirq. */
export function isInterruptEntry(name: string): boolean {
  return ENTRIES.has(name) || X86_VECTOR.test(name)
}
