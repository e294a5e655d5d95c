/** `check --fair`: starvation under weak fairness, as a property of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kernelSim } from './kernel-sim.js'

const schema = createRequire(import.meta.url)(
  '@scopemask/kernel-sim/schemas/check.schema.json',
) as object
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema)

/** A writer that only tries, among readers that overlap for ever; or one that waits, whom later readers let go first. */
const readers = (writer: string) => `import { scenario } from '@scopemask/kernel-sim'
export default scenario({
  name: 'readers',
  summary: 'a writer among readers',
  build(kernel) {
    const r = kernel.rwsem('r')
    for (const name of ['r1', 'r2']) {
      kernel.kthread(name, function* () { yield* r.downRead(); yield* r.upRead() })
    }
    kernel.task('writer', ${writer})
  },
})
`
const TRIES = `kernel.loop('try', function* () {
  if (yield* r.downWriteTrylock()) { yield* r.upWrite(); return 1 }
})`
const WAITS = 'function* () { yield* r.downWrite(); yield* r.upWrite() }'

let folder = ''
const file = (name: string): string => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kernel-sim-fair-'))
  writeFileSync(file('tries.mjs'), readers(TRIES))
  writeFileSync(file('waits.mjs'), readers(WAITS))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('check --fair', () => {
  it('finds a writer that only tries, though an end can be reached, and shows the loop', async () => {
    const args = ['check', file('tries.mjs'), '--policy', 'scope']
    expect((await kernelSim(args)).status).toBe(0)
    const { status, stdout } = await kernelSim([...args, '--fair'])
    expect(status).toBe(1)
    expect(stdout).toContain('readers under scope: safe in all interleavings')
    expect(stdout).toContain('under scope and weak fairness: 1 task can starve')
    expect(stdout).toContain(
      'writer can go round for ever: it takes steps, and none of them leads on.',
    )
    expect(stdout).toMatch(
      /And then for ever:\n(.*\n)*.*writer +down_write_trylock\(r\): taken by another/,
    )
    const token = /^Token: (.*)$/m.exec(stdout)?.[1] ?? ''
    const again = await kernelSim(['replay', file('tries.mjs'), 'scope', token])
    expect(again.stdout).toContain('Why: the last steps can be repeated for ever, and need not be')
  })

  it('as JSON follows the schema, and says the same', async () => {
    const { stdout } = await kernelSim([
      'check',
      file('tries.mjs'),
      '--policy',
      'scope',
      '--fair',
      '--json',
    ])
    const report = JSON.parse(stdout)
    validate(report)
    expect(validate.errors ?? []).toEqual([])
    const [{ verdict, fairness }] = report.scenarios[0].cells
    expect([verdict, fairness.verdict]).toEqual(['safe', 'starvation'])
    expect(fairness.starvations).toMatchObject([{ task: 'writer', kind: 'goes round' }])
    expect(fairness.starvations[0].loop.length).toBeGreaterThan(0)
  })

  it('finds nothing where a writer that waits holds later readers up', async () => {
    const { status, stdout } = await kernelSim([
      'check',
      file('waits.mjs'),
      '--policy',
      'scope',
      '--fair',
    ])
    expect(stdout).toContain('readers under scope and weak fairness: no task starves')
    expect(status).toBe(0)
  })

  it('claims nothing where a limit stops it', async () => {
    const limited = ['check', '20', '--policy', 'scope', '--fair', '--max-states', '400']
    const { status, stdout } = await kernelSim(limited)
    expect(stdout).toMatch(/weak fairness: bounded: the limit maxStates\s+stopped the search/)
    expect(status).toBe(1)
  })

  it('is for searches', async () => {
    const { status, stderr } = await kernelSim(['check', '4', '--fair', '--sample', '3'])
    expect(status).toBe(2)
    expect(stderr).toMatch(/--fair/)
  })
})
