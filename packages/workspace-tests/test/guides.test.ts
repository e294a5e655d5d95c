/**
 * The guides work as they stand: each is gone through from top to bottom in an empty folder that has the packages. A block whose
 * first line names a file is that file; a program prints what its comments say, and a command what stands below it, where
 * `...` stands for lines that are left out. Lines of output may go on after what the guide shows of them.
 */
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { transformSync } from 'esbuild'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeFolder, manifest, published, root, run, write } from './workspace.js'

const GUIDES = join(root, 'docs/guides')
const guides = readdirSync(GUIDES).filter((name) => name.endsWith('.md') && name !== 'README.md')

/** A block of code on a page. */
interface Block {
  readonly language: string
  readonly text: string
}

function blocksOf(guide: string): Block[] {
  const page = readFileSync(join(GUIDES, guide), 'utf8')
  return [...page.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }))
}

/** The file that a block is, by its first line. */
function fileOf({ language, text }: Block): string | undefined {
  if (language === 'yaml') return /^# (\S+\.yaml)\n/.exec(text)?.[1]
  return language === 'ts' ? /^\/\/ (\S+\.ts)\n/.exec(text)?.[1] : undefined
}

/** What a program says that it prints. */
function promised(source: string): string {
  return [...source.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => `${line}\n`).join('')
}

/** The commands of a block, each with what it prints, in pieces of lines that follow one another. */
function commandsOf(text: string): { readonly command: string; readonly shown: string[][] }[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...lines] = part.trimEnd().split('\n')
      const shown = lines.join('\n').split(/^\.\.\.$/m)
      return { command, shown: shown.map((piece) => piece.split('\n').filter(Boolean)) }
    })
}

/** Returns the first piece that is not in the output, after the pieces before it; undefined when all are there. */
function missing(output: string, pieces: readonly string[][]): string | undefined {
  const lines = output.split('\n')
  let from = 0
  for (const piece of pieces.filter(({ length }) => length > 0)) {
    while (!piece.every((line, at) => lines[from + at]?.includes(line))) {
      if (from++ >= lines.length) return piece.join('\n')
    }
    from += piece.length
  }
  return undefined
}

const folder = makeFolder('guides')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(() => {
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@scopemask'), { recursive: true })
  for (const path of published) {
    symlinkSync(join(root, path), join(modules, manifest(join(root, path)).name))
  }
  mkdirSync(join(modules, '.bin'))
  symlinkSync(join(root, 'apps/kernel-sim/bin/kernel-sim.js'), join(modules, '.bin/kernel-sim'))
  write(folder, {
    'package.json': '{ "type": "module" }',
    'console.d.ts': 'declare const console: { log(...what: unknown[]): void }',
  })
})

/** The files of all guides, each in the folder of its guide. */
const files = guides.flatMap((guide) =>
  blocksOf(guide).flatMap((block) => {
    const name = fileOf(block)
    return name === undefined ? [] : [{ path: join(folder, guide, name), text: block.text }]
  }),
)

beforeAll(() => {
  for (const guide of guides) mkdirSync(join(folder, guide))
  for (const { path, text } of files) {
    writeFileSync(path, text)
    if (!path.endsWith('.ts')) continue
    const { code } = transformSync(text, { loader: 'ts', target: 'es2022' })
    if (!text.includes('kernel-sim')) writeFileSync(path.replace(/\.ts$/, '.js'), code)
  }
  for (const name of readdirSync(GUIDES).filter((name) => name.endsWith('.txt'))) {
    for (const guide of guides) copyFileSync(join(GUIDES, name), join(folder, guide, name))
  }
})

test('their programs compile strictly', () => {
  const program = ts.createProgram(
    [
      join(folder, 'console.d.ts'),
      ...files.map(({ path }) => path).filter((path) => path.endsWith('.ts')),
    ],
    {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
      module: ts.ModuleKind.NodeNext,
      types: [],
    },
  )
  const faults = ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) =>
        `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    )
  expect(faults).toEqual([])
})

describe.each(guides)('%s', (guide) => {
  const here = () => realpathSync(join(folder, guide))
  const env = {
    PATH: `${join(folder, 'node_modules/.bin')}${delimiter}${process.env.PATH}`,
    COLUMNS: '100',
  }

  for (const block of blocksOf(guide)) {
    const file = fileOf(block)
    if (file !== undefined && block.text.includes('// →')) {
      test(`${file} prints what it says`, async () => {
        const { code, output } = await run('node', [file.replace(/\.ts$/, '.js')], here())
        expect({ code, output }).toEqual({ code: 0, output: promised(block.text) })
      })
    }
    if (block.language !== 'console') continue
    test.each(commandsOf(block.text))('$command', async ({ command, shown }) => {
      const { code, output } = await run('sh', ['-c', command], here(), env)
      // 1 says that something was found, and 2 that something is wrong with what was given: a guide may show that.
      const isWrong = shown[0]?.[0]?.startsWith('kernel-sim: ') ?? false
      expect(code, output).toBeLessThan(isWrong ? 3 : 2)
      expect(missing(output, shown), output).toBeUndefined()
    })
  }
})
