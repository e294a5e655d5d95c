/** Figure: a number with as many digits as tell something. */
export function figure(value: number): string {
  if (Number.isInteger(value)) return String(value)
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 2 : 4
  return value.toFixed(digits)
}
