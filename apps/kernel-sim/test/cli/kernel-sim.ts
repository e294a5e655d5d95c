/** kernel-sim: runs the built command as its users do. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const BIN = fileURLToPath(new URL('../../bin/kernel-sim.js', import.meta.url))

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs `kernel-sim` with these arguments.
 * @param input is written to its standard input.
 * @param env variables of its environment that are not as here.
 * @param read how many bytes of its output to read before closing the pipe, as `head` does.
 */
export function kernelSim(
  args: readonly string[],
  input: Uint8Array | string = '',
  read = Number.POSITIVE_INFINITY,
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...args], { env: { ...process.env, ...env } })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      if (stdout.length >= read) child.stdout.destroy()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    child.stdin.on('error', (error: NodeJS.ErrnoException) => {
      // The command has ended without reading all of its input, which is its right.
      if (error.code !== 'EPIPE') reject(error)
    })
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout, stderr }))
    child.stdin.end(input)
  })
}
