/** Held: the table of simulated figures beside those of a real kernel, for a terminal and for the documentation. */
import { type HeldFigure, type Score, scores } from '../../simulate/held/judge.js'
import { percent } from '../form/numbers.js'
import { numeric, section, table, text } from '../form/table.js'

/** A figure with as many digits as tell something. */
export function figure(value: number): string {
  if (Number.isInteger(value)) return String(value)
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 2 : 4
  return value.toFixed(digits)
}

const bandOf = ({ recorded: [, min, max] }: HeldFigure): string =>
  min === max ? figure(min) : `${figure(min)}..${figure(max)}`
const simulatedOf = ({ simulated }: HeldFigure): string =>
  simulated === null ? '-' : figure(simulated)
const verdictOf = ({ in: isIn }: HeldFigure): string => (isIn ? 'in' : 'OUT')

/** As text of 100 columns. */
export function heldText(figures: readonly HeldFigure[]): string {
  const configs = [...new Set(figures.map(({ config }) => config))]
  return [
    section('Figures that are in, by how strictly they are held', scoreTable(scores(figures))),
    ...configs.map((config) =>
      section(
        config,
        table(
          [
            text('figure'),
            numeric('simulated'),
            numeric('measured'),
            numeric('band'),
            text('strictness'),
            text(''),
          ],
          figures
            .filter((each) => each.config === config)
            .map((each) => [
              each.figure,
              simulatedOf(each),
              figure(each.recorded[0]),
              bandOf(each),
              each.strictness,
              verdictOf(each),
            ]),
        ),
      ),
    ),
  ].join('\n')
}

function scoreTable(all: readonly Score[]): string {
  return table(
    [text('strictness'), numeric('figures'), numeric('in'), numeric('share'), numeric('wanted')],
    all.map((score) => [
      score.strictness,
      String(score.figures),
      String(score.in),
      percent(score.in, score.figures),
      percent(score.wanted * 100, 100),
    ]),
  )
}

/** As tables of Markdown, for the documentation. */
export function heldMarkdown(figures: readonly HeldFigure[]): string {
  const configs = [...new Set(figures.map(({ config }) => config))]
  const score = scores(figures).map(
    (each) =>
      `| ${each.strictness} | ${each.figures} | ${each.in} | ${percent(each.in, each.figures)} | ${percent(each.wanted * 100, 100)} |`,
  )
  return [
    '| strictness | figures | in | share | wanted |',
    '|---|---|---|---|---|',
    ...score,
    ...configs.flatMap((config) => [
      '',
      `### ${config}`,
      '',
      '| figure | simulated | measured | band | strictness | |',
      '|---|---|---|---|---|---|',
      ...figures
        .filter((each) => each.config === config)
        .map(
          (each) =>
            `| ${each.figure} | ${simulatedOf(each)} | ${figure(each.recorded[0])} | ${bandOf(each)} | ${each.strictness} | ${verdictOf(each)} |`,
        ),
    ]),
    '',
  ].join('\n')
}
