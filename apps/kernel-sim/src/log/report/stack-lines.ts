/**
 * Stack lines: the lines of a stack as frames, in the forms of all architectures: `func+0x1/0x2`, `[<addr>] func`, ARM's
 * `(f) from (g)` where each line names two functions, powerpc's two addresses, and the registers that say where a CPU is.
 */
import { type Frame, parseFrame } from '../../lockdep/frame.js'
import type { LogLine } from '../read/log-line.js'

/** A stack, innermost frame first. */
export interface LogStack {
  readonly frames: readonly Frame[]
  /** The line of each frame. */
  readonly lines: readonly number[]
}

const NAME = String.raw`[A-Za-z_$.][\w.$]*`
const FROM_OLD = new RegExp(
  String.raw`^\s*\[<[\da-f]+>\] \((${NAME})(?: \[(\w+)\])?\) from \[<[\da-f]+>\] \((${NAME})\+(0x[\da-f]+\/0x[\da-f]+)(?: \[(\w+)\])?(?: [^()]*)?\)`,
)
const FROM = new RegExp(
  String.raw`^\s*(${NAME})(?: \[(\w+)\])? from (${NAME})\+(0x[\da-f]+\/0x[\da-f]+)(?: \[(\w+)\])?`,
)
const POWERPC = /^\s*\[[\da-f]{8,16}\] \[[\da-f]{8,16}\] (.*)$/
const S390 = /^\s*\(?\[<[\da-f]+>\] (.*?)\)?$/
const REGISTER =
  /^(?:RIP: [\da-f]{4}:|pc : |PC is at |NIP \[[\da-f]+\] |epc : |psw : )(?:\[<[\da-f]+>\] ?(?:\[<[\da-f]+>\] ?)?)?(.*)$/
const MARK = /^\s*<\/?(?:TASK|IRQ|NMI|SOFTIRQ|EOI|EOE|#[A-Z]+)>\s*$/

/** The frames of one line, inner first; null where it is not a line of a stack. */
export function framesOf(text: string): readonly Frame[] | null {
  const frame = parseFrame(text)
  if (frame !== null) return [frame]
  if (text.length > 400 || !/[\w.$]/.test(text)) return null
  const from = FROM_OLD.exec(text) ?? FROM.exec(text)
  if (from !== null) {
    const [, fn = '', module, caller = '', offset = '', outer] = from
    return [named(fn, undefined, module), named(caller, offset, outer)]
  }
  const inner = POWERPC.exec(text)?.[1] ?? S390.exec(text)?.[1]
  const other = inner === undefined ? null : parseFrame(inner.replace(/^\./, ''))
  return other === null ? null : [other]
}

/** Returns true if a line is a mark between frames: `<IRQ>`. */
export function isStackMark(text: string): boolean {
  return MARK.test(text)
}

/** Returns true if a line belongs to a stack: frames, and marks between them. */
export function isStackLine(text: string): boolean {
  return MARK.test(text) || framesOf(text) !== null
}

/** Where a CPU is, as its registers say: `RIP: 0010:check_flush_dependency+0x5/0x10`. */
export function registerFrame(text: string): Frame | null {
  const place = REGISTER.exec(text)?.[1]
  return place === undefined ? null : parseFrame(place)
}

function named(fn: string, offset: string | undefined, module: string | undefined): Frame {
  return {
    fn,
    ...(offset === undefined ? {} : { offset }),
    ...(module === undefined ? {} : { module }),
  }
}

/** The line above a stack. */
export const CALL_TRACE = /^\s*(?:Call Trace|Call trace|Backtrace|Trace|stack backtrace):?/

/** The stacks in some lines, in their order. A stack ends where other lines come. */
export function stacksIn(lines: readonly LogLine[]): LogStack[] {
  const stacks: LogStack[] = []
  let frames: Frame[] = []
  let places: number[] = []
  const end = () => {
    if (frames.length > 0) stacks.push({ frames, lines: places })
    frames = []
    places = []
  }
  for (const { text, line } of lines) {
    if (CALL_TRACE.test(text)) end()
    const found = framesOf(text)
    if (found === null) {
      // Marks, and lines that somebody left out, do not end a stack.
      if (text.trim() !== '' && !MARK.test(text) && !/^\s*\.\.\.\s*$/.test(text)) end()
      continue
    }
    for (const frame of found) {
      // ARM names the caller on this line and again as the function of the next one.
      const before = frames.at(-1)
      if (found.length === 2 && frame === found[0] && before?.fn === frame.fn) continue
      frames.push(frame)
      places.push(line)
    }
  }
  end()
  return stacks
}

/** The functions that surely called each other, innermost first; all of them where none is sure. */
export function functionsOf({ frames }: Pick<LogStack, 'frames'>): string[] {
  const sure = frames.filter(({ unsure, mark }) => !unsure && mark !== 'unreliable')
  return (sure.length > 1 ? sure : frames).map(({ fn }) => fn)
}
