/**
 * The examples in the documentation, on pages and in doc comments, as a newcomer tries them: each block of TypeScript is a
 * program of its own that compiles strictly in a project that installed the packages, runs, and prints what its comments say.
 *
 * `console.log(x) // → text` prints `text`. A block that is no whole program is marked ```ts sketch.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Compiler } from './compiler.js'
import { Consumer } from './consumer.js'
import { manifest, root, run, write } from './workspace.js'

/** The packages with examples, lower ones first. */
const packages = ['packages/core', 'packages/allocator', 'packages/checker', 'apps/kernel-sim']

/** The pages of a package, its README and what is in its docs folder, and its sources. */
function pages(path: string): string[] {
  const docs = join(root, path, 'docs')
  const more = existsSync(docs) ? readdirSync(docs).filter((name) => name.endsWith('.md')) : []
  const sources = readdirSync(join(root, path, 'src'), { recursive: true, encoding: 'utf8' })
  return [
    join(root, path, 'README.md'),
    ...more.map((name) => join(docs, name)),
    ...sources.filter((name) => name.endsWith('.ts')).map((name) => join(root, path, 'src', name)),
  ]
}

/** A block on a page. */
const ON_A_PAGE = /^```ts\n(.*?)^```$/gms

/** A block in a doc comment; other blocks there are parts of programs. */
const IN_A_COMMENT = /^ \* @example\n \* ```ts\n(.*?)^ \* ```$/gms

/** The programs on a page, by the line on which they start. */
function programs(page: string): { readonly name: string; readonly source: string }[] {
  const text = readFileSync(page, 'utf8')
  const inCode = page.endsWith('.ts')
  return [...text.matchAll(inCode ? IN_A_COMMENT : ON_A_PAGE)].map(({ index, 1: source = '' }) => ({
    name: `${basename(page, inCode ? '.ts' : '.md').toLowerCase()}-${text.slice(0, index).split('\n').length}`,
    source: inCode ? source.replaceAll(/^ \* ?/gm, '') : source,
  }))
}

/** What a program says that it prints. */
function promised(source: string): string {
  return [...source.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => `${line}\n`).join('')
}

/** The other packages that a package's examples use. */
function others(path: string): string[] {
  const { devDependencies = {} } = manifest(join(root, path))
  const sources = pages(path)
    .flatMap(programs)
    .map(({ source }) => source)
  return Object.keys(devDependencies).filter((name) =>
    sources.some((source) => source.includes(`from '${name}'`)),
  )
}

const consumer = new Consumer()
const folder = join(consumer.folder, 'examples')

/** The examples of all packages; those of a package have its name in theirs. */
const examples = packages.flatMap((path) =>
  pages(path)
    .flatMap(programs)
    .map(({ name, source }) => ({ name: `${basename(path)}-${name}`, source })),
)

beforeAll(async () => {
  await consumer.install(packages)
  for (const path of packages) consumer.link(folder, path, others(path))
  const files = examples.map(({ name, source }) => [`${name}.ts`, source] as const)
  write(folder, {
    ...Object.fromEntries(files),
    'package.json': '{ "type": "module" }',
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        strict: true,
        target: 'es2022',
        lib: ['es2022', 'esnext.disposable', 'dom', 'dom.asynciterable'],
        module: 'nodenext',
        types: ['node'],
        typeRoots: [join(root, 'packages/workspace-tests/node_modules/@types')],
      },
      files: files.map(([name]) => name),
    }),
  })
  expect(new Compiler().compile(folder)).toEqual([])
})
afterAll(() => consumer.remove())

test.each(examples)('$name prints what it says', async ({ name, source }) => {
  expect(await run('node', [`${name}.js`], folder)).toMatchObject({
    code: 0,
    stdout: promised(source),
  })
})
