/** A process of its own does what the command does in the process of the other tests: what it prints comes out whole, and it ends. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.js'
import { log } from '../log/logs.js'
import { kernelSim, kernelSimProcess } from './kernel-sim.js'

const folder = mkdtempSync(join(tmpdir(), 'kernel-sim-process-'))
afterAll(() => rmSync(folder, { recursive: true }))
const tutorial = fileURLToPath(new URL('../../docs/direct-recursion.ts', import.meta.url))
const machine = join(folder, 'small.yaml')
writeFileSync(machine, 'memory: 96 MiB\nworkloads:\n  cache: { type: read, size: 10 MiB }\n')

const FREED = `          wl-a-1     [000] ..... 1.000001: mm_page_free: page=0 pfn=0x1 order=0\n`

/** A line of each command, what it reads, and its exit status. */
const LINES: readonly {
  readonly args: readonly string[]
  readonly input?: string
  readonly ends: number
}[] = [
  { args: ['demo', '--help'], ends: 0 },
  // More than a pipe holds.
  { args: ['check', 'cil-push', '--html'], ends: 1 },
  // A file of the user's, in TypeScript.
  { args: ['check', tutorial], ends: 1 },
  { args: ['replay', 'cil-push', 'scope', 'none'], ends: 2 },
  { args: ['audit', '-'], input: FREED, ends: 0 },
  { args: ['explain', '-'], input: log('l06'), ends: 0 },
  { args: ['gfp', 'GFP_NOFS', '--kernel', '6.6'], ends: 0 },
  { args: ['record'], ends: 0 },
  { args: ['replay-memory', '-'], input: FREED, ends: 0 },
  { args: ['sweep', join(folder, 'none.yaml')], ends: 2 },
  { args: ['reproduce', 'none'], ends: 2 },
  { args: ['worker', '--redis', 'localhost'], ends: 2 },
  { args: ['simulate', machine, '--seconds', '0.1'], ends: 0 },
]

describe('the command in a process of its own', () => {
  it.each(LINES)('does the same: $args', async ({ args, input = '', ends }) => {
    const outcome = await kernelSimProcess(args, { input })
    expect(outcome.status).toBe(ends)
    expect(outcome.stderr === '').toBe(ends < 2)
    expect(outcome).toEqual(await kernelSim(args, input))
  })

  it('is tried with every command', () => {
    expect([...new Set(LINES.map(({ args: [command] }) => command))]).toEqual([...COMMANDS.keys()])
  })
})
