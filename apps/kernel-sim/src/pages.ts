/**
 * Pages: what a workbench found as pieces of HTML, with the pictures and tables of `check --html`, for a page of one's own. Whatever
 * is inserted is escaped. As the workbench it is for the tools of this repository.
 */
import type { CaseRow } from './matrix/cell.js'
import type { Exhibit } from './matrix/exhibit.js'
import type { Walk } from './matrix/walk.js'
import { exhibitSection } from './report/check/exhibit-section.js'
import { verdictsSection } from './report/check/page.js'
import { walkSection } from './report/check/walk-section.js'
import type { Html } from './report/form/html.js'
import { sectionHtml } from './report/form/html-page.js'

export { type Html, type HtmlValue, html } from './report/form/html.js'
export { HTML_STYLE } from './report/form/html-style.js'
export { number, plural } from './report/form/numbers.js'

/** The verdicts of a scenario as a table, whose cells lead to the counterexamples by their addresses. */
export function checkHtml(row: CaseRow, exhibits: readonly Exhibit[]): Html {
  return sectionHtml(verdictsSection(row, exhibits))
}

/** A counterexample with its pictures. */
export function exhibitHtml(exhibit: Exhibit): Html {
  return sectionHtml(exhibitSection(exhibit))
}

/** A way through a scenario. @param id of the section; the steps of the way have the addresses `${id}/step-7`. */
export function walkHtml(id: string, walk: Walk): Html {
  return sectionHtml(walkSection(id, walk))
}
