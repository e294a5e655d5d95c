/** Report: a table and what came of its claims, as text. */

/** Three digits are more than such measurements have. */
const number = (value) => (value >= 100 ? value.toFixed() : value.toPrecision(3))

/** The lines of a table: for each setting the quickest round, and in brackets the median one. */
export function values({ title, unit, settings }, results) {
  const columns = Object.keys(settings)
  const width = Math.max(...results.labels.map((label) => label.length)) + 2
  const cell = (setting, label) => {
    if (!results.has(setting, label)) return ''
    const quickest = number(results.quickest(setting, label))
    const typical = number(results.typical(setting, label))
    return typical === quickest ? quickest : `${quickest} (${typical})`
  }
  const line = (label, cells) =>
    `  ${label.padEnd(width)}${cells.map((text) => text.padEnd(16)).join('')}`.trimEnd()
  return [
    `${title} [${unit}]`,
    line('', columns),
    ...results.labels.map((label) =>
      line(
        label,
        columns.map((setting) => cell(setting, label)),
      ),
    ),
  ]
}

/** What came of a claim, in each setting that has what it is about. */
export function verdicts({ settings }, claim, results) {
  const { what, against, atMost, faster } = claim
  const unit = against === undefined ? '' : 'x'
  return Object.keys(settings)
    .filter((setting) => results.has(setting, what) && results.has(setting, against ?? what))
    .map((setting) => {
      const value = measure(claim, setting, results)
      const limit = (faster ?? atMost)?.[setting]
      const holds = limit === undefined || (faster ? value >= limit : value <= limit)
      const target = `${faster ? 'at least' : 'at most'} ${limit}${unit}: ${holds ? 'ok' : 'MISSED'}`
      const text = `${setting} ${number(value)}${unit}${faster ? ' faster' : ''}`
      return { holds, text: limit === undefined ? text : `${text}, ${target}` }
    })
}

/** What a claim is about, as a number. */
function measure({ what, against, without, faster }, setting, results) {
  if (against === undefined) return results.quickest(setting, what)
  const [more, less] = faster ? [against, what] : [what, against]
  return results.ratio(setting, more, less, without)
}

/** Names a claim. */
export function subject({ what, against, without }) {
  const other = against === undefined ? '' : ` / ${against}`
  return `${what}${other}${without === undefined ? '' : ` (without ${without})`}`
}
