import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.js'

/** How wide a help text is at most, in columns. */
const WIDTH = 100

/** A command, and all that its --help prints. */
async function commandOf(load: () => Promise<(program: Command) => void>): Promise<{
  command: Command
  help: string
}> {
  let help = ''
  const program = new Command()
    .configureHelp({ helpWidth: WIDTH })
    .configureOutput({ writeOut: (text) => (help += text) })
  ;(await load())(program)
  const [command] = program.commands
  if (command === undefined) throw new Error('there is no command')
  command.copyInheritedSettings(program).outputHelp()
  return { command, help }
}

describe('the table of commands', () => {
  it.each([...COMMANDS])('loads %s under the name that it defines', async (name, load) => {
    const program = new Command()
    ;(await load())(program)
    expect(program.commands.map((command) => command.name())).toEqual([name])
  })

  it.each([...COMMANDS])(
    'the help of %s fits, and says what its exit status means',
    async (_name, load) => {
      const { command, help } = await commandOf(load)
      expect(help.split('\n').filter((line) => line.length > WIDTH)).toEqual([])
      // It is broken into lines where it is printed: a break of its own would be one too many.
      expect(command.description()).not.toContain('\n')
      expect(help).toContain('Exit status: 0')
      expect(help).not.toContain('(default: [])')
    },
  )
})
