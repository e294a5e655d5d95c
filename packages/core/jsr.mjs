/** Writes the version of package.json into jsr.json: `node jsr.mjs`, when versions have changed. */
import { readFileSync, writeFileSync } from 'node:fs'

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))
const manifest = { ...read('jsr.json'), version: read('package.json').version }
writeFileSync(new URL('jsr.json', import.meta.url), `${JSON.stringify(manifest, null, 2)}\n`)
