/** The README says what is so: its report is the real one, its events are valid. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CASES } from '../src/scenarios/catalogue.js'
import { read } from './audit/trace.js'
import { kernelSim } from './cli/kernel-sim.js'
import { log } from './log/logs.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** The contents of the code blocks in one language. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(
    ([, content = '']) => content,
  )
}

describe('the README', () => {
  it('shows the report of the bundled recording', async () => {
    const { stdout } = await kernelSim(['audit', '--example'])
    const shown = blocks('text').filter(
      (block) => !block.startsWith('$ ') || block.includes('audit --example'),
    )
    expect(shown.length).toBeGreaterThan(0)
    for (const block of shown) expect(stdout).toContain(block.replace(/^\$ .*\n/, ''))
  })

  it('shows what explain says of a log', async () => {
    const [shown = ''] = blocks('console').filter((block) =>
      block.startsWith('$ kernel-sim explain'),
    )
    const directory = mkdtempSync(join(tmpdir(), 'kernel-sim-readme-'))
    writeFileSync(join(directory, 'splat.txt'), log('l01'))
    const { stdout } = await kernelSim(['explain', join(directory, 'splat.txt')])
    rmSync(directory, { recursive: true })
    expect(stdout.replaceAll(`${directory}/`, '')).toContain(shown.replace(/^\$ .*\n/, ''))
  })

  it('counts the bundled models, and the cases that they are of', () => {
    const cases = new Set(CASES.map(({ number }) => Number.parseInt(number, 10)))
    expect(readme).toContain(
      `${CASES.length} models of kernel paths, which are ${cases.size} real cases`,
    )
  })

  it('shows events of the format', async () => {
    const { reading } = await read(blocks('json').join(''))
    expect(reading).toMatchObject({ events: 2, damaged: 0 })
  })
})
