/** Source section: how much of the source the recording exercised. */
import type { SourceFacts } from '../../audit/source-coverage.js'
import { number, plural } from '../form/numbers.js'
import { type Section, section } from '../form/page.js'
import { names, numbers, table, text } from '../form/table.js'
import type { AuditReport } from './report.js'

export function sourceSection({ source }: AuditReport): Section | undefined {
  if (source === undefined) return undefined
  const { files, sites, directories, joinedBy } = source
  const flags = sites.filter(({ kind }) => kind !== 'scope')
  const missing = flags.filter(({ verdict }) => verdict === 'not-exercised')
  return section('source', 'The source: how far the recording went', [
    `In ${plural(files, 'file')} GFP_NOFS or GFP_NOIO is passed in ${plural(flags.length, 'place')}, and a scope is opened in ` +
      `${number(sites.length - flags.length)}. Not exercised: ${number(missing.length)}. ${JOINED[joinedBy]}`,
    table(directories, {
      caption: 'Places that pass a flag, by directory',
      columns: [
        names('directory', ({ directory }) => directory),
        numbers('places', (row) => row.flags),
        numbers('always', ({ always }) => always),
        numbers('sometimes', ({ sometimes }) => sometimes),
        numbers('never', ({ never }) => never),
        numbers('unknown', ({ unknown }) => unknown),
        numbers('not exercised', ({ notExercised }) => notExercised),
        numbers('exercised', (row) => ({ part: row.flags - row.notExercised, whole: row.flags })),
        numbers('scopes', ({ scopes }) => scopes),
      ],
    }),
    exercised(flags),
    notExercised(missing),
  ])
}

const JOINED: Readonly<Record<SourceFacts['joinedBy'], string>> = {
  line: 'They are joined by file and line.',
  function:
    'They are joined by the name of their function: what the compiler put into another function shows as not exercised ' +
    '(with --vmlinux they are joined by file and line).',
}

function notExercised(missing: SourceFacts['sites']) {
  if (missing.length === 0) return undefined
  return table(missing, {
    caption: `Places that were not exercised (${plural(missing.length, 'row')})`,
    columns: [
      names('not exercised', ({ file, line }) => `${file}:${line}`),
      names('function', ({ fn }) => fn),
      text('passes', ({ word }) => word),
      names('to', ({ callee }) => callee),
      text('kind', ({ kind }) => kind),
    ],
  })
}

function exercised(flags: SourceFacts['sites']) {
  const seen = flags.filter(({ verdict }) => verdict !== 'not-exercised')
  if (seen.length === 0) return undefined
  return table(seen, {
    caption: `Places that were exercised (${plural(seen.length, 'row')})`,
    columns: [
      names('place', ({ file, line }) => `${file}:${line}`),
      names('function', ({ fn }) => fn),
      text('passes', ({ word }) => word),
      names('to', ({ callee }) => callee),
      text('verdict', ({ verdict }) => verdict ?? ''),
    ],
  })
}
