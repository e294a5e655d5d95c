/** Damage: what of a recording could not be read, as a section that every report on recordings has. */
import { DAMAGE_KINDS } from '../../trace/read/damage.js'
import type { Reading } from '../../trace/read/read-trace.js'
import { type Section, section } from './page.js'
import { names, numbers, table, text } from './table.js'
import { whereText } from './where.js'

/** The parts that are damaged; undefined where all could be read. */
export function damageSection(
  recordings: readonly Pick<Reading, 'name' | 'format' | 'damage'>[],
): Section | undefined {
  const rows = recordings.flatMap(({ damage, ...of }) => damage.map((each) => ({ ...of, ...each })))
  if (rows.length === 0) return undefined
  return section('damage', 'What could not be read', [
    `These parts of the recording${recordings.length === 1 ? '' : 's'} are missing from all counts.`,
    table(rows, {
      caption: 'Damage by kind',
      columns: [
        ...(recordings.length === 1
          ? []
          : [names<(typeof rows)[number]>('recording', ({ name }) => name)]),
        text('kind', ({ kind }) => kind),
        numbers('count', ({ count }) => count),
        text('where', ({ samples, ...of }) => ({
          lines: samples.map(({ line, what }) => `${whereText(of, line)}: ${what}`),
        })),
      ],
    }),
    {
      items: [...new Set(rows.map(({ kind }) => kind))].map(
        (kind) => `${kind}: ${DAMAGE_KINDS[kind]}`,
      ),
    },
  ])
}
