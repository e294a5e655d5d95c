/** Log HTML: the report on logs as one page, with all that is in it. */
import { pageHtml } from '../form/html-page.js'
import type { LogReport } from './log-report.js'
import { logPage } from './page.js'

export function logHtml(logs: readonly LogReport[]): string {
  return pageHtml(logPage(logs, 0))
}
