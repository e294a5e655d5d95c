/** Confirmed page: all findings on all kernels, before they have a form: docs/confirmed.md is this as Markdown. */
import { type Finding, findingKey } from '../../reproduce/confirm/finding.js'
import { plural } from '../form/numbers.js'
import { type Page, type Section, section, sections } from '../form/page.js'
import { names, numbers, type Table, table, text, type Value } from '../form/table.js'

export function confirmedPage(findings: readonly Finding[]): Page {
  const sorted = [...findings].sort(inOrder)
  const tried = sorted.filter(({ result }) => result !== 'refused')
  const agrees = withResult(sorted, 'agrees')
  const cells = new Set(tried.map((finding) => findingKey({ ...finding, kernel: '' })))
  const kernels = [...new Set(sorted.map(({ kernel }) => kernel))]
  return {
    title: 'Confirmed on real kernels',
    lead: [
      `${plural(cells.size, 'cell')} ${cells.size === 1 ? 'was' : 'were'} tried in ${plural(tried.length, 'run')} on Linux ${listed(kernels)}; in ${agrees.length} the kernel does what the model says, step by step and in the end.`,
      ...others(sorted),
      'A cell is a module of the generator in a machine of QEMU: the counterexample is followed where the model says that it goes wrong, and some executions where it is safe.',
    ],
    marks: [],
    sections: sections([
      kernelsSection(sorted, kernels),
      cellsSection(tried),
      reasonsSection('Where the kernel and the model differ', withResult(sorted, 'differs')),
      reasonsSection('What shows nothing', withResult(sorted, 'shows nothing')),
      reasonsSection('What could not be judged', withResult(sorted, 'failed')),
      refusedSection(withResult(sorted, 'refused')),
      coverSection(agrees),
    ]),
  }
}

/** What is said of runs that do not agree, where there are any. */
function others(findings: readonly Finding[]): string[] {
  const count = (result: Finding['result']) => withResult(findings, result).length
  const rest = count('differs') + count('shows nothing') + count('failed')
  return [
    ...(rest === 0
      ? []
      : [
          `${count('differs')} differ, ${count('shows nothing')} show nothing, and ${count('failed')} could not be judged; why is said below.`,
        ]),
    ...(count('refused') === 0
      ? []
      : [
          `Of ${plural(count('refused'), 'further cell')} the module cannot be made: something in them cannot be put on a kernel as it is modelled.`,
        ]),
  ]
}

function listed(names: readonly string[]): string {
  return new Intl.ListFormat('en').format(names)
}

function withResult(findings: readonly Finding[], result: Finding['result']): Finding[] {
  return findings.filter((finding) => finding.result === result)
}

/** By case and by kernel; cells of a case stay as they came, which is in the order of the policies. */
function inOrder(a: Finding, b: Finding): number {
  return (
    a.case.localeCompare(b.case, 'en', { numeric: true }) || a.kernel.localeCompare(b.kernel, 'en')
  )
}

function kernelsSection(
  findings: readonly Finding[],
  kernels: readonly string[],
): Section | undefined {
  const rows = kernels.map((kernel) => ({
    kernel,
    of: findings.filter((finding) => finding.kernel === kernel && finding.result !== 'refused'),
  }))
  const count = (model: Finding['model']) =>
    numbers(
      `${model}, and agrees`,
      ({ of }: (typeof rows)[number]) =>
        of.filter((finding) => finding.model === model && finding.result === 'agrees').length,
    )
  return section('kernels', 'By kernel', [
    table(rows, {
      caption: 'Cells by kernel',
      columns: [
        text('kernel', ({ kernel }) => kernel),
        numbers('tried', ({ of }) => of.length),
        count('deadlock'),
        count('livelock'),
        count('safe'),
        numbers('steps compared', ({ of }) =>
          of.reduce((sum, { compared = 0 }) => sum + compared, 0),
        ),
      ],
    }),
  ])
}

const DISSOLVED: Readonly<Record<NonNullable<Finding['dissolved']>, string>> = {
  done: '',
  'with-memory': 'dissolves with memory',
  'with-other-work': 'dissolves with other work',
  never: 'stays',
}

function cellsSection(findings: readonly Finding[]): Section | undefined {
  return section('cells', 'All cells', findings.length === 0 ? [] : [cellsTable(findings)])
}

function cellsTable(findings: readonly Finding[]): Table {
  return table(findings, {
    caption: 'Cells, what the model says, and what the kernel did',
    columns: [
      text('case', (finding) => finding.case),
      names('scenario', ({ scenario }) => scenario),
      text('policy', ({ policy }) => policy),
      text('kernel', ({ kernel }) => kernel),
      text('model', ({ model }) => model),
      text('on the kernel', ({ outcome, dissolved }) =>
        [outcome ?? '-', dissolved === undefined ? '' : DISSOLVED[dissolved]]
          .filter((part) => part !== '')
          .join(', '),
      ),
      numbers('rounds', ({ counted, rounds }) =>
        rounds === undefined ? '' : counted === rounds ? `${rounds}` : `${counted} of ${rounds}`,
      ),
      numbers('steps', ({ compared }) => compared ?? ''),
      text('lockdep: kernel / model', ({ lockdep }) =>
        lockdep === undefined ? '' : `${kinds(lockdep.kernel)} / ${kinds(lockdep.model)}`,
      ),
      text(
        'result',
        ({ result }): Value =>
          result === 'agrees' ? { text: result, tone: 'good' } : { text: result, tone: 'bad' },
      ),
    ],
  })
}

/** Each kind once: on a kernel lockdep stops after its first report. */
function kinds(of: readonly string[]): string {
  return of.length === 0 ? 'silent' : [...new Set(of)].join(', ')
}

function reasonsSection(title: string, findings: readonly Finding[]): Section | undefined {
  if (findings.length === 0) return undefined
  return section(title.toLowerCase().replaceAll(' ', '-'), title, [
    {
      items: findings.map(
        (finding) =>
          `${finding.case} ${finding.scenario} under ${finding.policy} on ${finding.kernel}: ${finding.why.join('; ')}`,
      ),
    },
  ])
}

/** What cannot be put on a kernel, each reason once. */
function refusedSection(findings: readonly Finding[]): Section | undefined {
  if (findings.length === 0) return undefined
  const cells = new Map<string, Set<string>>()
  for (const finding of findings) {
    const why = `${finding.case} ${finding.scenario}: ${finding.why.join('; ')}`
    cells.set(why, (cells.get(why) ?? new Set()).add(finding.policy))
  }
  return section('refused', 'What cannot be put on a kernel', [
    { items: [...cells].map(([why, policies]) => `${why} (${[...policies].join(', ')})`) },
  ])
}

/** Which policies and which kinds of objects take part in cells that agree. */
function coverSection(findings: readonly Finding[]): Section | undefined {
  const of = (values: (finding: Finding) => readonly string[]) =>
    [...new Set(findings.flatMap(values))]
      .sort()
      .map((value) => ({ value, cells: findings.filter((each) => values(each).includes(value)) }))
  const covered = (caption: string, rows: ReturnType<typeof of>): Table =>
    table(rows, {
      caption,
      columns: [
        text(caption, ({ value }) => value),
        numbers('cells that agree', ({ cells }) => cells.length),
        numbers('not safe', ({ cells }) => cells.filter(({ model }) => model !== 'safe').length),
      ],
    })
  if (findings.length === 0) return undefined
  return section('covered', 'What takes part in cells that agree', [
    covered(
      'policy',
      of(({ policy }) => [policy]),
    ),
    covered(
      'kind of object',
      of(({ objects }) => objects),
    ),
  ])
}
