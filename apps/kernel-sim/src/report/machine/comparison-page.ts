/** Comparison page: policies side by side on the same machine, load and seeds, before they have a form. */
import type { ComparedFigure, Interval } from '../../simulate/compare.js'
import type { SimulationResult } from '../../simulate/result.js'
import { plural } from '../form/numbers.js'
import { type Page, type Section, section, sections } from '../form/page.js'
import { type Column, numbers, table, text } from '../form/table.js'
import { figure } from './figure.js'

/** What is compared. */
export interface Comparison {
  readonly machine: string
  readonly policies: readonly { readonly name: string; readonly summary: string }[]
  readonly figures: readonly ComparedFigure[]
  readonly results: readonly SimulationResult[]
  /** How to see a hang again: the command, before the token. */
  readonly replay: string
}

export function comparisonPage(comparison: Comparison): Page {
  const { machine, policies, results } = comparison
  const runs = results.length / policies.length
  return {
    title: `kernel-sim simulate: ${machine} under ${plural(policies.length, 'policy', 'policies')}`,
    lead: [...differences(comparison), ...hangs(comparison)],
    marks: [],
    sections: sections([
      figureSection(comparison, runs),
      section('policies', 'Policies', [
        { items: policies.map(({ name, summary }) => `${name}: ${summary}`) },
      ]),
    ]),
  }
}

function figureSection({ policies, figures }: Comparison, runs: number): Section | undefined {
  return section('figures', 'Side by side', [
    table(figures, {
      caption: `Means of ${plural(runs, 'run')}, with 95 % confidence intervals`,
      columns: [
        text('figure', (each) => ({ name: each.figure })),
        ...policies.map(
          ({ name }, index): Column<ComparedFigure> =>
            numbers(name, ({ intervals, differs }) => {
              const shown = intervalText(intervals[index])
              return differs[index - 1] === true ? `${shown} *` : shown
            }),
        ),
      ],
    }),
    runs < 2
      ? 'With one run there is no telling whether a difference is real.'
      : `* differs from ${policies[0]?.name ?? 'the first'} beyond what seeds do (Welch's test at 95 %).`,
  ])
}

function intervalText(interval: Interval | undefined): string {
  if (interval === undefined) return ''
  const { mean, half } = interval
  return half === 0 ? figure(round(mean)) : `${figure(round(mean))} ±${figure(round(half))}`
}

/** Three digits are enough to compare. */
function round(value: number): number {
  return value === 0 ? 0 : Number(value.toPrecision(Math.abs(value) >= 100 ? 4 : 3))
}

/** One sentence for each policy but the first. */
function differences({ policies, figures }: Comparison): string[] {
  const [first, ...others] = policies
  return others.map(({ name }, index) => {
    const real = figures.filter(({ differs }) => differs[index] === true)
    if (real.length === 0) {
      return `${name} does not differ from ${first?.name ?? ''} in any figure beyond what seeds do.`
    }
    const said = real.slice(0, 4).map(({ figure: what, intervals }) => {
      const [before, after] = [intervals[0], intervals[index + 1]]
      return `${what} ${figure(round(after?.mean ?? 0))} instead of ${figure(round(before?.mean ?? 0))}`
    })
    const more = real.length > 4 ? `, and ${plural(real.length - 4, 'other figure')}` : ''
    return `${name} differs from ${first?.name ?? ''}: ${said.join(', ')}${more}.`
  })
}

function hangs({ results, replay }: Comparison): string[] {
  const [found] = results.flatMap(({ hang }) => hang ?? [])
  if (found === undefined) return []
  const count = results.filter(({ hang }) => hang?.policy === found.policy).length
  return [
    `Under ${found.policy} the tasks of ${found.scenario} hang in ${plural(count, 'run')}, first after ${(found.at / 1e9).toFixed(2)} s: ${found.why}. ${replay} ${found.scenario} ${found.policy} ${found.token} shows the way there.`,
  ]
}
