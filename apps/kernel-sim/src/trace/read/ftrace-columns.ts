/**
 * Ftrace columns: where in the bytes of a line of ftrace things stand. `TASK-PID [CPU] FLAGS TIME: NAME: FIELDS`, with as many blanks
 * between as the tracer likes.
 */
import { isDigit } from './decimal.js'

/** Where in a line a CPU stands at most: names of tasks have 15 bytes, those of workers 64, and buffers are named before them. */
export const TASK_COLUMNS = 512

const TAB = 9
export const LF = 10
export const SPACE = 32
export const HASH = 35
const DOT = 46
export const OPEN_PAREN = 40
export const COLON = 58
export const LESS = 60
const EQUALS = 61
export const GREATER = 62
const OPEN = 91
export const CLOSE = 93

/** The level by the third flag: `s` softirq, `h` interrupt, `H` that on top of a softirq, `z` and `Z` NMI. */
export const LEVELS = new Uint8Array(256)
for (const [flags, level] of [
  ['s', 1],
  ['hH', 2],
  ['zZ', 3],
] as const) {
  for (const flag of Buffer.from(flags)) LEVELS[flag] = level
}

/** ` => f` or `=> f`; a tab before it in user stacks of trace-cmd. */
export function isFrame(text: Buffer, at: number): boolean {
  const arrow = text[at] === SPACE || text[at] === TAB ? at + 1 : at
  return text[arrow] === EQUALS && text[arrow + 1] === GREATER
}

/** A frame behind marks of a quotation, or behind more blanks than tracers write. */
export function isLooseFrame(text: Buffer, start: number, end: number): boolean {
  let at = start
  while (at < end && (text[at] === GREATER || text[at] === SPACE || text[at] === TAB)) at++
  return text[at] === EQUALS && text[at + 1] === GREATER
}

/** Digits, and the point between them. */
export function isTimeByte(byte: number): boolean {
  return isDigit(byte) || byte === DOT
}

/** `[000]`, with as many digits as it needs, three at least; then a blank, or the digits of a time. */
export function isCpu(text: Buffer, at: number, end: number): boolean {
  if (text[at] !== OPEN) return false
  let digit = at + 1
  while (isDigit(text[digit])) digit++
  if (digit - at <= 3 || digit >= end || text[digit] !== CLOSE) return false
  const next = text[digit + 1]
  return next === SPACE || isDigit(next)
}

/** The first place of one, or -1. */
export function nextCpu(text: Buffer, from: number, end: number): number {
  let at = text.indexOf(OPEN, from)
  while (at >= 0 && at < end && !isCpu(text, at, end)) at = text.indexOf(OPEN, at + 1)
  return at < end ? at : -1
}

/** Where the line ends: at its line break, or where the text does. */
export function lineEnd(text: Buffer, from: number, limit: number): number {
  const end = text.indexOf(LF, from)
  return end < 0 || end > limit ? limit : end
}

/** Where the next word begins. */
export function wordStart(text: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && text[at] === SPACE) at++
  return at
}

/** Where the word ends: at a blank. */
export function wordEnd(text: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && text[at] !== SPACE) at++
  return at
}

/** Where the next line begins that names a CPU: the frames of a stack never do. */
export function stackEnd(text: Buffer, start: number, end: number): number {
  let before = start
  for (let at = nextCpu(text, start, end); at >= 0; at = nextCpu(text, at + 1, end)) {
    let line = at
    while (line > before && text[line - 1] !== LF) line--
    if (line > before) return line
    before = at
  }
  return end
}
