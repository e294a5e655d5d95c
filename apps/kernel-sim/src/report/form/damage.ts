/** Damage: what of a recording could not be read, as a section that every report on recordings has. */
import { DAMAGE_KINDS } from '../../trace/read/damage.js'
import type { Reading } from '../../trace/read/read-trace.js'
import { number } from './numbers.js'
import { type Section, section } from './page.js'
import { numbers, table, text } from './table.js'

/** The parts that are damaged; undefined where all could be read. */
export function damageSection({ damage }: Pick<Reading, 'damage'>): Section | undefined {
  if (damage.length === 0) return undefined
  return section('damage', 'What could not be read', [
    'These parts of the recording are missing from all counts.',
    table(damage, {
      caption: 'Damage by kind',
      columns: [
        text('kind', ({ kind }) => kind),
        numbers('count', ({ count }) => count),
        text('where', ({ samples }) => ({
          lines: samples.map(({ line, what }) => `line ${number(line)}: ${what}`),
        })),
      ],
    }),
    { items: damage.map(({ kind }) => `${kind}: ${DAMAGE_KINDS[kind]}`) },
  ])
}
