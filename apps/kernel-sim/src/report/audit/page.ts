/** Audit page: the report before it has a form, the gravest sections first. */

import { damageSection } from '../form/damage.js'
import type { Page } from '../form/page.js'
import { sections } from '../form/page.js'
import { byFileSection } from './by-file-section.js'
import { explicitSection, requestSection, weakenedSection } from './call-site-sections.js'
import { flameSection } from './flame-section.js'
import { headlineOf } from './headline.js'
import { insideScopesSection, predictionSection } from './prediction-sections.js'
import { reclaimSection } from './reclaim-section.js'
import { recordingSection, recordingsSection } from './recording-section.js'
import type { AuditReport } from './report.js'
import { sourceSection } from './source-section.js'
import { workListSection } from './work-list-section.js'
import { delegationSection, lostSection, waitSection } from './work-sections.js'

export function auditPage(report: AuditReport): Page {
  const { agrees, damaged, lost, lostScopes } = report.verdict
  return {
    title: `kernel-sim audit of ${report.reading.name}`,
    lead: headlineOf(report),
    marks: [
      { good: agrees, text: agrees ? 'kernel and model agree' : 'kernel and model differ' },
      { good: !damaged, text: damaged ? 'recording damaged' : 'recording undamaged' },
      { good: !lost, text: lost ? 'events lost' : 'no event lost' },
      { good: lostScopes === 0, text: lostScopes === 0 ? 'no scope lost' : 'scopes lost' },
    ],
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
