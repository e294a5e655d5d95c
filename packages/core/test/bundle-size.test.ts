/** What a page has to load: minified by esbuild and compressed by gzip, in bytes. */
import { gzipSync } from 'node:zlib'
import { buildSync } from 'esbuild'
import { expect, test } from 'vitest'

function size(contents: string): number {
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: new URL('../src', import.meta.url).pathname },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  const [file] = outputFiles
  if (file === undefined) throw new Error('esbuild wrote nothing')
  return gzipSync(file.contents, { level: 9 }).length
}

test('contexts with their scopes take less than 1 kB', () => {
  expect(size("export { Context } from './context.ts'")).toBeLessThan(1000)
})

test('the main entry takes less than 2.5 kB', () => {
  expect(size("export * from './index.ts'")).toBeLessThan(2500)
})
