/** The pages of the repository are true where a machine can tell: their links lead somewhere, their commands exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { manifest, published, root } from './workspace.js'

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  '.changeset/README.md',
  ...readdirSync(join(root, 'docs/decisions')).map((name) => `docs/decisions/${name}`),
  ...published.map((path) => `${path}/README.md`),
]

describe.each(pages)('%s', (page) => {
  const text = () => readFileSync(join(root, page), 'utf8')

  test('links to what is there', () => {
    const links = [...text().matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => String(link))
    const folder = join(root, dirname(page))
    expect(links.filter((link) => !existsSync(join(folder, link)))).toEqual([])
  })

  test('names scripts that are there', () => {
    const names = [...text().matchAll(/\bnpm (?:run )?([a-z:-]+)(?=`|$)/gm)].map(([, name]) => name)
    const known = ['install', ...Object.keys(manifest(root).scripts)]
    expect(names.filter((name) => !known.includes(String(name)))).toEqual([])
  })
})
