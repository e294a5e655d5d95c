/** Titled: a scenario by its name and what it is built with, and the options that a command needs to build it so. */
import { type ParameterValues, settingsText } from '../../kernel/parameters.js'

/** `writers with writers=2, depth=1`; the name alone where it takes nothing. */
export function titled({
  name,
  values = {},
}: {
  readonly name: string
  readonly values?: ParameterValues | undefined
}): string {
  const settings = settingsText(values)
  return settings === '' ? name : `${name} with ${settings}`
}

/** ` --set writers=2 --set 'kind=a b'`, to put behind a command; empty where there is nothing to set. */
export function setOptions(values: ParameterValues = {}): string {
  return Object.entries(values)
    .map(([name, value]) => ` --set ${quoted(`${name}=${value}`)}`)
    .join('')
}

/** A word for a shell. */
function quoted(word: string): string {
  return /^[\w=.,:/-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
