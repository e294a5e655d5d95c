/** Log text: the report on logs for a terminal, in the order of the log. */
import { pageText } from '../form/text.js'
import type { LogReport } from './log-report.js'
import { logPage } from './page.js'

/** @param top so many beginnings of other lines are listed; 0 stands for all */
export function logText(logs: readonly LogReport[], top: number): string {
  const page = logPage(logs, top)
  // A page for a terminal ends with its first section.
  return pageText({ ...page, sections: [...page.sections].reverse() })
}
