/** Log JSON: the report on logs for programs, as schemas/explain.schema.json describes it. */
import { type Frame, printFrame } from '../../lockdep/frame.js'
import type { Explained } from '../../log/judge/explained.js'
import type { LogReport } from './log-report.js'

export function logJson(logs: readonly LogReport[]): string {
  const document = {
    format: 'kernel-sim-explain',
    version: 1,
    logs: logs.map(({ name, lines, oversize, cut, found, dropped, unexplained, idle, others }) => ({
      name,
      lines,
      oversize,
      ...(cut === undefined ? {} : { cut }),
      found,
      dropped,
      unexplained,
      idle,
      others,
    })),
    reports: logs.flatMap(({ name, reports }) => reports.map((report) => reportJson(name, report))),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** Stacks as the kernel prints them; the report itself stays in the log. */
function reportJson(log: string, { splat: _, lines, tasks, chain, ...report }: Explained): object {
  return {
    log,
    ...report,
    lines: [...new Set(lines)],
    tasks: tasks.map(({ stack, ...task }) => ({ ...task, stack: stackJson(stack) })),
    chain: chain.map(({ stack, ...link }) => ({ ...link, stack: stackJson(stack) })),
  }
}

function stackJson(stack: readonly Frame[]): string[] {
  return stack.map(printFrame)
}
