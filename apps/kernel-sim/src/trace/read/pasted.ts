/**
 * Pasted: what stands around the lines of a text that came another way than as a file: in a kernel log (ftrace_dump_on_oops), through Android's
 * logcat, with numbers, quoted by a mail, or as the source of a page.
 */

/** What precedes each line. The first that a line has is taken off all lines. */
const PREFIXES: readonly RegExp[] = [
  // A kernel log.
  /^(?:<\d>)?\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? ?/,
  // logcat.
  /^\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} +(?:\S+ +)?\d+ +\d+ [VDIWEF] \S+ *: ?/,
  // syslog, journald and collectors.
  /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ kernel: (?:\[ *\d+\.\d{6}\] ?)?/,
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S* (?:\S+ kernel: )?/,
  /^\[\d\d:\d\d:\d\d(?:\.\d+)?\] /,
  // Numbers of lines.
  /^ *\d+\t/,
]
/** A mail that quotes. */
const QUOTE = /^(?:> ?)+/

const ENTITIES = /&(lt|gt|amp|quot);/g
const CHARACTERS: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' }

/** Turns a line into what it was before. */
export type Unpaste = (line: string) => string

/** Frames of perf behind blanks: the whole text is indented. */
const INDENTED_FRAME = /^( +)\t *[\da-f]+ \S/m
/** Frames of ftrace in the source of a page. */
const ENCODED = /^.*(?:=&gt; \w|&lt;stack trace&gt;)/m

/** What a whole text was put into, and what undoes it: its stacks tell, its events look as ever. */
export function unpasting(beginning: string): Unpaste | undefined {
  if (ENCODED.test(beginning)) return withoutEntities
  const indentation = INDENTED_FRAME.exec(beginning)?.[1]
  return indentation === undefined
    ? undefined
    : (line) => (line.startsWith(indentation) ? line.slice(indentation.length) : line)
}

/** Takes what precedes a line off it, and off all others; undefined where nothing does. */
export function unprefixing(line: string): Unpaste | undefined {
  const prefix = PREFIXES.find((each) => each.test(line))
  return prefix === undefined ? undefined : (each) => each.replace(prefix, '')
}

/** For a form whose reader does not know quotes. */
export function unquoting(line: string): Unpaste | undefined {
  return QUOTE.test(line) ? (each) => each.replace(QUOTE, '') : undefined
}

function withoutEntities(line: string): string {
  return line.replace(ENTITIES, (entity, name: string) => CHARACTERS[name] ?? entity)
}
