import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, kernelSim } from './kernel-sim.js'
import { manyStates } from './many-states.js'

let folder = ''
let scenario = ''
let search: string[] = []
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kernel-sim-checkpoint-'))
  scenario = join(folder, 'many.mjs')
  writeFileSync(scenario, manyStates(7))
  search = ['check', scenario, '--policy', 'scope', '--no-symmetry', '--json']
})
afterAll(() => rmSync(folder, { recursive: true }))

/** How many states a checkpoint has; 0 when there is none. */
function statesIn(file: string): number {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch {
    // Not yet, or no longer: a search that has ended removes it.
    return 0
  }
  return JSON.parse(bytes.toString('utf8', 16, 16 + bytes.readUInt32LE(12))).states
}

/** Starts a search, and stops it by a signal once its checkpoint has more states. */
function stopped(args: string[], file: string, states: number, by: NodeJS.Signals) {
  return new Promise<{ signal: string | null; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...args])
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    const poll = setInterval(() => {
      if (statesIn(file) > states) child.kill(by)
    }, 5)
    child.on('error', reject)
    child.on('close', (_status, signal) => {
      clearInterval(poll)
      resolve({ signal, stderr })
    })
  })
}

describe('check --checkpoint', () => {
  it('goes on after kill -9, and prints what it would have printed', async () => {
    const file = join(folder, 'killed')
    const args = [...search, '--checkpoint', file, '--checkpoint-every', '0.02']
    for (const states of [2_000, 15_000]) {
      const { signal } = await stopped(args, file, states, 'SIGKILL')
      expect(signal).toBe('SIGKILL')
      expect(statesIn(file)).toBeGreaterThan(states)
    }
    const { stdout, stderr } = await kernelSim(args)
    expect(stderr).toMatch(/goes on from .*killed: [\d,]+ states, \d+ steps deep/)
    expect(stdout).toBe((await kernelSim(search)).stdout)
    expect(existsSync(file)).toBe(false)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('is written at %s, also with threads', async (by) => {
    const file = join(folder, by)
    const args = [...search, '--checkpoint', file, '--workers', '2']
    const { signal, stderr } = await stopped(args, file, 0, by)
    expect(signal).toBe(by)
    expect(stderr).toMatch(/stopped; the same command goes on/)
    const { stdout } = await kernelSim(args)
    expect(stdout).toBe((await kernelSim(search)).stdout)
  })

  it('is written where a limit stops the search, and a higher one goes on', async () => {
    const file = join(folder, 'limit')
    const args = [...search, '--checkpoint', file]
    const bounded = await kernelSim([...args, '--max-states', '20000'])
    expect(JSON.parse(bounded.stdout).scenarios[0].cells[0]).toMatchObject({ bound: 'maxStates' })
    expect(bounded.stderr).toMatch(/with a higher limit it goes on/)
    // The same limit stops it at the same place.
    expect((await kernelSim([...args, '--max-states', '20000'])).stdout).toBe(bounded.stdout)
    expect((await kernelSim(args)).stdout).toBe((await kernelSim(search)).stdout)
  })
})

describe('a checkpoint that does not fit', () => {
  let good: Buffer
  let file = ''
  beforeAll(async () => {
    file = join(folder, 'good')
    await kernelSim([...search, '--checkpoint', file, '--max-states', '100'])
    good = readFileSync(file)
  })

  it.each<[string, (bytes: Buffer) => Buffer | string, RegExp]>([
    ['is empty', () => '', /is damaged/],
    ['is no checkpoint', () => 'a text of some other program', /is not a checkpoint of kernel-sim/],
    ['is cut', (bytes) => bytes.subarray(0, bytes.length - 9), /is damaged/],
    ['is cut in its header', (bytes) => bytes.subarray(0, 99), /is damaged/],
    [
      'has a wrong bit',
      (bytes) => {
        const wrong = Buffer.from(bytes)
        wrong[wrong.length - 100] = (wrong[wrong.length - 100] as number) ^ 4
        return wrong
      },
      /is damaged/,
    ],
    [
      'has sizes that cannot be',
      (bytes) =>
        Buffer.from(bytes.toString('latin1').replace(/"lengths":\[\d/, '"lengths":[-'), 'latin1'),
      /is damaged/,
    ],
    [
      'is of a later version',
      (bytes) => {
        const later = Buffer.from(bytes)
        later.writeUInt32LE(3, 8)
        return later
      },
      /is a checkpoint of version 3, and this kernel-sim reads version 2/,
    ],
  ])('%s', async (_what, change, message) => {
    const path = join(folder, 'bad')
    writeFileSync(path, change(good))
    const { status, stderr, stdout } = await kernelSim([...search, '--checkpoint', path])
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n {4}at /)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })

  it('is of another policy, other reductions or another scenario', async () => {
    const run = (...args: string[]) => kernelSim(['check', ...args, '--checkpoint', file])
    const policy = await run(scenario, '--policy', 'explicit', '--no-symmetry')
    expect(policy.stderr).toMatch(/is of many-states under scope, not many-states under explicit/)
    const reductions = await run(scenario, '--policy', 'scope')
    expect(reductions.stderr).toMatch(
      /partial order and without symmetry, not .* and with symmetry/,
    )
    writeFileSync(scenario, manyStates(6))
    const changed = await run(scenario, '--policy', 'scope', '--no-symmetry')
    expect(changed.stderr).toMatch(/is of this scenario before it was changed/)
    writeFileSync(scenario, manyStates(7))
    expect(readFileSync(file).equals(good)).toBe(true)
  })

  it('cannot be written or read', async () => {
    const nowhere = await kernelSim([...search, '--checkpoint', join(folder, 'none', 'file')])
    expect(nowhere).toMatchObject({ status: 2, stdout: '' })
    expect(nowhere.stderr).toMatch(
      /the checkpoint .* cannot be written: there is no such file or folder/,
    )
    mkdirSync(join(folder, 'directory'))
    const directory = await kernelSim([...search, '--checkpoint', join(folder, 'directory')])
    expect(directory.status).toBe(2)
    expect(directory.stderr).toMatch(/the checkpoint .* cannot be read: it is a folder/)
  })

  it('is for one search only', async () => {
    for (const args of [[], ['cil-push'], ['--policy', 'scope']]) {
      const { status, stderr } = await kernelSim(['check', ...args, '--checkpoint', file])
      expect(status).toBe(2)
      expect(stderr).toMatch(/--checkpoint is about one search/)
    }
  })
})
