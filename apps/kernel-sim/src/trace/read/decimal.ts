/** Decimal: numbers straight from bytes, without a string in between. NaN where there is none. */

const ZERO = 48
const NINE = 57
const DOT = 46

/** Seconds with up to nine decimals, as nanoseconds. */
export function nanoseconds(bytes: DataView, start: number, end: number): number {
  let dot = start
  while (dot < end && bytes.getUint8(dot) !== DOT) dot++
  const decimals = end - dot - 1
  const power = POWERS[9 - decimals]
  if (power === undefined) return Number.NaN
  return digits(bytes, start, dot) * 1e9 + digits(bytes, dot + 1, end) * power
}

const POWERS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8]

/** One to nine digits, as 32 bits hold them. */
function digits(bytes: DataView, start: number, end: number): number {
  if (start >= end || end - start > 9) return Number.NaN
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = bytes.getUint8(at) - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    value = (Math.imul(value, 10) + digit) | 0
  }
  return value
}

/** A whole number of clock ticks: up to 18 digits, of which a double keeps about 16. */
export function ticks(bytes: DataView, start: number, end: number): number {
  const middle = Math.max(start, end - 9)
  const high = middle > start ? digits(bytes, start, middle) * 1e9 : 0
  return high + digits(bytes, middle, end)
}

/** Returns true if the byte is a digit. */
export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE
}
