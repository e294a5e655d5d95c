/** Numbers: how reports write them. */

const FORMAT = new Intl.NumberFormat('en-US')

/** `1,234,567` */
export function number(value: number): string {
  return FORMAT.format(value)
}

/** `81.2 %`; 100 % and 0 % only where they are exact. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '-'
  if (part === whole) return '100 %'
  if (part === 0) return '0 %'
  const tenths = Math.floor((1000 * part) / whole)
  return tenths === 0 ? '<0.1 %' : `${(tenths / 10).toFixed(1)} %`
}

/** `1 page`, `2 pages` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`
}
