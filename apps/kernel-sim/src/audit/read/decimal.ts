/** Decimal: numbers straight from bytes, without a string in between. NaN where there is none. */

const ZERO = 48
const NINE = 57
const DOT = 46
const MINUS = 45

/** A whole number, with or without a sign. */
export function whole(bytes: DataView, start: number, end: number): number {
  const negative = start < end && bytes.getUint8(start) === MINUS
  let at = negative ? start + 1 : start
  if (at >= end) return Number.NaN
  let value = 0
  for (; at < end; at++) {
    const byte = bytes.getUint8(at)
    if (byte < ZERO || byte > NINE) return Number.NaN
    value = value * 10 + byte - ZERO
  }
  return negative ? -value : value
}

/** Seconds with up to nine decimals, as nanoseconds. */
export function nanoseconds(bytes: DataView, start: number, end: number): number {
  let seconds = 0
  let at = start
  for (; at < end; at++) {
    const byte = bytes.getUint8(at)
    if (byte === DOT) break
    if (byte < ZERO || byte > NINE) return Number.NaN
    seconds = seconds * 10 + byte - ZERO
  }
  const decimals = end - at - 1
  if (at === start || decimals < 1 || decimals > 9) return Number.NaN
  let fraction = 0
  for (at++; at < end; at++) {
    const byte = bytes.getUint8(at)
    if (byte < ZERO || byte > NINE) return Number.NaN
    fraction = fraction * 10 + byte - ZERO
  }
  return seconds * 1e9 + fraction * (POWERS[9 - decimals] as number)
}

const POWERS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8]

/** Whether the byte is a digit. */
export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE
}
