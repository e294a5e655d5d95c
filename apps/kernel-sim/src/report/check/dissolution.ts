/** Dissolution: what becomes of a deadlock, in words. */
import type { Dissolution, Fate, Fates } from '../../matrix/dissolution.js'

const VERBS: Record<Fate, string> = {
  stays: 'stays',
  dissolves: 'dissolves',
  'may stay': 'may stay',
  unknown: 'is not known to dissolve',
}

/** What becomes of the deadlock that is shown, and whether it is so with the others. */
export function fateSentences({ shown, all }: Fates): string[] {
  const differing = RELIEFS.filter(([relief]) => shown[relief] !== all[relief])
  const unknown = differing.some(([relief]) => all[relief] === 'unknown')
  const others = differing.map(([, words]) => words).join(', or ')
  return [
    `It ${fateWords(shown)}.`,
    ...(differing.length === 0
      ? []
      : unknown
        ? ['There are too many other schedules that end in a deadlock to tell it of them.']
        : [`Other schedules end in deadlocks of which that is not true ${others}.`]),
  ]
}

const RELIEFS = [
  ['memory', 'when memory comes back'],
  ['otherWork', 'when other work is done'],
  ['both', 'when both happen'],
] as const satisfies readonly (readonly [keyof Dissolution, string])[]

/** `stays when memory comes back, and dissolves when other work is done`. */
function fateWords({ memory, otherWork, both }: Dissolution): string {
  if (memory === otherWork && both === memory) {
    return `${VERBS[memory]} when memory comes back and when other work is done`
  }
  const each = `${VERBS[memory]} when memory comes back`
  const other = `${VERBS[otherWork]} when other work is done`
  const isSaid = both === otherWork || both === memory
  return isSaid ? `${each}, and ${other}` : `${each}, ${other}, and ${VERBS[both]} when both happen`
}

/** A mark for a cell of the matrix: what dissolves every deadlock of it; empty where they stay. */
export function fateMark(fates: Fates | undefined): string {
  if (fates === undefined) return ''
  const { memory, otherWork, both } = fates.all
  const marks = [memory === 'dissolves' ? 'm' : '', otherWork === 'dissolves' ? 'w' : ''].join('')
  return marks === '' && both === 'dissolves' ? 'm+w' : marks
}

/** What the marks mean. */
export const FATE_LEGEND =
  'w: it dissolves when other work is done, m: when memory comes back, m+w: when both happen, whatever the schedule; others can stay.'
