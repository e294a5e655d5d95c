/** SARIF: findings for code scanning tools, in the Static Analysis Results Interchange Format 2.1.0 of OASIS. */

const SCHEMA =
  'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'

export type SarifLevel = 'error' | 'warning' | 'note'

export interface SarifRule {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly level: SarifLevel
}

/** One run of a tool. */
export interface SarifContents {
  readonly tool: string
  readonly version: string
  readonly rules: readonly SarifRule[]
  /** The files that were read, as URIs. */
  readonly artifacts: readonly string[]
  readonly notifications: readonly object[]
  readonly results: readonly object[]
}

/** The whole log. */
export function sarifLog(contents: SarifContents): string {
  const { tool, version, rules, artifacts, notifications, results } = contents
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: tool,
            version,
            rules: rules.map(({ id, title, help, level }) => ({
              id,
              shortDescription: { text: `${title}.` },
              fullDescription: { text: `${title}. ${help}` },
              help: { text: help },
              defaultConfiguration: { level },
            })),
          },
        },
        artifacts: artifacts.map((uri) => ({ location: { uri }, roles: ['analysisTarget'] })),
        invocations: [{ executionSuccessful: true, toolExecutionNotifications: notifications }],
        results,
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

/** A function of the kernel as a logical location. */
export function functionAt(name: string): object {
  return { name, fullyQualifiedName: name, kind: 'function' }
}

/** A frame of a stack: a function, and the line of its source if that is known. */
export interface SarifFrame {
  readonly name: string
  readonly line?: { readonly file: string; readonly line: number } | undefined
}

/** A line of source as a physical location: of the file alone where the number of the line is not known. */
export function lineAt({ file, line }: { readonly file: string; readonly line: number }): object {
  return {
    artifactLocation: { uri: encodeURI(file) },
    ...(line === 0 ? {} : { region: { startLine: line } }),
  }
}

/** A stack, innermost function first. */
export function sarifStack(message: string, frames: readonly SarifFrame[]): object {
  return {
    message: { text: message },
    frames: frames.map(({ name, line }) => ({
      location: {
        ...(line === undefined ? {} : { physicalLocation: lineAt(line) }),
        logicalLocations: [functionAt(name)],
      },
    })),
  }
}

/** Something that the reader of the results has to know. */
export function warning(text: string): object {
  return { level: 'warning', message: { text } }
}
