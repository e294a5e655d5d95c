/** The README says what is so: its report is the real one, its events are valid. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { read } from './audit/trace.js'
import { kernelSim } from './cli/kernel-sim.js'

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

  it('shows events of the format', async () => {
    const { reading } = await read(blocks('json').join(''))
    expect(reading).toMatchObject({ events: 2, damaged: 0 })
  })
})
