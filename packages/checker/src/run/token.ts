/**
 * Token: a schedule as a short text, to replay it. Each step is the number of a task and of the outcome, as
 * one character for small numbers; what is done follows from the model. A dot stands where a loop begins that is repeated for
 * ever. At the end are four characters that tell whether the schedule still fits the model.
 */
import { Misuse } from '../machine/errors.js'
import type { Machine } from '../machine/machine.js'
import { Execution } from './execution.js'
import type { MicroStep } from './step.js'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_'
/** Says that the number that follows has two digits. */
const WIDE = '~'
/** Says that from here on the steps are repeated for ever. */
const LOOP = '.'
/** How many characters the fingerprint has. */
const FINGERPRINT = 4

/** What a token says: whose turn it is, and which turn of those that are open. */
export interface Schedule {
  readonly turns: readonly Pick<MicroStep, 'task' | 'outcome'>[]
  /** How many of them come before those that are repeated for ever; null when none are. */
  readonly loopStart: number | null
}

/**
 * Writes a schedule as a token.
 * @param loopStart the number of steps before those that are repeated for ever, if any are.
 */
export function tokenOf(
  { tasks, variant }: Machine,
  steps: readonly MicroStep[],
  loopStart: number | null = null,
): string {
  const text = steps.map(
    ({ task, outcome }, at) =>
      (at === loopStart ? LOOP : '') + digits(task + outcome * tasks.length),
  )
  return text.join('') + fingerprint(steps, variant)
}

/** Reads a token. @throws Misuse when it is not one. */
export function readToken({ tasks }: Machine, token: string): Schedule {
  const text = token.slice(0, -FINGERPRINT)
  const turns: Schedule['turns'][number][] = []
  let loopStart: number | null = null
  for (let at = 0; at < text.length; ) {
    if (text[at] === LOOP) {
      loopStart = turns.length
      at++
      continue
    }
    const isWide = text[at] === WIDE
    const number = isWide
      ? DIGITS.indexOf(text[at + 1] ?? '') * 64 + DIGITS.indexOf(text[at + 2] ?? '')
      : DIGITS.indexOf(text[at] as string)
    if (number < 0) throw unfit(turns.length)
    turns.push({ task: number % tasks.length, outcome: Math.floor(number / tasks.length) })
    at += isWide ? 3 : 1
  }
  return { turns, loopStart }
}

/**
 * Does again what a token says.
 * @throws Misuse when it does not fit the machine: it is of another model, or the model has changed.
 */
export function replay(
  machine: Machine,
  token: string,
  execution = new Execution(machine),
): Execution {
  for (const { task, outcome } of readToken(machine, token).turns) {
    if (!execution.step(task, outcome)) throw unfit(execution.steps.length)
  }
  if (fingerprint(execution.steps, machine.variant) !== token.slice(-FINGERPRINT)) {
    throw new Misuse('the token does not fit this model: the same steps do something else')
  }
  return execution
}

function unfit(steps: number): Misuse {
  return new Misuse(`the token does not fit this model from step ${steps + 1} on: was it changed?`)
}

function digits(number: number): string {
  if (number < 64) return DIGITS[number] as string
  if (number >= 64 * 64) throw new RangeError(`step ${number} does not fit into a token`)
  return `${WIDE}${DIGITS[number >> 6]}${DIGITS[number & 63]}`
}

/** Four characters that stand for all that was done, and for the variant of the model: a hash of them (FNV-1a). */
function fingerprint(steps: readonly MicroStep[], variant: string): string {
  let hash = 0x811c9dc5
  const take = (text: string): void => {
    for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193)
  }
  take(variant)
  for (const { operation, outcome } of steps) take(`${operation}${outcome};`)
  return [0, 6, 12, 18].map((shift) => DIGITS[(hash >>> shift) & 63]).join('')
}
