/**
 * What a page has to load for each entry by itself: minified by esbuild and compressed by gzip. The README's table has the
 * same numbers, in hundreds of bytes, rounded up.
 */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import config from '../tsup.config.js'

const root = new URL('..', import.meta.url).pathname

/** How many hundreds of bytes an entry is at most. */
async function hundreds(path: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from './${path}'`, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    external: ['node:*'],
    write: false,
  })
  const [file] = outputFiles
  if (file === undefined) throw new Error('esbuild wrote nothing')
  return Math.ceil(gzipSync(file.contents, { level: 9 }).length / 100)
}

test('each entry is as large as the README says', async () => {
  const rows: string[] = []
  for (const [entry, path] of Object.entries(config.entry as Record<string, string>)) {
    const name = entry === 'index' ? '@scopemask/core' : `@scopemask/core/${entry}`
    rows.push(`| \`${name}\` | ${((await hundreds(path)) / 10).toFixed(1)} kB |`)
  }
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme.match(/^\| `@scopemask\/core[^|]*\| [\d.]+ kB \|$/gm)).toEqual(rows)
})
