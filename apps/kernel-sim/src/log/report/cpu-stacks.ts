/**
 * CPU stacks: where CPUs are, as reports of lockups show it. A CPU that was interrupted to be looked at shows the stack of the interrupt
 * first: what it did is below that, behind the registers, or behind the frame by which the interrupt came in.
 */
import type { Frame } from '../../lockdep/frame.js'
import { isInterruptEntry } from '../../trace/attribute/interrupt.js'
import type { LogLine } from '../read/log-line.js'
import { CALL_TRACE, framesOf, isStackMark, type LogStack, registerFrame } from './stack-lines.js'

/** Lines of registers, between the stack of an interrupt and what it interrupted. */
const REGISTERS =
  /^\s*(?:RIP: |RSP: |Code: |EFLAGS|FS: |CS: |CR\d: |DR\d: |PKRU: |R[A-DS][XIP]: |R\d\d?: |ORIG_RAX|Modules linked in|CPU: |Hardware name: |Tainted: |Workqueue: |pstate: |pc : |lr : |sp : |x\d+ ?: )/
/** Functions that look at a CPU or print its stack (kernel/sched/core.c, lib/nmi_backtrace.c, kernel/rcu/tree_stall.h). */
const LOOKS =
  /^(?:dump_stack|show_(?:stack|regs)|dump_backtrace|_?sched_show_task|nmi_|rcu_dump_cpu_stacks|dump_cpu_task|arch_trigger|print_(?:other_)?cpu_stall|watchdog_timer_fn)/

/** The stacks of some lines, each from where its CPU was before it was looked at. */
export function cpuStacksIn(lines: readonly LogLine[]): LogStack[] {
  const stacks: LogStack[] = []
  let frames: Frame[] = []
  let places: number[] = []
  const end = () => {
    if (frames.length > 0) stacks.push(interrupted({ frames, lines: places }))
    frames = []
    places = []
  }
  for (const { text, line } of lines) {
    const here = registerFrame(text)
    if (here !== null) {
      // The registers are of what the frames above have interrupted; or those of another CPU begin.
      if (!frames.some(({ fn }) => isInterruptEntry(fn))) end()
      frames = [here]
      places = [line]
      continue
    }
    if (CALL_TRACE.test(text)) {
      if (frames.length > 1) end()
      continue
    }
    const found = framesOf(text)
    if (found === null) {
      const between = text.trim() === '' || isStackMark(text) || REGISTERS.test(text)
      if (!between) end()
      continue
    }
    for (const frame of found) {
      frames.push(frame)
      places.push(line)
    }
  }
  end()
  return stacks
}

/** A stack without the interrupt that looked at the CPU, where the registers do not say where that was. */
function interrupted(stack: LogStack): LogStack {
  const { frames, lines } = stack
  if (!LOOKS.test(frames.find(({ unsure }) => !unsure)?.fn ?? '')) return stack
  const entry = frames.findIndex(({ fn, unsure }) => !unsure && isInterruptEntry(fn))
  if (entry < 0) return stack
  let at = entry
  while (at < frames.length && isInterruptEntry(frames[at]?.fn ?? '')) at++
  return at < frames.length ? { frames: frames.slice(at), lines: lines.slice(at) } : stack
}
