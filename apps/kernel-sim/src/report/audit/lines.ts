/** Lines: the frames of a report with the lines of source that they came from, where the binaries of the kernel were given. */
import type { StackSample } from '../../audit/samples.js'
import { type SourceLine, withoutBuildFolder } from '../../trace/symbolize/source-line.js'
import type { LinesFact } from './lines-fact.js'
import type { AuditReport } from './report.js'

/** All distinct frames that a report shows or counts. */
export function framesOf({ callSites, work, waits, reclaim, stacks }: AuditReport): string[] {
  const samples: (readonly StackSample[])[] = [
    ...callSites.explicit.flatMap(({ coveredFrom, uncoveredFrom }) => [coveredFrom, uncoveredFrom]),
    ...work.delegations.map(({ samples }) => samples),
    ...work.lost.flatMap(({ delegated, allocated }) => [delegated, allocated]),
    ...work.armed.map(({ samples }) => samples),
    ...waits.map(({ samples }) => samples),
    ...reclaim.entries.map(({ samples }) => samples),
  ]
  const frames = new Set(samples.flat().flatMap((sample) => sample.frames))
  for (const { stack, coverage } of stacks) {
    if (coverage === undefined) continue
    for (const frame of stack.frames) frames.add(frame)
  }
  return [...frames]
}

/** The report with the lines of its frames. */
export function withLines(
  report: AuditReport,
  {
    lines,
    ...found
  }: Omit<LinesFact, 'lines' | 'located'> & {
    readonly lines: ReadonlyMap<string, readonly SourceLine[]>
  },
): AuditReport {
  const short = withoutBuildFolder(lines)
  return {
    ...report,
    lines: { ...found, located: short.size, lines: Object.fromEntries(short) },
  }
}

/** The line that says most of a frame: the innermost one that is not in a header, whose functions are inlined everywhere. */
export function lineOf(
  { lines }: Pick<AuditReport, 'lines'>,
  frame: string,
): SourceLine | undefined {
  const all = lines?.lines[frame]
  return all?.find(({ file }) => !file.endsWith('.h')) ?? all?.[0]
}

/** The frames as a stack shows them: with their lines, and with what was inlined between them. */
export function framesWithLines(
  { lines }: Pick<AuditReport, 'lines'>,
  frames: readonly string[],
): string[] {
  return frames.flatMap((frame) => {
    const all = lines?.lines[frame]
    if (all === undefined || all.length === 0) return [frame]
    return all.map(({ fn, file, line }, at) =>
      at < all.length - 1
        ? `${fn} (inlined) ${placeText({ file, line })}`
        : `${frame} ${placeText({ file, line })}`,
    )
  })
}

/** `fs/xfs/xfs_trans.c:254`; the file alone where the line is not known. */
export function placeText({ file, line }: Pick<SourceLine, 'file' | 'line'>): string {
  return line === 0 ? file : `${file}:${line}`
}
