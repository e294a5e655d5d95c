/** Seen: in which recordings something was seen, where a report is on several. With one recording there is nothing to say. */
import type { StackSample } from '../../audit/samples.js'
import { type Column, type Stack, text } from '../form/table.js'
import { whereText } from '../form/where.js'
import { framesWithLines } from './lines.js'
import type { AuditReport } from './report.js'

type Recordings = Pick<AuditReport, 'recordings'>
type Frames = Pick<AuditReport, 'recordings' | 'lines'>

/** The column that says it by the numbers of the recordings, from 1; none for one recording. */
export function seenColumn<R>(
  { recordings }: Recordings,
  of: (row: R) => readonly number[],
): Column<R>[] {
  if (recordings.length === 1) return []
  return [text('seen in', (row) => numbersText(of(row)))]
}

/** The numbers from 1: `1, 3`. */
function numbersText(numbers: readonly number[]): string {
  return numbers.map((each) => each + 1).join(', ')
}

/** The names of the recordings; empty for one recording. */
export function seenNames({ recordings }: Recordings, numbers: readonly number[]): string[] {
  if (recordings.length === 1) return []
  const names = shortNames(recordings)
  return numbers.flatMap((each) => names[each] ?? [])
}

/** The names of recordings without the folders that they have in common. */
export function shortNames(recordings: readonly { readonly name: string }[]): string[] {
  const paths = recordings.map(({ name }) => name.split('/'))
  const [first = []] = paths
  let common = 0
  while (
    common < first.length - 1 &&
    paths.every((path) => common < path.length - 1 && path[common] === first[common])
  ) {
    common++
  }
  // Where they have the root alone in common, a path without it would be another one.
  const shared = first.slice(0, common).join('/') === '' ? 0 : common
  return paths.map((path) => path.slice(shared).join('/'))
}

/** The same as a sentence, for rows that a terminal says in sentences. */
export function seenSentence(report: Recordings, numbers: readonly number[]): string[] {
  const names = seenNames(report, numbers)
  return names.length === 0 ? [] : [`seen in: ${names.join(', ')}`]
}

/** Where a sample was seen first: `line 7`; `line 7 of b.txt` where there are several recordings. */
export function firstText(
  report: Recordings,
  { line, recording }: Pick<StackSample, 'line' | 'recording'>,
): string {
  const [name] = seenNames(report, [recording])
  return `${whereText(report.recordings[recording], line)}${name === undefined ? '' : ` of ${name}`}`
}

/** Stacks for a table, with the name of the recording where there are several, and with lines of source where they are known. */
export function stacksOf(report: Frames, what: string, samples: readonly StackSample[]): Stack[] {
  return samples.map(({ count, functions, frames, line, recording }) => ({
    what,
    count,
    functions: report.lines === undefined ? functions : framesWithLines(report, frames),
    first: firstText(report, { line, recording }),
  }))
}
