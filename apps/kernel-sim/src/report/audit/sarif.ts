/** Audit SARIF: the findings for code scanning tools, in the Static Analysis Results Interchange Format 2.1.0 of OASIS. */
import { DAMAGE_KINDS } from '../../trace/read/damage.js'
import { plural } from '../form/numbers.js'
import { functionAt, sarifLog, sarifStack, warning } from '../form/sarif.js'
import { type Finding, type FindingStack, findingsOf, type Level, RULES } from './findings.js'
import type { AuditReport } from './report.js'

/** What only the caller knows of a run. */
export interface SarifRun {
  /** Of kernel-sim. */
  readonly version: string
  /** Where the recording lies, as a URI; undefined where it lies nowhere. */
  readonly recording: string | undefined
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
export function auditSarif(report: AuditReport, run: SarifRun): string {
  return sarifLog({
    tool: 'kernel-sim audit',
    version: run.version,
    rules: RULE_NAMES.map((id) => ({ id, ...RULES[id], level: DEFAULT_LEVELS[id] })),
    artifacts: run.recording === undefined ? [] : [run.recording],
    notifications: notifications(report),
    results: findingsOf(report).map((finding) => result(finding, run)),
  })
}

function result(finding: Finding, run: SarifRun): object {
  const { rule, id, level, message, observations, confidence, stacks } = finding
  return {
    ruleId: rule,
    ruleIndex: RULE_NAMES.indexOf(rule),
    ...severity(level),
    message: { text: message },
    locations: locations(finding, run),
    occurrenceCount: observations,
    partialFingerprints: { 'finding/v1': id },
    ...(stacks.length > 0 ? { stacks: stacks.map(stackOf) } : {}),
    ...(confidence === undefined ? {} : { properties: { confidence } }),
  }
}

/** What nobody knows is no failure, and such a result has no level (SARIF 2.1.0, 3.27.9). */
function severity(level: Level): object {
  return level === 'review' ? { kind: 'review', level: 'none' } : { kind: 'fail', level }
}

function locations({ site, line }: Finding, { recording }: SarifRun): object[] {
  if (site === undefined && (recording === undefined || line === undefined)) return []
  return [
    {
      ...(recording === undefined || line === undefined
        ? {}
        : {
            physicalLocation: {
              artifactLocation: { uri: recording, index: 0 },
              region: { startLine: line },
            },
          }),
      ...(site === undefined ? {} : { logicalLocations: [functionAt(site)] }),
    },
  ]
}

function stackOf({ what, count, functions, line }: FindingStack): object {
  return sarifStack(`${what}: ${plural(count, 'time')}, first on line ${line}`, functions)
}

/** What could not be read, and what the recorder lost: the findings are incomplete by so much. */
function notifications({ reading }: AuditReport): object[] {
  const damage = reading.damage.map(({ kind, count }) =>
    warning(`${plural(count, 'part')} of the recording could not be read: ${DAMAGE_KINDS[kind]}`),
  )
  if (reading.lost === 0) return damage
  return [...damage, warning(`The recorder lost ${plural(reading.lost, 'event')}.`)]
}
