/**
 * The examples in the documentation, on pages and in doc comments, as a newcomer tries them: each block of TypeScript is a
 * program of its own that compiles strictly in a project that installed the packages, runs, and prints what its comments say. One of
 * JavaScript, for what loads modules that the types here do not know, runs as it is.
 *
 * `console.log(x) // → text` prints `text`. A block that is not a whole program is marked ```ts sketch.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { compiler, consumer } from './installed.js'
import { type Ended, runPrograms } from './programs.js'
import { manifest, root, write } from './workspace.js'

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
const ON_A_PAGE = /^```(ts|js)\n(.*?)^```$/gms

/** A block in a doc comment; other blocks there are parts of programs. */
const IN_A_COMMENT = /^ \* @example\n \* ```(ts)\n(.*?)^ \* ```$/gms

/** An example. */
interface Program {
  readonly name: string
  readonly language: string
  readonly source: string
}

/** The programs on a page, by the line on which they start. */
function programs(page: string): Program[] {
  const text = readFileSync(page, 'utf8')
  const inCode = page.endsWith('.ts')
  return [...text.matchAll(inCode ? IN_A_COMMENT : ON_A_PAGE)].map(
    ({ index, 1: language = '', 2: source = '' }) => ({
      name: `${basename(page, inCode ? '.ts' : '.md').toLowerCase()}-${text.slice(0, index).split('\n').length}`,
      language,
      source: inCode ? source.replaceAll(/^ \* ?/gm, '') : source,
    }),
  )
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

/** The examples of all packages; those of a package have its name in theirs. */
const examples = packages.flatMap((path) =>
  pages(path)
    .flatMap(programs)
    .map(({ name, ...program }): Program => ({ ...program, name: `${basename(path)}-${name}` })),
)

describe('the example', () => {
  let ended: ReadonlyMap<string, Ended>

  beforeAll(async () => {
    const folder = join(consumer.folder, 'examples')
    for (const path of packages) consumer.link(folder, path, others(path))
    write(folder, {
      ...Object.fromEntries(
        examples.map(({ name, language, source }) => [`${name}.${language}`, source]),
      ),
      'package.json': '{ "type": "module" }',
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          strict: true,
          noUncheckedIndexedAccess: true,
          exactOptionalPropertyTypes: true,
          target: 'es2022',
          lib: ['es2022', 'esnext.disposable'],
          module: 'nodenext',
          types: ['node'],
          typeRoots: [join(root, 'packages/workspace-tests/node_modules/@types')],
        },
        files: examples.filter(({ language }) => language === 'ts').map(({ name }) => `${name}.ts`),
      }),
    })
    expect(compiler.compile(folder)).toEqual([])
    ended = await runPrograms(
      folder,
      examples.map(({ name }) => `${name}.js`),
    )
  })

  test.each(examples)('$name prints what it says', ({ name, source }) => {
    expect(ended.get(`${name}.js`)).toEqual({ code: 0, stdout: promised(source) })
  })

  test.each(packages)('of %s is among them', (path) => {
    expect(examples.some(({ name }) => name.startsWith(`${basename(path)}-`))).toBe(true)
  })
})
