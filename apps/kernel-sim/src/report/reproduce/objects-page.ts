/** Objects page: what each kind of object of the model is on a real kernel, and whether it does there what it does in the model. */
import type { Finding } from '../../reproduce/confirm/finding.js'
import { KINDS, type Kind, type Program } from '../../reproduce/confirm/kinds.js'
import { whyImpossible } from '../../reproduce/module/forms.js'
import { plural } from '../form/numbers.js'
import { type Page, type Section, section, sections } from '../form/page.js'
import { names, numbers, table, text, type Value } from '../form/table.js'

/** @param findings about litmus programs. @param programs all that there are. */
export function objectsPage(findings: readonly Finding[], programs: readonly Program[]): Page {
  const kernels = [...new Set(findings.map(({ kernel }) => kernel))]
  const rows = findings.flatMap((finding) => {
    const program = programs.find(({ number }) => number === finding.case)
    return program === undefined ? [] : [{ finding, program }]
  })
  const tried = rows.filter(({ finding }) => finding.result !== 'refused')
  const agree = tried.filter(({ finding }) => finding.result === 'agrees')
  return {
    title: 'What there is of the model on a real kernel',
    lead: [
      `A litmus program is a small one whose verdict follows from the kernel's code. ${plural(tried.length, 'run')} of ${plural(new Set(tried.map(({ finding }) => finding.case)).size, 'program')} on Linux ${kernels.join(' and ')}: in ${agree.length} the kernel does what the model says, step by step and in the end.`,
      'Each program follows its counterexample, or eight executions where it is safe. kernel-sim reproduce --litmus tries them on a kernel of yours; what is refused is refused in the same words.',
    ],
    marks: [],
    sections: sections([kindsSection(rows), differSection(rows), programsSection(rows)]),
  }
}

interface Row {
  readonly finding: Finding
  readonly program: Program
}

/** How many programs about a topic agree, and how many were tried. */
function triedOf(rows: readonly Row[], topic: Kind['topic']): string {
  if (topic === undefined) return 'in others'
  const tried = rows.filter(
    ({ finding, program }) => program.topic === topic && finding.result !== 'refused',
  )
  const agree = tried.filter(({ finding }) => finding.result === 'agrees')
  return tried.length === 0 ? 'not tried' : `${agree.length} of ${tried.length} agree`
}

function refusals({ refused = [], refusedToo }: Kind): readonly string[] {
  const reasons = new Set(refused.map(whyImpossible))
  return [...reasons, ...(refusedToo === undefined ? [] : [refusedToo])]
}

function kindsSection(rows: readonly Row[]): Section | undefined {
  return section('kinds', 'Kinds of objects', [
    table(KINDS, {
      caption: 'What scenarios are built of, and what that is on a real kernel',
      columns: [
        text('what', ({ name }) => name),
        names('a scenario has it by', ({ offered }) =>
          offered.map((method) => `kernel.${method}`).join(', '),
        ),
        text(
          'on a real kernel',
          ({ is }): Value => (is === '' ? { text: 'refused', tone: 'bad' } : is),
        ),
        text('refused', (kind) => refusals(kind).join('; ')),
        text('litmus programs', (kind) => (kind.is === '' ? '' : triedOf(rows, kind.topic))),
      ],
    }),
  ])
}

function differSection(rows: readonly Row[]): Section | undefined {
  const differ = rows.filter(
    ({ finding: { result } }) => result !== 'agrees' && result !== 'refused',
  )
  if (differ.length === 0) return undefined
  return section('differ', 'Where they do not agree', [
    {
      items: differ.map(
        ({ finding, program }) =>
          `${finding.case} on ${finding.kernel}, ${program.scenario.summary}: ${finding.why.join('; ')}`,
      ),
    },
  ])
}

function programsSection(rows: readonly Row[]): Section | undefined {
  if (rows.length === 0) return undefined
  return section('programs', 'All programs', [
    table(rows, {
      caption: 'Litmus programs, what the model says, and what the kernel did',
      columns: [
        names('program', ({ finding }) => finding.case),
        text('what it does', ({ program }) => program.scenario.summary),
        text('follows from', ({ program }) => program.scenario.source ?? ''),
        text('kernel', ({ finding }) => finding.kernel),
        text('model', ({ finding }) => finding.model),
        text('on the kernel', ({ finding }) => finding.outcome ?? '-'),
        numbers('steps', ({ finding }) => finding.compared ?? ''),
        text('result', ({ finding }) => resultOf(finding)),
      ],
    }),
  ])
}

function resultOf({ result, why }: Finding): Value {
  if (result === 'agrees') return { text: result, tone: 'good' }
  return { text: result === 'refused' ? why.join('; ') : result, tone: 'bad' }
}
