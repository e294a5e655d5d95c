/**
 * Token: a schedule as a short text, to replay it. Each step is the number of a task and of the outcome, as
 * one character for small numbers; what is done follows from the scenario. At the end are four characters that tell
 * whether the schedule still fits the scenario.
 */
import { Misuse } from '../machine/errors.js'
import type { Machine } from '../machine/machine.js'
import { Execution } from './execution.js'
import type { MicroStep } from './step.js'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_'
/** Says that the number that follows has two digits. */
const WIDE = '~'

/** The text of a schedule. */
export function tokenOf(machine: Machine, steps: readonly MicroStep[]): string {
  const tasks = machine.tasks.length
  return steps.map(({ task, outcome }) => digits(task + outcome * tasks)).join('') + check(steps)
}

/**
 * Does again what a token says.
 * @throws Misuse when it does not fit the machine: another scenario or policy, or a scenario that has changed.
 */
export function replay(
  machine: Machine,
  token: string,
  execution = new Execution(machine),
): Execution {
  const tasks = machine.tasks.length
  const text = token.slice(0, -4)
  for (let at = 0; at < text.length; ) {
    let number = DIGITS.indexOf(text[at] as string)
    if (text[at] === WIDE) {
      number = DIGITS.indexOf(text[at + 1] ?? '') * 64 + DIGITS.indexOf(text[at + 2] ?? '')
      at += 2
    }
    at++
    if (number < 0 || !execution.step(number % tasks, Math.floor(number / tasks))) {
      throw new Misuse(
        `the token does not fit this scenario from step ${execution.steps.length + 1} on: was it changed?`,
      )
    }
  }
  if (check(execution.steps) !== token.slice(-4)) {
    throw new Misuse('the token does not fit this scenario: the same steps do something else')
  }
  return execution
}

function digits(number: number): string {
  if (number < 64) return DIGITS[number] as string
  if (number >= 64 * 64) throw new RangeError(`step ${number} does not fit into a token`)
  return `${WIDE}${DIGITS[number >> 6]}${DIGITS[number & 63]}`
}

/** Four characters from all that was done (FNV-1a). */
function check(steps: readonly MicroStep[]): string {
  let hash = 0x811c9dc5
  for (const { operation, outcome } of steps) {
    for (const character of `${operation}${outcome};`) {
      hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193)
    }
  }
  return [0, 6, 12, 18].map((shift) => DIGITS[(hash >>> shift) & 63]).join('')
}
