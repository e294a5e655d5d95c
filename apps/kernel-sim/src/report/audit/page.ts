/** Audit page: the report before it has a form, the gravest sections first. */

import { damageSection } from '../form/damage.js'
import type { Mark, Page } from '../form/page.js'
import { sections } from '../form/page.js'
import { byFileSection } from './by-file-section.js'
import { explicitSection, requestSection, weakenedSection } from './call-site-sections.js'
import { flameSection } from './flame-section.js'
import { headlineOf, perhapsLost } from './headline.js'
import { insideScopesSection, predictionSection } from './prediction-sections.js'
import { reclaimSection } from './reclaim-section.js'
import { recordingSection, recordingsSection } from './recording-section.js'
import type { AuditReport } from './report.js'
import { sourceSection } from './source-section.js'
import { workListSection } from './work-list-section.js'
import { delegationSection, lostSection, waitSection } from './work-sections.js'
import { workTimesSection } from './work-times-section.js'

export function auditPage(report: AuditReport): Page {
  return {
    title: `kernel-sim audit of ${report.reading.name}`,
    lead: headlineOf(report),
    marks: marksOf(report),
    sections: sections([
      { id: 'meaning', title: 'What it means', parts: [{ items: report.meaning }] },
      damageSection(report.recordings),
      workListSection(report),
      sourceSection(report),
      lostSection(report),
      explicitSection(report),
      byFileSection(report),
      weakenedSection(report),
      flameSection(report),
      delegationSection(report),
      workTimesSection(report),
      waitSection(report),
      reclaimSection(report),
      requestSection(report),
      insideScopesSection(report),
      predictionSection(report),
      recordingsSection(report),
      recordingSection(report),
    ]),
  }
}

/** The verdict in a few words each: what is bad first, and what the recording does not tell last. */
function marksOf(report: AuditReport): Mark[] {
  const { agreement, pages, verdict } = report
  const { agrees, damaged, lost } = verdict
  const all: Mark[] = [
    agrees && agreement.compared + pages.inScopes.checked === 0
      ? { good: undefined, text: 'kernel and model not compared' }
      : { good: agrees, text: agrees ? 'kernel and model agree' : 'kernel and model differ' },
    { good: !damaged, text: damaged ? 'recording damaged' : 'recording undamaged' },
    { good: !lost, text: lost ? 'events lost' : 'no event lost' },
    lostMark(report),
  ]
  const rank = ({ good }: Mark): number => (good === undefined ? 2 : Number(good))
  return all.sort((a, b) => rank(a) - rank(b))
}

function lostMark({ verdict, work, requests }: AuditReport): Mark {
  if (verdict.lostScopes > 0) return { good: false, text: 'scopes lost' }
  if (perhapsLost(work) > 0) return { good: undefined, text: 'scopes perhaps lost' }
  return work.executions === 0 || requests.total === 0
    ? { good: undefined, text: 'no work items seen to allocate' }
    : { good: true, text: 'no scope lost' }
}
