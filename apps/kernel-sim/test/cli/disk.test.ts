import { spawn } from 'node:child_process'
import fs, {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import schema from '../../schemas/check.schema.json' with { type: 'json' }
import { BIN, kernelSim } from './kernel-sim.js'
import { manyStates } from './many-states.js'

const validate = new Ajv2020({ strict: true }).compile(schema)

let folder = ''
let disk = ''
let other = ''
let search: string[] = []
let often: string[] = []
let scenario = ''
let few = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kernel-sim-disk-'))
  disk = mkdtempSync(join(folder, 'disk-'))
  other = mkdtempSync(join(folder, 'other-'))
  scenario = join(folder, 'many.mjs')
  writeFileSync(scenario, manyStates(7))
  search = ['check', scenario, '--policy', 'scope', '--no-symmetry', '--json']
  often = [...search, '--checkpoint-every', '0.01']
  few = join(folder, 'few.mjs')
  writeFileSync(few, manyStates(5))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The same, but for one bit in the middle. */
function wrongBit(good: Buffer): Buffer {
  const wrong = Buffer.from(good)
  wrong[wrong.length >> 1] = (good[good.length >> 1] as number) ^ 4
  return wrong
}

const check = (...args: string[]) => kernelSim(['check', ...args, '--policy', 'scope'])

/** What the checkpoint says of the search that was left on the disk; null when there is none. */
function leftOn(disk: string): { states: number; path: string } | null {
  for (const name of readdirSync(disk)) {
    const path = join(disk, name)
    try {
      const bytes = readFileSync(join(path, 'checkpoint'))
      const { files } = JSON.parse(bytes.toString('utf8', 16, 16 + bytes.readUInt32LE(12)))
      return { states: files.rows.length / files.words, path }
    } catch {
      // Not yet, or no longer.
    }
  }
  return null
}

/** Starts a search on disk, and stops it by a signal once more states were saved. */
function stopped(by: NodeJS.Signals, states: number) {
  return new Promise<{ signal: string | null; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...often, '--disk', disk])
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    const poll = setInterval(() => {
      if ((leftOn(disk)?.states ?? 0) > states) child.kill(by)
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

  it('goes on after kill -9, SIGTERM and a limit, and prints what it would have printed', async () => {
    expect((await stopped('SIGKILL', 1_000)).signal).toBe('SIGKILL')
    const { signal, stderr } = await stopped('SIGTERM', (leftOn(disk)?.states ?? 0) + 500)
    expect(signal).toBe('SIGTERM')
    const path = leftOn(disk)?.path
    expect(stderr).toMatch(/^kernel-sim: goes on from .*: [\d,]+ states, \d+ steps deep\n/)
    expect(stderr).toContain(`\nkernel-sim: stopped; the same command goes on from ${path}\n`)
    expect(readdirSync(disk)).toHaveLength(1)

    const bounded = await kernelSim([...search, '--disk', disk, '--max-states', '50000'])
    expect(JSON.parse(bounded.stdout).scenarios[0].cells[0]).toMatchObject({ bound: 'maxStates' })
    expect(bounded.stderr).toContain(`kernel-sim: with a higher limit it goes on from ${path}\n`)

    const whole = await kernelSim([...search, '--disk', disk])
    expect(whole.stderr).toMatch(
      /^kernel-sim: goes on from .*: 5\d,\d{3} states, \d+ steps deep\n$/,
    )
    expect(whole.stdout).toBe((await kernelSim([...search, '--disk', other])).stdout)
    expect([...readdirSync(disk), ...readdirSync(other)]).toEqual([])
  })

  it('says that the disk is full, and goes on when there is room', async () => {
    const { writeSync } = fs
    let room = 1_000_000
    Object.assign(fs, {
      writeSync: (...args: Parameters<typeof writeSync>) => {
        room -= args[1].length
        if (room > 0) return writeSync(...args)
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
      },
    })
    syncBuiltinESMExports()
    const { stdout, stderr, status } = await kernelSim([...often, '--disk', disk])
    Object.assign(fs, { writeSync })
    syncBuiltinESMExports()
    const left = leftOn(disk)
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 })
    expect(stderr).toBe(
      `kernel-sim: ${disk} cannot be written: the disk is full; make room there, and the same command goes on from ${left?.path}\n`,
    )
    const again = await kernelSim([...search, '--disk', disk])
    expect(again.stderr).toContain(
      `goes on from ${disk}: ${left?.states.toLocaleString('en')} states`,
    )
    expect(again.stdout).toBe((await kernelSim([...search, '--disk', other])).stdout)
    expect(readdirSync(disk)).toEqual([])
  })

  it('tells what it has found where its files cannot be removed', async () => {
    const { rmSync } = fs
    Object.assign(fs, {
      rmSync: (...args: Parameters<typeof rmSync>) => {
        if (args[1]?.recursive !== true) return rmSync(...args)
        throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' })
      },
    })
    syncBuiltinESMExports()
    const args = ['check', few, '--policy', 'scope', '--no-symmetry', '--json', '--disk']
    const { stdout, stderr, status } = await kernelSim([...args, disk])
    Object.assign(fs, { rmSync })
    syncBuiltinESMExports()
    expect(stderr).toBe(
      `kernel-sim: ${disk} cannot be removed: it is on a disk that is only read\n`,
    )
    expect({ stdout, status }).toEqual({
      stdout: (await kernelSim([...args, other])).stdout,
      status: 0,
    })
    for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true })
  })

  it('goes on under the policy under which it was stopped, when it was asked for all', async () => {
    const all = ['check', few, '--no-symmetry', '--json', '--disk', disk]
    await kernelSim([...all, '--policy', 'scope', '--max-states', '100'])
    const { stderr, stdout } = await kernelSim(all)
    expect(stderr.match(/goes on from/g)).toHaveLength(1)
    expect(stdout).toBe((await kernelSim([...all.slice(0, -1), other])).stdout)
    expect(readdirSync(disk)).toEqual([])
  })

  it('removes what one has left that was killed before it was saved, and says so', async () => {
    // No process has this number: Linux has 2^22 of them at most.
    const name = `search-on-disk.${hostname()}.${2 ** 22 + 1}.AbCdEf`
    mkdirSync(join(disk, name))
    writeFileSync(join(disk, name, '0'), 'rows')
    const { stderr, status } = await check('4', '--disk', disk)
    expect(stderr).toBe(
      `kernel-sim: removed from ${disk} what searches have left there that were killed before they could be saved\n`,
    )
    expect(status).toBeLessThan(2)
    expect(readdirSync(disk)).toEqual([])
  })

  it('tells of the same search that was begun on another computer, and leaves it alone', async () => {
    await check(few, '--disk', disk, '--max-states', '100')
    const theirs = join(disk, 'search-on-disk.another.host.7.AbCdEf')
    renameSync(leftOn(disk)?.path ?? '', theirs)
    const { stderr } = await check(few, '--disk', disk)
    expect(stderr).toBe(
      `kernel-sim: ${theirs} is this search, begun on another computer: if nobody is at it any more, rename it to ${join(disk, 'search-on-disk.unfinished.AbCdEf')}, and the same command goes on from there\n`,
    )
    expect((await check('4', '--disk', disk)).stderr).toBe('')
    rmSync(theirs, { recursive: true })
  })

  it('refuses what is damaged, or of another search, and leaves it', async () => {
    await kernelSim([...search, '--disk', disk, '--max-states', '1000'])
    const path = leftOn(disk)?.path ?? ''
    const refused = async (message: string, args: string[] = search) => {
      const { status, stdout, stderr } = await kernelSim([...args, '--disk', disk])
      expect(stderr).toBe(`kernel-sim: ${path} ${message}\n`)
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(leftOn(disk)?.path ?? path).toBe(path)
    }
    const elsewhere = 'name another folder, or remove it to start over'
    await refused(`is of many-states under scope, not many-states under explicit: ${elsewhere}`, [
      'check',
      scenario,
      '--no-symmetry',
      '--policy',
      'explicit',
    ])
    await refused(`is of many-states under scope, not cil-push under scope: ${elsewhere}`, [
      'check',
      'cil-push',
      '--policy',
      'scope',
    ])
    await refused(
      `is of with partial order and without symmetry, not with partial order and with symmetry: ${elsewhere}`,
      ['check', scenario, '--policy', 'scope'],
    )
    writeFileSync(scenario, manyStates(6))
    await refused(
      'is of this scenario before it was changed, or of another version of kernel-sim: remove it to start over',
    )
    writeFileSync(scenario, manyStates(7))
    const checkpoint = join(path, 'checkpoint')
    for (const name of readdirSync(path)) {
      const file = join(path, name)
      const good = readFileSync(file)
      for (const bad of [good.subarray(0, good.length >> 1), wrongBit(good)]) {
        writeFileSync(file, bad)
        await refused('is damaged: remove it to start over')
      }
      writeFileSync(file, good)
      if (file === checkpoint) continue
      rmSync(file)
      await refused('is damaged: remove it to start over')
      writeFileSync(file, good)
    }
    const good = readFileSync(checkpoint)
    const later = Buffer.from(good)
    later.writeUInt32LE(2, 8)
    writeFileSync(checkpoint, later)
    await refused(
      'is a checkpoint of version 2, and this kernel-sim reads version 1: remove it to start over',
    )
    writeFileSync(checkpoint, good)
    expect((await kernelSim([...search, '--disk', disk])).status).toBe(0)
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
