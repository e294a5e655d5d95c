import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kernelSim, kernelSimProcess, type Outcome } from './kernel-sim.js'
import { manyStates } from './many-states.js'

/** What makes a scenario fail in the threads that help, and in no other. */
const ALONE = `import { workerData } from 'node:worker_threads'
if (workerData?.link) throw new Error('not in a thread')
`

// That the whole matrix comes out the same, whoever takes which cell, is tested with demo.
describe('check --workers', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kernel-sim-workers-'))
    writeFileSync(join(folder, 'many.mjs'), manyStates(9))
    writeFileSync(join(folder, 'alone.mjs'), `${ALONE}${manyStates(9)}`)
    writeFileSync(join(folder, 'wrong.mjs'), manyStates(1).replace('lock.lock()', 'seen.set(2)'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  describe('for one cell', () => {
    const of = (file: string): string[] => [
      'check',
      join(folder, file),
      ...['--policy', 'scope', '--no-symmetry', '--json'],
    ]
    let alone: Outcome = { status: null, stdout: '', stderr: '' }
    beforeAll(async () => {
      alone = await kernelSim(of('many.mjs'))
      // For fewer no thread is started.
      expect(JSON.parse(alone.stdout).scenarios[0].cells[0].states).toBeGreaterThan(1_000_000)
      expect(alone).toMatchObject({ status: 0, stderr: '' })
    })

    it('prints the same as a single thread does', async () => {
      expect(await kernelSim([...of('many.mjs'), '--workers', '3'])).toEqual(alone)
    })

    it('prints the same when its threads fail, says so once, and ends', async () => {
      const { stderr, ...found } = await kernelSimProcess([...of('alone.mjs'), '--workers', '3'])
      expect({ ...found, stderr: '' }).toEqual(alone)
      expect(stderr).toMatch(
        /^kernel-sim: a search thread failed, so the search went on with one thread, and the result is the same: .*not in a thread.*\n$/,
      )
    })
  })

  it('prints the same for the cells of a scenario as a single thread does', async () => {
    const args = ['check', 'cil-push', '--json']
    const alone = await kernelSim(args)
    expect(JSON.parse(alone.stdout).scenarios[0].cells).toHaveLength(7)
    expect(await kernelSim([...args, '--workers', '2'])).toEqual(alone)
  })

  it('says what is wrong with a scenario as a single thread does', async () => {
    const args = ['check', join(folder, 'wrong.mjs')]
    const alone = await kernelSim(args)
    expect(alone).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/which it does not hold/),
    })
    expect(await kernelSim([...args, '--workers', '2'])).toEqual(alone)
  })

  it('takes a sensible number', async () => {
    for (const number of ['0', 'two', '65']) {
      const { status, stderr } = await kernelSim(['check', '--workers', number])
      expect(status).toBe(2)
      expect(stderr).toMatch(/--workers/)
    }
  })
})
