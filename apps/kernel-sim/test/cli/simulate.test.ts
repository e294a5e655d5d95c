import { mkdtempSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, it } from 'vitest'
import { kernelSim } from './kernel-sim.js'

/** As others load it. */
const schema = createRequire(import.meta.url)(
  '@scopemask/kernel-sim/schemas/simulate.schema.json',
) as object
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema)

const PLAN = `# A stream beside a program that takes memory.
seed=1 dur=3000 fs=ext4
proc name=cache type=read file=big.dat mib=64 passes=0
proc name=burst type=burst mib=40 period_us=500000 start=1000 nofs=1
`
const path = join(mkdtempSync(join(tmpdir(), 'simulate-')), 'a.plan')
writeFileSync(path, PLAN)

it('runs a plan, as text and as JSON', async () => {
  const { status, stdout, stderr } = await kernelSim(['simulate', '--plan', path])
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(stdout).toContain('2 workloads (cache, burst) for 3.')
  for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100)
  const json = await kernelSim(['simulate', '--plan', path, '--json', '--runs', '2'])
  const document = JSON.parse(json.stdout) as { runs: { seed: number }[] }
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true)
  expect(document.runs.map(({ seed }) => seed)).toEqual([1, 2])
})

it('holds a configuration against what was recorded of it', async () => {
  const { status, stdout } = await kernelSim([
    'simulate',
    '--held',
    '--config',
    'W2-128-1-def-fast',
  ])
  expect(stdout).toMatch(/ pgsteal_kswapd +\d+ +115240 +115240 +within 10 % +in\n/)
  expect([0, 1]).toContain(status)
})

it('says what is wrong with what it is given', async () => {
  const wrong: [string[], string][] = [
    [['--plan', path, '--policy', 'none'], 'kernel-sim: there is no policy none; there are '],
    [['--plan', 'nowhere.plan'], 'kernel-sim: nowhere.plan: no such file\n'],
    [['--held', path], `kernel-sim: ${path} is not JSON: `],
    [['--held', '--config', 'W99'], 'kernel-sim: no configuration begins with W99; there are '],
  ]
  for (const [args, message] of wrong) {
    const { status, stderr } = await kernelSim(['simulate', ...args])
    expect(stderr.startsWith(message), stderr).toBe(true)
    expect(status).toBe(2)
  }
})
