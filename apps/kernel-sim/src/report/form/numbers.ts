/** Numbers: how reports write them. */

/** `1,234,567`, `0.125`. Whole numbers do without Intl, whose first use takes as long as reading two megabytes of a recording. */
export function number(value: number): string {
  if (!Number.isSafeInteger(value)) return value.toLocaleString('en-US')
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/**
 * `81.2 %`: the nearest tenth. 100 % and 0 % are said only where they are exact: what rounds to them is `> 99.9 %` or `< 0.1 %`.
 * Of nothing there is no share: `-`.
 */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '-'
  if (part === whole) return '100 %'
  if (part === 0) return '0 %'
  const tenths = Math.round((1000 * part) / whole)
  if (tenths === 0) return '< 0.1 %'
  if (tenths === 1000) return part < whole ? '> 99.9 %' : '> 100 %'
  return `${(tenths / 10).toFixed(1)} %`
}

/** `1 page`, `2 pages` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`
}
