/** Logs: the real ones beside the tests, by name. */
import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { LogExplainer, type LogExplanation } from '../../src/log/explain.js'
import type { LogLine } from '../../src/log/read/log-line.js'
import { LogReader } from '../../src/log/read/log-reader.js'

const folder = new URL('../data/logs/', import.meta.url)

export const LOGS: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.txt.gz'))
  .map((name) => name.replace(/\.txt\.gz$/, ''))

/** The text of the log whose name begins so. */
export function log(name: string): string {
  const found = LOGS.find((each) => each.startsWith(name))
  if (found === undefined) throw new Error(`no log ${name}`)
  return gunzipSync(readFileSync(new URL(`${found}.txt.gz`, folder))).toString()
}

/** The lines that the kernel printed. */
export function linesOf(text: string | Buffer): LogLine[] {
  const lines: LogLine[] = []
  const reader = new LogReader((line) => lines.push(line))
  reader.push(Buffer.from(text))
  reader.end()
  return lines
}

/** What a log says. */
export function explained(text: string | Buffer, kernel?: string): LogExplanation {
  const explainer = new LogExplainer(kernel)
  const reader = new LogReader((line) => explainer.add(line))
  reader.push(Buffer.from(text))
  reader.end()
  return explainer.end()
}
