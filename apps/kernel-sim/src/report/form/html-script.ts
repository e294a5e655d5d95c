/**
 * HTML script: what a page does beyond showing. It makes the tables sortable by their headings and gives the long ones a
 * filter. It is text here because it runs in the reader's browser; the tests run it there.
 */
export const HTML_SCRIPT = `'use strict'
for (const table of document.querySelectorAll('table')) {
  const body = table.tBodies[0]
  // What is behind a row is in the one below it, and stays there.
  const rows = [...body.rows].filter((row) => !row.classList.contains('stacks'))
  const behind = (row) => {
    const next = row.nextElementSibling
    return next !== null && next.classList.contains('stacks') ? [next] : []
  }
  const groups = new Map(rows.map((row) => [row, [row, ...behind(row)]]))
  // The rows of a schedule stay in order.
  if (rows.length < 2 || body.querySelector('[data-step]') !== null) continue
  const headings = [...table.tHead.rows[0].cells]
  const key = (row, column) => {
    const cell = row.cells[column]
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value)
  }
  headings.forEach((heading, column) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.append(...heading.childNodes)
    heading.append(button)
    button.addEventListener('click', () => {
      const numeric = heading.classList.contains('number')
      // Numbers begin with the largest, names with the first.
      const before = heading.getAttribute('aria-sort')
      const descending = before === null ? numeric : before === 'ascending'
      for (const other of headings) other.removeAttribute('aria-sort')
      heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending')
      rows.sort((a, b) => {
        const [x, y] = [key(a, column), key(b, column)]
        const order = numeric ? x - y : x.localeCompare(y, 'en')
        return descending ? -order : order
      })
      body.append(...rows.flatMap((row) => groups.get(row)))
    })
  })
  if (rows.length < 8) continue
  const filter = document.createElement('p')
  filter.className = 'filter'
  const label = document.createElement('label')
  const input = document.createElement('input')
  input.type = 'search'
  label.append('Show rows with ', input)
  const shown = document.createElement('span')
  shown.setAttribute('role', 'status')
  filter.append(label, ' ', shown)
  table.parentElement.before(filter)
  input.addEventListener('input', () => {
    const wanted = input.value.toLowerCase()
    let count = 0
    for (const row of rows) {
      const group = groups.get(row)
      const hidden = !group.some((each) => each.textContent.toLowerCase().includes(wanted))
      for (const each of group) each.hidden = hidden
      if (!row.hidden) count++
    }
    shown.textContent = wanted === '' ? '' : count + ' of ' + rows.length + ' rows'
  })
}
`
