/** Texts: what somebody can start from, the stops of the tour and the bundled cases, each as a text that can be edited. */
import { cases, texts } from 'made:cases'
import { STOPS } from '../tour/stops.js'

export interface Start {
  /** Names it in links: the number of a case, or a stop. */
  readonly id: string
  readonly label: string
  readonly summary: string
  /** What the command finds it by. */
  readonly file: string
}

export const TOUR_STARTS: readonly Start[] = STOPS.map(({ id, title }, at) => ({
  id,
  label: `${at + 1}. ${title}`,
  summary: '',
  file: './scenario.ts',
}))

export const CASE_STARTS: readonly Start[] = cases.map(({ number, name, summary }) => ({
  id: number,
  label: `${number}: ${name}`,
  summary,
  file: name,
}))

/** Undefined when there is nothing of this name. */
export function startOf(id: string): Start | undefined {
  return [...TOUR_STARTS, ...CASE_STARTS].find((start) => start.id === id)
}

/** The text to begin with. Undefined when there is nothing of this name. */
export function textOf(id: string): string | undefined {
  const stop = STOPS.find((each) => each.id === id)
  if (stop !== undefined) return stop.start
  const found = cases.find(({ number }) => number === id)
  const text = found === undefined ? undefined : texts[found.module]
  return found && text && `${text}\nexport default ${found.exported}\n`
}
