/** The manifest for JSR offers what the one for npm does, from the sources. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import config from '../tsup.config.js'

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'))

test('jsr.json has the name, the version (else: node jsr.mjs) and the entries of the package', () => {
  const { name, version, license } = read('package.json')
  const entries = Object.entries(config.entry as Record<string, string>)
  expect(read('jsr.json')).toMatchObject({
    name,
    version,
    license,
    exports: Object.fromEntries(
      entries.map(([entry, path]) => [entry === 'index' ? '.' : `./${entry}`, `./${path}`]),
    ),
  })
})
