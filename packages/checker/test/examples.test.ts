/** The examples: each prints what its comments say, and the README shows it as it is. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'

const folder = new URL('../examples/', import.meta.url)
const examples = readdirSync(folder).filter((name) => name.endsWith('.ts'))

it.each(examples)('%s prints what it says', async (name) => {
  const source = readFileSync(new URL(name, folder), 'utf8')
  const printed: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((line) => {
    printed.push(`${line}`)
  })
  try {
    await import(new URL(name, folder).href)
  } finally {
    log.mockRestore()
  }
  const promised = [...source.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => line)
  expect(
    printed
      .join('\n')
      .split('\n')
      .map((line) => line.trimEnd()),
  ).toEqual(promised)
  expect(promised.length).toBeGreaterThan(0)
})

it.each(examples)('%s is in the README as it is', (name) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(`\`\`\`ts\n${readFileSync(new URL(name, folder), 'utf8')}\`\`\``)
})
