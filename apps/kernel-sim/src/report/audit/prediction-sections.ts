/** Prediction sections: the flags that the kernel worked with beside those that the model predicts and scopes allow. */
import { gfpText } from '../form/gfp-text.js'
import { number, plural } from '../form/numbers.js'
import { type Section, section } from '../form/page.js'
import { names, numbers, type Table, table, text } from '../form/table.js'
import type { AuditReport } from './report.js'

export function predictionSection({ agreement, pages }: AuditReport): Section | undefined {
  const { compared, agree, agreeInScopeBits, withoutRequest, inferred, learned } = agreement
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
    differences(agreement),
  ])
}

function differences({ disagreements }: AuditReport['agreement']): Table | undefined {
  if (disagreements.length === 0) return undefined
  return table(disagreements, {
    caption: 'Differences between kernel and model',
    columns: [
      text('reason', ({ reason }) => reason),
      numbers('count', ({ count }) => count),
      text('only the kernel had', ({ kernelOnly }) => gfpText(kernelOnly)),
      text('only predicted', ({ predictedOnly }) => gfpText(predictedOnly)),
      names('first at', ({ example }) => example.site),
      numbers('line', ({ example }) => example.pageLine),
    ],
    sentences: {
      only: true,
      of: ({ count, reason, kernelOnly, predictedOnly, example }) => [
        `${plural(count, 'time')}: ${reason}.`,
        `only the kernel had: ${gfpText(kernelOnly)}; only predicted: ${gfpText(predictedOnly)}`,
        `line ${number(example.pageLine)}, request on line ${number(example.requestLine)} by ${example.site}` +
          `${example.cache === undefined ? '' : ` from ${example.cache}`}: passed ${gfpText(example.passed)}, ` +
          `predicted ${gfpText(example.predicted)}, kernel ${gfpText(example.kernel)}`,
      ],
    },
  })
}

export function insideScopesSection({ pages }: AuditReport): Section | undefined {
  const rows = pages.invariants.filter(({ checked }) => checked > 0)
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
          text('first seen', ({ lines }) => ({
            lines: lines.map((line) => `line ${number(line)}`),
          })),
        ],
      }),
    ],
  )
}
