/** Audit SARIF: the findings for code scanning tools, in the Static Analysis Results Interchange Format 2.1.0 of OASIS. */
import { DAMAGE_KINDS } from '../../trace/read/damage.js'
import type { Reading } from '../../trace/read/read-trace.js'
import type { SourceLine } from '../../trace/symbolize/source-line.js'
import { plural } from '../form/numbers.js'
import { functionAt, lineAt, sarifLog, sarifStack, warning } from '../form/sarif.js'
import { type Finding, type FindingStack, findingsOf, type Level, RULES } from './findings.js'
import { lineOf } from './lines.js'
import { lossOf } from './loss.js'
import type { AuditReport } from './report.js'
import { firstText, seenNames, shortNames } from './seen.js'

/** What only the caller knows of a run. */
export interface SarifRun {
  /** Of kernel-sim. */
  readonly version: string
  /** Where each recording lies, as a URI; undefined where one lies nowhere. */
  readonly recordings: readonly (string | undefined)[]
}

/** The kinds of findings in the order in which results name them by index. */
const RULE_NAMES = Object.keys(RULES) as (keyof typeof RULES)[]

/** The level that a rule has unless a finding says otherwise. */
const DEFAULT_LEVELS: Readonly<Record<keyof typeof RULES, 'error' | 'warning' | 'note'>> = {
  'scope-violated': 'error',
  'kernel-differs': 'warning',
  'lost-scope': 'warning',
  'needs-scope': 'note',
  'partly-covered': 'note',
  'redundant-flag': 'note',
}

/** The findings as one SARIF log. Kernel functions are logical locations; lines are those of the recording, decompressed. */
export function auditSarif(report: AuditReport, { version, recordings }: SarifRun): string {
  const uris = recordings.filter((uri) => uri !== undefined)
  const places = recordings.map((uri) =>
    uri === undefined ? undefined : { uri, index: uris.indexOf(uri) },
  )
  return sarifLog({
    tool: 'kernel-sim audit',
    version,
    rules: RULE_NAMES.map((id) => ({ id, ...RULES[id], level: DEFAULT_LEVELS[id] })),
    artifacts: uris,
    notifications: notifications(report),
    results: findingsOf(report).map((finding) => result(finding, report, places)),
  })
}

/** Where a recording lies: its address, and its place among the artifacts. */
type Place = { readonly uri: string; readonly index: number } | undefined

function result(finding: Finding, report: AuditReport, places: readonly Place[]): object {
  const { rule, id, level, message, observations, confidence, stacks, seenIn } = finding
  const names = seenNames(report, seenIn)
  const properties = {
    ...(confidence === undefined ? {} : { confidence }),
    ...(names.length === 0 ? {} : { seenIn: names }),
  }
  return {
    ruleId: rule,
    ruleIndex: RULE_NAMES.indexOf(rule),
    ...severity(level),
    message: { text: message },
    ...locations(finding, report, places),
    occurrenceCount: observations,
    partialFingerprints: { 'finding/v1': id },
    ...(stacks.length > 0 ? { stacks: stacks.map((stack) => stackOf(stack, report)) } : {}),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  }
}

/** What nobody knows is no failure, and such a result has no level (SARIF 2.1.0, 3.27.9). */
function severity(level: Level): object {
  return level === 'review' ? { kind: 'review', level: 'none' } : { kind: 'fail', level }
}

/**
 * Where a finding is: in the source of the kernel, where its line is known; else in the recording that shows it. Other recordings
 * that show it are related to it.
 */
function locations(finding: Finding, report: AuditReport, places: readonly Place[]): object {
  const { site, line, recording, seenIn } = finding
  const place = recording === undefined ? undefined : places[recording]
  const recorded =
    place === undefined || line === undefined || recording === undefined
      ? undefined
      : { artifactLocation: place, ...regionOf(report.recordings[recording], line) }
  const source = sourceOf(finding, report)
  const physicalLocation = source === undefined ? recorded : lineAt(source)
  const others = seenIn.filter((each) => each !== recording).flatMap((each) => places[each] ?? [])
  const related = [
    ...(source === undefined || recorded === undefined
      ? []
      : [{ physicalLocation: recorded, message: { text: 'recorded here first' } }]),
    ...others.map((artifactLocation) => ({
      physicalLocation: { artifactLocation },
      message: { text: 'seen in this recording too' },
    })),
  ]
  const nowhere = site === undefined && physicalLocation === undefined
  return {
    locations: nowhere
      ? []
      : [
          {
            ...(physicalLocation === undefined ? {} : { physicalLocation }),
            ...(site === undefined ? {} : { logicalLocations: [functionAt(site)] }),
          },
        ],
    ...(related.length === 0 ? {} : { relatedLocations: related }),
  }
}

/** A line of a text; a trace.dat has none. */
function regionOf(recording: Reading | undefined, line: number): object {
  return recording?.format === 'trace.dat' ? {} : { region: { startLine: line } }
}

/** The line of source that a finding is about: where its function is on the first stack that has it. */
function sourceOf({ site, stacks }: Finding, report: AuditReport): SourceLine | undefined {
  for (const { functions, frames } of stacks) {
    const frame = frames[functions.indexOf(site ?? '')]
    if (frame !== undefined) return lineOf(report, frame)
  }
  return undefined
}

function stackOf(stack: FindingStack, report: AuditReport): object {
  const { what, count, functions, frames } = stack
  return sarifStack(
    `${what}: ${plural(count, 'time')}, first at ${firstText(report, stack)}`,
    functions.map((name, at) => ({ name, line: lineOf(report, frames[at] ?? name) })),
  )
}

/** What could not be read, and what the recorder lost: the findings are incomplete by so much. */
function notifications({ recordings }: AuditReport): object[] {
  const names = shortNames(recordings)
  return recordings.flatMap((reading, at) => {
    const name = recordings.length === 1 ? 'the recording' : (names[at] ?? '')
    const damage = reading.damage.map(({ kind, count }) =>
      warning(`${plural(count, 'part')} of ${name} could not be read: ${DAMAGE_KINDS[kind]}`),
    )
    if (reading.gaps === 0) return damage
    const recorder = recordings.length === 1 ? 'The recorder' : `The recorder of ${name}`
    return [...damage, warning(`${recorder} lost events: ${lossOf(reading)}.`)]
  })
}
