import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.js'

describe('the table of commands', () => {
  it.each([...COMMANDS])('loads %s under the name that it defines', async (name, load) => {
    const program = new Command()
    ;(await load())(program)
    expect(program.commands.map((command) => command.name())).toEqual([name])
  })
})
