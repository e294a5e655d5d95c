/**
 * Programs that run one after the other in one process, which loads once what they share: the next begins when nothing of the last is
 * left to do, when a process of its own would end.
 */
import { run, write } from './workspace.js'

/** How a program ended: its exit status, what it printed as its result, and the error that ended it, if one did. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly error?: string
}

/** Stands before and behind what is said of a program when it has ended. */
const END = '\u001E'

/** As Node ends a process whose top-level await never settles. */
const UNSETTLED = 13

const RUNNER = `
const names = process.argv.slice(2)
let settled
let error
const fail = (reason) => {
  error ??= String(reason?.stack ?? reason)
  process.exitCode = 1
}
process.on('uncaughtException', fail)
process.on('beforeExit', () => {
  if (settled !== undefined) {
    const code = settled ? (process.exitCode ?? 0) : ${UNSETTLED}
    process.stdout.write('${END}' + JSON.stringify({ code, error }) + '${END}')
  }
  process.exitCode = undefined
  error = undefined
  const name = names.shift()
  settled = name === undefined ? undefined : false
  if (name === undefined) return
  import(name).catch(fail).finally(() => {
    settled = true
  })
})
`

/**
 * Runs modules of a folder.
 * @throws Error with the name of a program that ends the process.
 */
export async function runPrograms(
  folder: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, Ended>> {
  write(folder, { 'runner.js': RUNNER })
  const args = ['runner.js', ...names.map((name) => `./${name}`)]
  const { stdout, output } = await run('node', args, folder)
  const parts = stdout.split(END)
  const done = (parts.length - 1) / 2
  if (done < names.length) throw new Error(`${names[done]} ends the process:\n${output}`)
  return new Map(
    names.map((name, at) => [
      name,
      { stdout: String(parts[2 * at]), ...JSON.parse(String(parts[2 * at + 1])) },
    ]),
  )
}
