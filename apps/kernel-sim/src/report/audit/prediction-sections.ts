/** Prediction sections: the flags that the kernel worked with beside those that the model predicts and scopes allow. */
import { gfpText } from '../form/gfp-text.js'
import { number, plural } from '../form/numbers.js'
import { type Section, section } from '../form/page.js'
import { names, numbers, type Table, table, text } from '../form/table.js'
import { whereText } from '../form/where.js'
import type { AuditReport } from './report.js'
import { seenColumn, seenSentence } from './seen.js'

type Difference = AuditReport['agreement']['disagreements'][number]

export function predictionSection(report: AuditReport): Section | undefined {
  const { agreement, pages } = report
  const { compared, agree, agreeInScopeBits, withoutRequest, inferred, learned } = agreement
  if (compared === 0 && pages.total === 0) return undefined
  const rows = [
    { what: 'in all flags', part: agree, whole: compared },
    {
      what: 'in FS, IO, MOVABLE and DIRECT_RECLAIM',
      part: agreeInScopeBits,
      whole: compared,
    },
    {
      what: 'migratetype of every page allocation',
      part: pages.migratetypeAgrees,
      whole: pages.total,
    },
  ]
  const notes = [
    `What slab caches add was learned from the first page of each: ${plural(learned.caches, 'cache')}, ` +
      `${number(learned.reclaimable)} of them with __GFP_RECLAIMABLE.`,
  ]
  if (inferred > 0) {
    notes.push(
      `${number(inferred)} of them without task flags: they agree but for what a scope takes away, which tells the scope.`,
    )
  }
  if (withoutRequest > 0) {
    notes.push(
      `${plural(withoutRequest, 'page allocation')} for the slab allocator without a recorded request: not compared.`,
    )
  }
  return section('prediction', 'Prediction against the kernel', [
    table(rows, {
      caption: 'Page allocations as predicted from their requests',
      columns: [
        text('agreement', ({ what }) => what),
        numbers('agree', ({ part }) => part),
        numbers('of', ({ whole }) => whole),
        numbers('share', ({ part, whole }) => ({ part, whole })),
      ],
    }),
    ...notes,
    differences(report),
  ])
}

function differences(report: AuditReport): Table | undefined {
  const { disagreements } = report.agreement
  const whereOf = ({ recording }: Difference['example'], line: number) =>
    whereText(report.recordings[recording], line)
  if (disagreements.length === 0) return undefined
  return table(disagreements, {
    caption: 'Differences between kernel and model',
    columns: [
      text('reason', ({ reason }) => reason),
      numbers('count', ({ count }) => count),
      text('only the kernel had', ({ kernelOnly }) => gfpText(kernelOnly)),
      text('only predicted', ({ predictedOnly }) => gfpText(predictedOnly)),
      names('first at', ({ example }) => example.site),
      text('where', ({ example }) => whereOf(example, example.pageLine)),
      ...seenColumn<Difference>(report, ({ seenIn }) => seenIn),
    ],
    sentences: {
      only: true,
      of: ({ count, reason, kernelOnly, predictedOnly, example, seenIn }) => [
        `${plural(count, 'time')}: ${reason}.`,
        `only the kernel had: ${gfpText(kernelOnly)}; only predicted: ${gfpText(predictedOnly)}`,
        `${whereOf(example, example.pageLine)}, request at ${whereOf(example, example.requestLine)} by ${example.site}` +
          `${example.cache === undefined ? '' : ` from ${example.cache}`}: passed ${gfpText(example.passed)}, ` +
          `predicted ${gfpText(example.predicted)}, kernel ${gfpText(example.kernel)}`,
        ...seenSentence(report, seenIn),
      ],
    },
  })
}

export function insideScopesSection(report: AuditReport): Section | undefined {
  const rows = report.pages.invariants.filter(({ checked }) => checked > 0)
  if (rows.length === 0) return undefined
  return section(
    'inside-scopes',
    'Page allocations inside scopes: is anything left of what the scope forbids?',
    [
      table(rows, {
        caption: 'Page allocations inside scopes',
        columns: [
          text('scope', ({ scope }) => scope),
          text('forbids', ({ forbids }) => forbids),
          numbers('checked', ({ checked }) => checked),
          numbers('violations', ({ violations }) => violations),
          text('first seen', ({ lines, seenIn }) => ({
            lines: lines.map((line) => whereText(report.recordings[seenIn[0] ?? 0], line)),
          })),
          ...seenColumn<(typeof rows)[number]>(report, ({ seenIn }) => seenIn),
        ],
      }),
    ],
  )
}
