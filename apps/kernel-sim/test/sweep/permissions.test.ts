import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Context } from '@scopemask/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { networkWall, restricted } from '../../src/sweep/cage/permissions.js'
import { ALL, JOBS, type JobContext, restrictedBy } from '../../src/sweep/restrictions.js'

/** Tries what is forbidden without anything being closed inside of the process, and prints what it could do. */
const PROBE = `
import { execSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import net from 'node:net'
const could = []
const attempt = (name, act) => { try { act(); could.push(name) } catch {} }
attempt('write', () => writeFileSync('probe.txt', ''))
attempt('spawn', () => execSync('true'))
const socket = net.connect(Number(process.env.PORT), '127.0.0.1')
socket.once('connect', () => { could.push('network'); end() })
socket.once('error', end)
function end() { console.log(could.join(' ')); process.exit(0) }
`

describe('a restricted process', () => {
  const wall = networkWall()
  const free = new Context(JOBS, { name: 'free' })
  let folder = ''
  let server: Server
  let port = 0
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'kernel-sim-permissions-')))
    writeFileSync(join(folder, 'probe.mjs'), PROBE)
    server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  })
  afterAll(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })

  function could(context: JobContext): Promise<string> {
    const script = join(folder, 'probe.mjs')
    const { command, args } = restricted(context, { script, folder, heap: 100, wall })
    const options = { cwd: folder, env: { PATH: process.env.PATH, PORT: `${port}` } }
    return new Promise((resolve, reject) => {
      execFile(command, args, options, (error, stdout) =>
        error === null ? resolve(stdout.trim()) : reject(error),
      )
    })
  }

  it('can what its context lets it, and nothing else', async () => {
    expect(await could(free)).toBe('write spawn network')
    // Where nothing but functions in the process close the network, this process has closed none.
    const network = wall === 'doors' ? 'network' : ''
    expect(await could(restrictedBy(free, ALL, 'all'))).toBe(network)
    const spawns = restrictedBy(free, JOBS.mask('READ_ONLY'), 'reads')
    expect(await could(spawns)).toBe('spawn network')
  })

  it('keeps what was conveyed, whatever is added', () => {
    const conveyed = new Context(JOBS, { mask: JOBS.mask('NO_NETWORK') })
    expect(JOBS.format(restrictedBy(conveyed, JOBS.mask('READ_ONLY'), 'x').mask)).toBe(
      'READ_ONLY|NO_NETWORK',
    )
  })
})
