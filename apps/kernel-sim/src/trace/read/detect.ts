/** Detect: which format a recording has. Its first lines tell; its name does not matter. */
import type { TraceEvent } from '../event.js'
import type { Damage } from './damage.js'
import { FtraceReader } from './ftrace.js'
import { FtraceLatencyReader, LATENCY_LINE } from './ftrace-latency.js'
import { NdjsonReader } from './ndjson.js'
import { PerfReader } from './perf.js'
import type { TraceReader } from './trace-reader.js'

/** The formats of texts, as a report names them. */
export type TextFormat = 'ndjson' | 'ftrace' | 'perf'

/** How a format is told, and read. */
export interface Form {
  readonly name: TextFormat
  /** A line that only this form has. */
  readonly line: RegExp
  readonly reader: new (sink: (event: TraceEvent) => void, damage: Damage) => TraceReader
}

/** Our own recorder's: also what a text is taken for that has no line of any form. */
export const NDJSON: Form = { name: 'ndjson', line: /^\s*\{"/, reader: NdjsonReader }

/** tracefs, trace-cmd report; function_graph with events as comments. */
const FTRACE: Form = {
  name: 'ftrace',
  line: /^(?:.*-\d+\s*(?:\([ \d-]*\)\s*)?|[>\s]*)\[\d{3,}\](?:\s+\S{4,})?\s*\d+(?:\.\d{6,9})?: +(?:\(\+\d+\) +)?\w+: |\|\s+\/\* \w+: .*\*\//,
  reader: FtraceReader,
}

/** The head of both forms of ftrace. */
const TRACER = /^[>\s]*# tracer: /m

/** The first one that a line fits is taken. */
const FORMS: readonly Form[] = [
  NDJSON,
  /** By the option latency-format of tracefs, and by trace-cmd report -l. */
  { name: 'ftrace', line: LATENCY_LINE, reader: FtraceLatencyReader },
  FTRACE,
  /** perf script. */
  {
    name: 'perf',
    line: /^\s*(?:\S.*\s)?\d+(?:\/\d+)?\s+(?:\[\d{3,}\]\s+)?\d+\.\d{6,9}:\s.*\w+: /,
    reader: PerfReader,
  },
]

/** The form that the beginning of a recording has; undefined when no line of it says. */
export function detect(beginning: string): Form | undefined {
  for (const line of beginning.split('\n')) {
    const found = FORMS.find((form) => form.line.test(line))
    if (found !== undefined) return found
  }
  return TRACER.test(beginning) ? FTRACE : undefined
}
