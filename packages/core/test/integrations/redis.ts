/** A Redis server for the tests: Debian's, on a free port, without files. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether a redis-server is installed here. */
export function hasRedis(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export class Redis {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly #process: ChildProcess
  readonly #folder: string

  private constructor(port: number, process: ChildProcess, folder: string) {
    this.port = port
    this.#process = process
    this.#folder = folder
  }

  /** Starts a server, and waits until it accepts connections. */
  static async start(): Promise<Redis> {
    const folder = mkdtempSync(join(tmpdir(), 'scopemask-redis-'))
    const port = await freePort()
    const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder]
    const process = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] })
    let log = ''
    for await (const chunk of process.stdout ?? []) {
      log += chunk
      if (log.includes('Ready to accept connections')) break
    }
    if (process.exitCode !== null) throw new Error(`redis-server ended: ${log}`)
    return new Redis(port, process, folder)
  }

  async stop(): Promise<void> {
    this.#process.kill()
    if (this.#process.exitCode === null) await once(this.#process, 'exit')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
