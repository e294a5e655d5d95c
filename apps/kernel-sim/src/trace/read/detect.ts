/** Detect: which format a recording has. Its first lines tell; its name does not matter. */
import type { TraceEvent } from '../event.js'
import type { Damage } from './damage.js'
import { FtraceReader } from './ftrace.js'
import { NdjsonReader } from './ndjson.js'
import { PerfReader } from './perf.js'
import type { TraceReader } from './trace-reader.js'

/** How each format is told, and read. The first one that a line fits is taken. */
const FORMATS = {
  /** Of our own recorder. */
  ndjson: { line: /^\s*\{"/, reader: NdjsonReader },
  /** tracefs, trace-cmd report; function_graph with events as comments. */
  ftrace: {
    line: /^[>\s]*# tracer: |^(?:.*-\d+\s*(?:\([ \d-]*\)\s*)?|[>\s]*)\[\d{3,}\](?:\s+\S{4,})?\s*\d+(?:\.\d{6,9})?: +\w+: |\|\s+\/\* \w+: .*\*\//,
    reader: FtraceReader,
  },
  /** perf script. */
  perf: {
    line: /^\s*\S.*\s\d+(?:\/\d+)?\s+\[\d{3,}\]\s+\d+\.\d{6,9}:\s.*\w+: /,
    reader: PerfReader,
  },
} as const

export type TextFormat = keyof typeof FORMATS

/** The format that the beginning of a recording has; undefined when no line of it says. */
export function detect(beginning: string): TextFormat | undefined {
  for (const line of beginning.split('\n')) {
    for (const format of Object.keys(FORMATS) as TextFormat[]) {
      if (FORMATS[format].line.test(line)) return format
    }
  }
  return undefined
}

/** A reader for the format. */
export function readerFor(
  format: TextFormat,
  sink: (event: TraceEvent) => void,
  damage: Damage,
): TraceReader {
  return new FORMATS[format].reader(sink, damage)
}
