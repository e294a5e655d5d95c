/**
 * The READMEs say what each entry weighs: minified, compressed, with what it takes of lower packages. `npm run sizes` writes
 * the numbers anew; up to five per cent beside them are let pass, so that not each change has to. (Core keeps its own table.)
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { manifest, root } from './workspace.js'

const TOLERANCE = 0.05

/** What a page has to load for a module, in kB of 1,000 bytes. */
async function kilobytes(module: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from '${module}'`, resolveDir: join(root, 'apps/kernel-sim') },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*', ...builtinModules],
    write: false,
  })
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length / 1000
}

describe.each(['packages/allocator', 'packages/checker'])('the README of %s', (path) => {
  const { name, exports = {} } = manifest(join(root, path))
  const modules = Object.keys(exports)
    .filter((entry) => entry !== './package.json')
    .map((entry) => name + entry.slice(1))

  test.each(modules)('says what %s weighs', async (module) => {
    const page = join(root, path, 'README.md')
    const row = new RegExp(`^(\\| \`${module}\` \\|.*\\| )([\\d.]+)( kB \\|)$`, 'm')
    const measured = await kilobytes(module)
    if (process.env.WRITE_SIZES) {
      const text = readFileSync(page, 'utf8')
      writeFileSync(page, text.replace(row, `$1${measured.toFixed(1)}$3`))
    }
    const said = Number(row.exec(readFileSync(page, 'utf8'))?.[2])
    expect(
      Math.abs(said - measured) <= TOLERANCE * measured,
      `${module} weighs ${measured.toFixed(1)} kB, and the README says ${said}: run "npm run sizes"`,
    ).toBe(true)
  })
})
