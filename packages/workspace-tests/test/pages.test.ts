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
  ...['docs/decisions', 'docs/guides'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
  ...published.map((path) => `${path}/README.md`),
]

/** How the repository's files are named on the web. */
const OWN = /^https:\/\/github\.com\/scopemask\/scopemask\/(?:blob|tree)\/main\//

/** Returns true if a link leads to a file or folder of the repository, or to a place on the web that is not ours. */
function isThere(link: string, folder: string): boolean {
  if (OWN.test(link)) return existsSync(join(root, link.replace(OWN, '')))
  return /^https?:/.test(link) || existsSync(join(root, folder, link))
}

describe.each(pages)('%s', (page) => {
  const text = () => readFileSync(join(root, page), 'utf8')

  test('links to what is there', () => {
    const links = [...text().matchAll(/\]\(([^)#]+)/g)].map(([, link]) => String(link))
    expect(links.filter((link) => !isThere(link, dirname(page)))).toEqual([])
  })

  test('names scripts that are there', () => {
    const names = [...text().matchAll(/\bnpm (?:run )?([a-z:-]+)(?=`|$)/gm)].map(([, name]) => name)
    const known = ['install', ...Object.keys(manifest(root).scripts)]
    expect(names.filter((name) => !known.includes(String(name)))).toEqual([])
  })
})
