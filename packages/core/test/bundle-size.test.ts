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

test.each([
  ['contexts with their sections', "export { Context } from './context.ts'", 1550],
  ['tasks with their scopes', "export { Task } from './task.ts'", 2700],
  ['the main entry', "export * from './index.ts'", 4700],
])('%s', (what, contents, budget) => {
  const bytes = size(contents)
  console.info(`${what}: ${bytes} of ${budget} bytes`)
  expect(bytes).toBeLessThan(budget)
})
