/** Decimal: numbers straight from bytes, without a string in between. NaN where there is none. */

const ZERO = 48
const NINE = 57
const DOT = 46
const MINUS = 45

/** A whole number, with or without a sign. */
export function whole(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === MINUS
  let at = negative ? start + 1 : start
  if (at >= end) return Number.NaN
  let value = 0
  for (; at < end; at++) {
    const byte = bytes[at] as number
    if (byte < ZERO || byte > NINE) return Number.NaN
    value = value * 10 + byte - ZERO
  }
  return negative ? -value : value
}

/** Seconds with up to nine decimals, as nanoseconds. */
export function nanoseconds(bytes: Buffer, start: number, end: number): number {
  let dot = start
  while (dot < end && bytes[dot] !== DOT) dot++
  const decimals = end - dot - 1
  if (dot === start || decimals < 1 || decimals > 9) return Number.NaN
  return whole(bytes, start, dot) * 1e9 + whole(bytes, dot + 1, end) * 10 ** (9 - decimals)
}

/** Whether the byte is a digit. */
export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE
}
