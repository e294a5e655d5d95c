/** Held page: the simulated figures beside those of a real kernel, before they have a form. */
import { type HeldFigure, type Score, scores } from '../../simulate/held/judge.js'
import { plural } from '../form/numbers.js'
import { type Page, type Section, section, sections } from '../form/page.js'
import { numbers, table, text } from '../form/table.js'
import { figure } from './figure.js'

export function heldPage(figures: readonly HeldFigure[]): Page {
  const configs = [...new Set(figures.map(({ config }) => config))]
  const isIn = figures.filter((each) => each.in).length
  return {
    title: 'kernel-sim simulate, held against a real Linux 6.1',
    lead: [`Of ${plural(figures.length, 'figure')} ${isIn} are in.`],
    marks: [],
    sections: sections([
      scoreSection(scores(figures)),
      ...configs.map((config) =>
        configSection(
          config,
          figures.filter((each) => each.config === config),
        ),
      ),
    ]),
  }
}

function scoreSection(all: readonly Score[]): Section | undefined {
  return section('scores', 'What is in, by how strictly it is held', [
    table(all, {
      caption: 'Figures that are in',
      columns: [
        text('strictness', ({ strictness }) => strictness),
        numbers('figures', ({ figures }) => figures),
        numbers('in', (score) => score.in),
        numbers('share', (score) => ({ part: score.in, whole: score.figures })),
        numbers('wanted', ({ wanted }) => ({ part: wanted * 100, whole: 100 })),
      ],
    }),
  ])
}

function configSection(config: string, figures: readonly HeldFigure[]): Section | undefined {
  return section(config, config, [
    table(figures, {
      caption: config,
      columns: [
        text('figure', (each) => ({ name: each.figure })),
        numbers('simulated', ({ simulated }) => (simulated === null ? '-' : figure(simulated))),
        numbers('measured', ({ recorded: [median] }) => figure(median)),
        numbers('band', ({ recorded: [, min, max] }) =>
          min === max ? figure(min) : `${figure(min)}..${figure(max)}`,
        ),
        text('strictness', ({ strictness }) => strictness),
        text('', (each) => (each.in ? { text: 'in', tone: 'good' } : { text: 'OUT', tone: 'bad' })),
      ],
    }),
  ])
}
