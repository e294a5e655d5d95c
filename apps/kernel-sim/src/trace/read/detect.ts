/** Detect: which format a recording has. Its first lines tell; its name does not matter. */
import type { TraceEvent } from '../event.js'
import type { Damage } from './damage.js'
import { FtraceReader } from './ftrace.js'
import { LATENCY_LINE, plainLine } from './ftrace-latency.js'
import { NdjsonReader } from './ndjson.js'
import { type Unpaste, unpasting, unprefixing, unquoting } from './pasted.js'
import { PerfReader } from './perf.js'
import { RewrittenReader } from './rewritten-reader.js'
import type { TraceReader } from './trace-reader.js'

/** The formats of texts, as a report names them. */
export type TextFormat = 'ndjson' | 'ftrace' | 'perf'

/** How a format is told, and read. */
export interface Form {
  readonly name: TextFormat
  /** A line that only this form has. */
  readonly line: RegExp
  open(sink: (event: TraceEvent) => void, damage: Damage): TraceReader
}

/** Our own recorder's: also what a text is taken for that has no line of any form. */
export const NDJSON: Form = {
  name: 'ndjson',
  line: /^\s*\{"/,
  open: (sink, damage) => new NdjsonReader(sink, damage),
}

/** tracefs, trace-cmd report; function_graph with events as comments. */
const FTRACE: Form = {
  name: 'ftrace',
  line: /^(?:.*-\d+\s*(?:\([ \d-]*\)\s*)?|[>\s]*)\[\d{3,}\](?:\s+\S{4,})?\s*\d+(?:\.\d{6,9})?: +(?:\(\+\d+\) +)?\w+: |\|\s+\/\* \w+: .*\*\//,
  open: (sink, damage) => new FtraceReader(sink, damage),
}

/** The head of both forms of ftrace. */
const TRACER = /^[>\s]*# tracer: /m

/** The first one that a line fits is taken. */
const FORMS: readonly Form[] = [
  NDJSON,
  /** By the option latency-format of tracefs, and by trace-cmd report -l. */
  {
    name: 'ftrace',
    line: LATENCY_LINE,
    open: (sink, damage) => new RewrittenReader(new FtraceReader(sink, damage), plainLine),
  },
  FTRACE,
  /** perf script. */
  {
    name: 'perf',
    line: /^\s*(?:\S.*\s)?\d+(?:\/\d+)?\s+(?:\[\d{3,}\]\s+)?\d+\.\d{6,9}:\s.*\w+: /,
    open: (sink, damage) => new PerfReader(sink, damage),
  },
]

/** The form that the beginning of a recording has; undefined when no line of it says. */
export function detect(beginning: string): Form | undefined {
  const unpaste = unpasting(beginning)
  const whole = unpaste === undefined ? undefined : beginning.split('\n').map(unpaste).join('\n')
  const found = formOf(whole ?? beginning)
  return found === undefined || unpaste === undefined ? found : rewritten(found, unpaste)
}

function formOf(beginning: string): Form | undefined {
  for (const line of beginning.split('\n')) {
    const found = pastedForm(line) ?? FORMS.find((form) => form.line.test(line))
    if (found !== undefined) return found
  }
  return TRACER.test(beginning) ? FTRACE : undefined
}

/** The form of a line that something precedes; undefined where nothing does. */
function pastedForm(line: string): Form | undefined {
  const unquote = unquoting(line)
  for (const unpaste of [unprefixing(line), unquote]) {
    if (unpaste === undefined) continue
    const plain = unpaste(line)
    const form = FORMS.find((each) => each.line.test(plain))
    // Of ftrace quotes are known, and lines that a mail folds.
    if (form !== undefined && (unpaste !== unquote || form !== FTRACE)) {
      return rewritten(form, unpaste)
    }
  }
  return undefined
}

function rewritten(form: Form, unpaste: Unpaste): Form {
  return {
    ...form,
    open: (sink, damage) => new RewrittenReader(form.open(sink, damage), unpaste),
  }
}
