/** Log SARIF: what logs say, for code scanning tools: a result for each report, at its line and its function. */
import {
  type Explained,
  type ExplainedKind,
  KIND_NAMES,
  type LogVerdict,
} from '../../log/judge/explained.js'
import { functionAt, type SarifLevel, sarifLog, sarifStack, warning } from '../form/sarif.js'
import type { LogReport } from './log-report.js'

const KINDS = Object.keys(KIND_NAMES) as ExplainedKind[]

/** How grave a verdict is; what nobody knows has no level. */
const LEVELS: Readonly<Record<LogVerdict, SarifLevel | 'review'>> = {
  deadlock: 'error',
  'lost-scope': 'error',
  'missing-scope': 'warning',
  'wrong-context': 'error',
  misuse: 'error',
  waits: 'warning',
  starvation: 'warning',
  'false-alarm': 'note',
  harmless: 'note',
  explained: 'note',
  'cannot-tell': 'review',
}

/** What only the caller knows of a run. */
export interface LogSarifRun {
  readonly version: string
  /** Where a log lies, as a URI; undefined where it lies nowhere. */
  readonly uriOf: (log: string) => string | undefined
}

export function logSarif(logs: readonly LogReport[], { version, uriOf }: LogSarifRun): string {
  const artifacts = logs.flatMap(({ name }) => {
    const uri = uriOf(name)
    return uri === undefined ? [] : [uri]
  })
  return sarifLog({
    tool: 'kernel-sim explain',
    version,
    rules: KINDS.map((id) => ({
      id,
      title: KIND_NAMES[id].replace(/^./, (first) => first.toUpperCase()),
      help: 'The message says what it means, how sure that is, and which kinds of fixes history has.',
      level: 'warning',
    })),
    artifacts,
    notifications: logs.flatMap(({ cut, name, oversize }) => [
      ...(cut === undefined ? [] : [warning(`${name} breaks off: ${cut}`)]),
      ...(oversize === 0
        ? []
        : [warning(`${oversize} lines of ${name} are too long and were left aside.`)]),
    ]),
    results: logs.flatMap(({ name, reports }) =>
      reports.map((report) => resultOf(report, uriOf(name), artifacts)),
    ),
  })
}

function resultOf(
  report: Explained,
  uri: string | undefined,
  artifacts: readonly string[],
): object {
  const { kind, verdict, confidence, summary, reasons, lines, first, place, chain, count } = report
  const level = LEVELS[verdict]
  const functions = [...new Set([place?.fn, ...chain.map(({ stack }) => stack[0]?.fn)])].filter(
    (fn) => fn !== undefined,
  )
  return {
    ruleId: kind,
    ruleIndex: KINDS.indexOf(kind),
    ...(level === 'review' ? { kind: 'review', level: 'none' } : { kind: 'fail', level }),
    message: { text: [`${verdict}: ${summary}`, ...reasons].join(' ') },
    locations: [
      {
        ...(uri === undefined
          ? {}
          : {
              physicalLocation: {
                artifactLocation: { uri, index: artifacts.indexOf(uri) },
                region: { startLine: Math.max(1, lines[0] ?? first) },
              },
            }),
        ...(functions.length === 0 ? {} : { logicalLocations: functions.map(functionAt) }),
      },
    ].filter((location) => Object.keys(location).length > 0),
    occurrenceCount: count,
    partialFingerprints: {
      'report/v1': [
        kind,
        ...chain.map(({ what }) => what.replace(/\d+/g, 'N')),
        place?.fn ?? '',
      ].join('/'),
    },
    ...(chain.some(({ stack }) => stack.length > 0)
      ? {
          stacks: chain
            .filter(({ stack }) => stack.length > 0)
            .map(({ what, how, stack }) =>
              sarifStack(
                `${what}: ${how}`,
                stack.map(({ fn }) => ({ name: fn })),
              ),
            ),
        }
      : {}),
    properties: { verdict, confidence },
  }
}
