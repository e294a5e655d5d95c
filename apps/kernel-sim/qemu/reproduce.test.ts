/** Modules on a real kernel: QEMU, a compiler and a kernel with its headers have to be there; `kernel-sim reproduce --install` fetches one. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findKernel } from '../src/boot/find-kernel.js'
import { POLICIES } from '../src/kernel/policy.js'
import { subjectOf } from '../src/matrix/subject.js'
import { sampledTokens } from '../src/reproduce/executions.js'
import { generateModule, HARNESS } from '../src/reproduce/module/generate.js'
import { CASES } from '../src/scenarios/catalogue.js'
import { kernelSim } from '../test/cli/kernel-sim.js'

const folder = mkdtempSync(join(tmpdir(), 'kernel-sim-qemu-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Cells of all kinds: with locks, workers, rescuers, transactions and bios, deadlocks, a livelock and safe ones. */
const CELLS = [
  ['1', 'unrestricted'],
  ['3', 'convey-on-queue'],
  ['3', 'separate-queues'],
  ['4', 'scope'],
  ['6', 'callee-scope'],
  ['7', 'unrestricted'],
  ['10', 'scope'],
  ['12b', 'explicit'],
  ['14', 'scope'],
  ['16b', 'unrestricted'],
] as const

describe('on a real kernel', () => {
  it('a safe case holds in rounds in which all run as they like, and each round counts', async () => {
    const random = ['--random', '20']
    const { status, stdout } = await kernelSim([
      ...['reproduce', '4', '--policy', 'explicit', '--run', ...random],
    ])
    expect(stdout).toMatch(/ {2}They agree\. 20 of 20 rounds show something/)
    expect(status).toBe(0)
  })

  it.each(CELLS)('case %s under %s does what the model says', async (given, policy) => {
    const { status, stdout, stderr } = await kernelSim([
      'reproduce',
      given,
      '--policy',
      policy,
      '--run',
    ])
    expect(stderr).toBe('')
    expect(stdout).toMatch(/ {2}They agree\./)
    expect(status).toBe(0)
  })
})

describe('for a real kernel', () => {
  it('all modules of the bundled cases compile without a warning', () => {
    const objects = CASES.flatMap(({ scenario }) =>
      POLICIES.flatMap((policy) => {
        if (scenario.inapplicable?.[policy.name] !== undefined) return []
        const tokens = sampledTokens(subjectOf(scenario, policy), { executions: 1, seed: 1 })
        const generated = generateModule({ scenario, policy, tokens })
        if (generated.kind === 'refused') return []
        for (const [name, text] of generated.files) writeFileSync(join(folder, name), text)
        return [`${generated.name}.o`]
      }),
    )
    for (const name of HARNESS) {
      copyFileSync(new URL(`../reproduce/${name}`, import.meta.url), join(folder, name))
    }
    writeFileSync(
      join(folder, 'Makefile'),
      `obj-m := ${objects.join(' ')}\nccflags-y := -Wall -Werror\n`,
    )
    expect(objects.length).toBeGreaterThan(150)
    // Compiled and not linked: that takes half of the time.
    const { status, stderr } = spawnSync(
      'make',
      [
        ...['-C', findKernel({}).headers, `M=${folder}`, `-j${availableParallelism()}`, '-k'],
        ...['KCFLAGS=-g0', ...objects],
      ],
      { encoding: 'utf8' },
    )
    expect(stderr.split('\n').filter((line) => /error|warning/.test(line))).toEqual([])
    expect(status).toBe(0)
  }, 1_200_000)
})
