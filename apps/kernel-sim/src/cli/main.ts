/** Main: the command line of `kernel-sim`. It knows no command; commands.ts lists them. */
import { Command, CommanderError } from 'commander'
import { diskReason } from '../disk.js'
import { InputError } from '../input-error.js'
import { COMMANDS } from './commands.js'
import { EXIT } from './exit-status.js'
import { packageVersion } from './package-version.js'

/** Runs a command line, and sets the exit status of the process. */
export async function main(args: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // A reader that has seen enough (`| head`) is not an error.
      process.exit(error.code === 'EPIPE' ? process.exitCode : statusOf(error))
    })
  }
  try {
    await (await program(args)).parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = statusOf(error)
  }
}

/** Makes the program, with the command that the line begins with; with all, where help or a suggestion may be needed. */
async function program(args: readonly string[]): Promise<Command> {
  const program = new Command('kernel-sim')
    .description(
      'Scopes of the Linux kernel (memalloc_nofs_save and its kin): what they do on a real machine, and ' +
        'what happens when work is delegated out of them.',
    )
    .version(packageVersion())
    .showHelpAfterError('Try: kernel-sim --help')
    .configureHelp({ helpWidth: 100 })
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit status: 0: done. 1: done, and something was found. 2: the command line or the input is wrong.\n3: a bug of kernel-sim.',
    )
  const named = COMMANDS.get(args[0] ?? '')
  const loads = named === undefined ? COMMANDS.values() : [named]
  for (const define of await Promise.all([...loads].map((load) => load()))) define(program)
  for (const command of program.commands) {
    command.showHelpAfterError(`Try: kernel-sim ${command.name()} --help`)
  }
  return program
}

/** Says what went wrong, if that was not said yet, and returns the exit status for it. */
function statusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof InputError) {
    process.stderr.write(`kernel-sim: ${error.message}\n`)
    return EXIT.usage
  }
  const unwritable = reasonNotToWrite(error)
  if (unwritable !== undefined) {
    process.stderr.write(`kernel-sim: the output cannot be written: ${unwritable}\n`)
    return EXIT.usage
  }
  const what = error instanceof Error ? error.stack : String(error)
  process.stderr.write(`kernel-sim: this is a bug of kernel-sim, please report it: ${what}\n`)
  return EXIT.bug
}

/** Why a write failed, if that is what an error is about. */
function reasonNotToWrite(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined
  return error.syscall === 'write' ? diskReason(error) : undefined
}
