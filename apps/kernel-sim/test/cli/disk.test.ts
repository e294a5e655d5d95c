import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import schema from '../../schemas/check.schema.json' with { type: 'json' }
import { BIN, kernelSim } from './kernel-sim.js'
import { manyStates } from './many-states.js'

const validate = new Ajv2020({ strict: true }).compile(schema)

let folder = ''
let disk = ''
let scenario = ''
let few = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kernel-sim-disk-'))
  disk = mkdtempSync(join(folder, 'disk-'))
  scenario = join(folder, 'many.mjs')
  writeFileSync(scenario, manyStates(7))
  few = join(folder, 'few.mjs')
  writeFileSync(few, manyStates(5))
})
afterAll(() => rmSync(folder, { recursive: true }))

const check = (...args: string[]) => kernelSim(['check', ...args, '--policy', 'scope'])

/** Starts a search on disk, and stops it by a signal once its files are there. */
function stopped(by: NodeJS.Signals) {
  return new Promise<{ signal: string | null; stderr: string }>((resolve, reject) => {
    const args = ['check', scenario, '--policy', 'scope', '--no-symmetry', '--disk', disk]
    const child = spawn(process.execPath, [BIN, ...args])
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    const poll = setInterval(() => {
      const [search] = readdirSync(disk)
      if (search !== undefined && readdirSync(join(disk, search)).length > 2) child.kill(by)
    }, 5)
    child.on('error', reject)
    child.on('close', (_status, signal) => {
      clearInterval(poll)
      resolve({ signal, stderr })
    })
  })
}

describe('check --disk', () => {
  it('prints what a search in memory prints, but for livelocks', async () => {
    for (const args of [
      ['cil-push', '--policy', 'scope'],
      ['cil-push', '--policy', 'explicit'],
      [few, '--no-symmetry', '--policy', 'scope'],
    ]) {
      const memory = await kernelSim(['check', ...args, '--json'])
      const { stdout, stderr, status } = await kernelSim([
        'check',
        ...args,
        '--json',
        '--disk',
        disk,
      ])
      const report = JSON.parse(stdout)
      expect(validate(report), JSON.stringify(validate.errors)).toBe(true)
      const [cell] = report.scenarios[0].cells
      expect(cell.livelocks).toBe(cell.verdict === 'safe' ? 'not looked for' : undefined)
      delete cell.livelocks
      expect(report).toEqual(JSON.parse(memory.stdout))
      expect({ stderr, status }).toEqual({ stderr: '', status: memory.status })
    }
    const { stdout } = await check(few, '--disk', disk)
    expect(stdout).toMatch(
      /: safe in all interleavings \(.*\)\. Livelocks were not looked for\.\n$/,
    )
    expect(readdirSync(disk)).toEqual([])
  })

  it('removes its files when it is stopped', async () => {
    const { signal, stderr } = await stopped('SIGTERM')
    expect(signal).toBe('SIGTERM')
    expect(stderr).toBe(`kernel-sim: stopped; nothing is left in ${disk}\n`)
    expect(readdirSync(disk)).toEqual([])
  })

  it('removes what one has left that was killed, and says so', async () => {
    expect((await stopped('SIGKILL')).signal).toBe('SIGKILL')
    expect(readdirSync(disk)).toHaveLength(1)
    const { stderr, status } = await check('4', '--disk', disk)
    expect(stderr).toBe(
      `kernel-sim: removed from ${disk} what searches have left there that were killed\n`,
    )
    expect(status).toBeLessThan(2)
    expect(readdirSync(disk)).toEqual([])
  })

  it('stops at a limit of states that is given', async () => {
    const bound = async (...args: string[]) => {
      const { stdout } = await check(few, '--no-symmetry', '--json', '--disk', disk, ...args)
      return JSON.parse(stdout).scenarios[0].cells[0].bound
    }
    expect(await bound('--max-states', '100')).toBe('maxStates')
    expect(readdirSync(disk)).toEqual([])
  })

  it.each<[string, string[], string | RegExp]>([
    [
      'a folder that is not there',
      ['4', '--disk', '/no/such'],
      /^kernel-sim: \/no\/such cannot be used: there is no such file or folder\n$/,
    ],
    ['a file', ['4', '--disk', BIN], `kernel-sim: ${BIN} cannot be used: it is not a folder\n`],
    ['no scenario', ['--disk', '/tmp'], 'kernel-sim: --disk needs a SCENARIO\n'],
    [
      'a limit without it',
      ['4', '--max-gigabytes', '1'],
      'kernel-sim: --max-gigabytes is about the files of --disk\n',
    ],
    [
      'a crew',
      ['4', '--disk', '/tmp', '--workers', '2'],
      /'--disk <FOLDER>' cannot be used with option '--workers/,
    ],
  ])('refuses %s in one sentence', async (_what, args, message) => {
    const { status, stderr, stdout } = await check(...args)
    expect(stderr).toMatch(message)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })
})
