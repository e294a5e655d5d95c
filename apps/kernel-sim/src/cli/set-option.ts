/** Set option: `--set NAME=VALUE` of the commands that take a scenario. */
import { InvalidArgumentError, Option } from 'commander'
import type { Chosen } from '../kernel/parameters.js'

/** The option; it may be given several times. */
export function setOption(): Option {
  return new Option(
    '--set <name=value>',
    'build the scenario with this value of a parameter; may be given again',
  )
    .argParser(chosenBy)
    .default({}, 'the first value of each')
}

/** @param before what was chosen by the same option before. */
function chosenBy(text: string, before: Chosen): Chosen {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('It takes a name and a value, such as writers=2.')
  const name = text.slice(0, at).trim()
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`${name} is set twice.`)
  return { ...before, [name]: text.slice(at + 1).trim() }
}
