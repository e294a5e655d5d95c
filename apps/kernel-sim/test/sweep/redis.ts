/** A Redis server for the tests: Debian's, on a free port, with its append-only file, so that it can be killed and started again. */
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
  readonly url: string
  readonly #port: number
  readonly #folder = mkdtempSync(join(tmpdir(), 'kernel-sim-redis-'))
  #process: ChildProcess | null = null

  private constructor(port: number) {
    this.#port = port
    this.url = `redis://127.0.0.1:${port}`
  }

  static async start(): Promise<Redis> {
    const redis = new Redis(await freePort())
    await redis.again()
    return redis
  }

  /** Starts it, on the same port and with what its file says. */
  async again(): Promise<void> {
    const options = ['--port', `${this.#port}`, '--bind', '127.0.0.1', '--dir', this.#folder]
    const files = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec']
    const child = spawn('redis-server', [...options, ...files], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#process = child
    let log = ''
    for await (const chunk of child.stdout ?? []) {
      log += chunk
      if (log.includes('Ready to accept connections')) return
    }
    throw new Error(`redis-server ended: ${log}`)
  }

  /** Ends it as a crash does. */
  async crash(): Promise<void> {
    const child = this.#process
    if (child === null || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async stop(): Promise<void> {
    await this.crash()
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
