import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kernelSim } from './kernel-sim.js'
import { manyStates } from './many-states.js'

const schema = new URL('../../schemas/check.schema.json', import.meta.url)
const validate = new Ajv2020({ strict: true }).compile(JSON.parse(readFileSync(schema, 'utf8')))

describe('check --hash-compact', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kernel-sim-hash-compact-'))
    writeFileSync(join(folder, 'many.mjs'), manyStates(5))
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  const check = (scenario: string, ...args: string[]) =>
    kernelSim(['check', scenario, '--policy', 'scope', '--hash-compact', ...args])

  it('says what it has not proved, and how likely it is that a state was missed', async () => {
    const scenario = join(folder, 'many.mjs')
    const { status, stdout } = await check(scenario, '--json')
    const report = JSON.parse(stdout)
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true)
    const [cell] = report.scenarios[0].cells
    expect(cell.verdict).toBe('safe*')
    expect(cell.missedAtMost).toBe((cell.states * (cell.states - 1)) / 2 ** 65)
    expect(status).toBe(0)
    const text = (await check(scenario)).stdout.replaceAll(/\s+/g, ' ')
    expect(text).toMatch(/safe\*: no deadlock in .* This is no proof: .* of at most \d\.\de-\d+\./)
  })

  it('finds a deadlock by the schedule that a search without it finds', async () => {
    const { stdout, status } = await check('cil-push', '--json')
    const exact = await kernelSim(['check', 'cil-push', '--policy', 'scope', '--json'])
    expect(stdout).toBe(exact.stdout)
    expect(status).toBe(1)
  })

  it('says what it does not go with', async () => {
    expect((await check('cil-push', '--checkpoint', 'x')).stderr).toContain("'--hash-compact'")
    const { status, stderr } = await kernelSim(['check', '--hash-compact'])
    expect([status, stderr]).toEqual([2, 'kernel-sim: --hash-compact needs a SCENARIO\n'])
  })
})
