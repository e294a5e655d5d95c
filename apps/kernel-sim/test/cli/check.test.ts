/** `kernel-sim check` from outside: what it prints, in which form, and that it prints the same each time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { validCheck } from './check-json.js'
import { kernelSim } from './kernel-sim.js'

/** A valid report, parsed. */
async function json(...args: string[]) {
  return validCheck(await kernelSim(['check', '--json', ...args]))
}

describe('the JSON', () => {
  it.each([
    ['safe', ['direct-recursion', '--policy', 'scope'], 0],
    ['deadlock', ['cil-push', '--policy', 'scope'], 1],
    ['livelock', ['too-weak', '--policy', 'scope'], 1],
    ['bounded', ['cil-push', '--policy', 'callee-scope', '--max-states', '3'], 1],
    ['deadlock', ['cil-push', '--policy', 'scope', '--sample', '300'], 1],
    ['bounded', ['cil-push', '--policy', 'callee-scope', '--sample', '20'], 0],
  ])('of one that is %s is valid: %s', async (verdict, args, expected) => {
    const { report, status } = await json(...args)
    expect(report.scenarios[0].cells[0].verdict).toBe(verdict)
    expect(status).toBe(expected)
    expect(report.sample?.executions).toBe(args[3] === '--sample' ? Number(args[4]) : undefined)
  })

  it('tells the counterexamples as stories, and where a policy that holds parts from them', async () => {
    const { report } = await json('cil-push')
    const [unrestricted, explicit, scope] = report.scenarios[0].cells
    expect(explicit.story).toBeUndefined()
    for (const { story, counterexample } of [unrestricted, scope]) {
      const told = story.steps.map(({ operation }: { operation: string }) => operation)
      expect(told).toEqual(
        counterexample.steps.map(({ operation }: { operation: string }) => operation),
      )
    }
    const { parting } = scope.story
    expect(parting.policy).toBe('callee-scope')
    expect(parting.rows[parting.parts].left).toBeGreaterThan(0)
    expect(parting.story.waiting).toEqual([])
  })

  it('has what lockdep prints, reasons, and reductions where they are asked for', async () => {
    const { report } = await json('direct-recursion', '--reductions')
    const [unrestricted, , , conveying] = report.scenarios[0].cells
    expect(unrestricted.lockdep[0].text).toContain('possible recursive locking detected')
    expect(unrestricted.reductions.both).toBeLessThan(unrestricted.reductions.neither)
    expect(conveying.inapplicable).toContain('nothing to convey')
  })

  describe('of a file of the user', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kernel-sim-check-'))
    const path = join(folder, 'own.mjs')
    beforeAll(() =>
      writeFileSync(
        path,
        `import { scenario } from '@scopemask/kernel-sim'
         export default scenario({ name: 'own', summary: 's', build(kernel) {
           const a = kernel.mutex('a')
           kernel.task('t', function* () { yield* a.lock(); yield* a.lock() })
         } })`,
      ),
    )
    afterAll(() => rmSync(folder, { recursive: true }))

    it('is valid and says where its code waits', async () => {
      const { report } = await json(path)
      expect(report.scenarios[0].case).toBeUndefined()
      expect(report.scenarios[0].cells[0].counterexample.waiting[0].place).toContain('own.mjs:')
    })
  })
})

describe('what is printed', () => {
  it('is the same each time, but for times, which only terminals show', async () => {
    const first = await kernelSim(['check', 'shared-worker'])
    expect(first.stdout).not.toContain('seconds')
    expect((await kernelSim(['check', 'shared-worker'])).stdout).toBe(first.stdout)
    const timed = await kernelSim(['check', '--times', '--policy', 'unrestricted'])
    expect(timed.stdout).toContain('seconds')
    expect(timed.stderr).toMatch(/^checked \d+ cases in \d+\.\d s\n$/)
  })

  it('shows progress where that is asked for', async () => {
    const { stderr, status } = await kernelSim(['check', 'shared-worker', '--progress'])
    expect(stderr).toMatch(/^shared-worker under \S+: [\d,]+ states, \d+ steps deep\n/)
    expect(status).toBe(1)
  })

  it('refuses what makes no sense', async () => {
    expect((await kernelSim(['check', '--sample', '3'])).stderr).toMatch(
      /--sample needs a SCENARIO/,
    )
    expect((await kernelSim(['check', '4', '--answer'])).stderr).toMatch(/all bundled cases/)
  })
})
