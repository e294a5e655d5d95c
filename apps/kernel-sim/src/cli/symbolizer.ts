/** Symbolizer: asks llvm-symbolizer, or addr2line where that is not there, for the lines of source of addresses. */
import { spawn } from 'node:child_process'
import { InputError } from '../input-error.js'
import type { SourceLine } from '../trace/symbolize/source-line.js'
import { addr2lineLines, llvmLines } from '../trace/symbolize/symbolizer-output.js'

/** A program that finds lines. */
interface Program {
  readonly name: string
  readonly args: (binary: string) => readonly string[]
  readonly read: (output: string) => SourceLine[][]
}

/** The first one that is there is taken: the second takes twice as long and twice the memory. */
const PROGRAMS: readonly Program[] = [
  {
    name: 'llvm-symbolizer',
    args: (binary) => ['--output-style=JSON', '--inlines', `--obj=${binary}`],
    read: llvmLines,
  },
  {
    name: 'addr2line',
    args: (binary) => ['-a', '-f', '-i', '-e', binary],
    read: addr2lineLines,
  },
]

/**
 * Finds the lines of addresses of one binary, by one process.
 * @returns an answer for each address, in the same order.
 * @throws InputError when neither program is there, or none can read the binary.
 */
export async function symbolize(
  binary: string,
  addresses: readonly bigint[],
): Promise<SourceLine[][]> {
  const failures: string[] = []
  for (const { name, args, read } of PROGRAMS) {
    const outcome = await run(name, args(binary), addresses)
    if (outcome === undefined) continue
    try {
      const answers = read(outcome.output)
      if (answers.length === addresses.length) return answers
      failures.push(
        outcome.complaint || `${name} answered ${answers.length} of ${addresses.length}`,
      )
    } catch (thrown) {
      // A version before 13 does not know JSON: the other program may do.
      if (!(thrown instanceof SyntaxError)) throw thrown
      failures.push(outcome.complaint || `${name} printed no JSON (${thrown.message})`)
    }
  }
  const [why] = failures
  throw new InputError(
    why === undefined
      ? '--vmlinux needs llvm-symbolizer or addr2line, and neither is installed: apt install llvm, or binutils'
      : `${binary} cannot be looked up: ${why}`,
  )
}

/** What a program printed, and the first line of its complaints; undefined where it is not installed. */
async function run(
  name: string,
  args: readonly string[],
  addresses: readonly bigint[],
): Promise<{ output: string; complaint: string } | undefined> {
  return await new Promise((resolve, reject) => {
    const child = spawn(name, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    const output: Buffer[] = []
    let complaint = ''
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, 1000)
    })
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(undefined)
      else reject(new InputError(`${name} cannot be started: ${error.message}`))
    })
    child.on('close', () => {
      const [first = ''] = complaint.split('\n')
      resolve({ output: Buffer.concat(output).toString(), complaint: first })
    })
    // It may end without reading all of its input: what it says then tells why.
    child.stdin.on('error', () => {})
    child.stdin.end(addresses.map((address) => `0x${address.toString(16)}\n`).join(''))
  })
}
