/**
 * The guides work as they stand: each is gone through from top to bottom in an empty folder that has the packages. A block whose
 * first line names a file is that file; a program prints what its comments say, and a command what stands below it, where
 * `...` stands for lines that are left out. Lines of output may go on after what the guide shows of them.
 */
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { BIN, kernelSim } from './cli/kernel-sim.js'

const GUIDES = fileURLToPath(new URL('../../../docs/guides', import.meta.url))
const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
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

/** The arguments of a command that is `kernel-sim` and nothing for a shell to do; undefined for any other. */
function argumentsOf(command: string): string[] | undefined {
  const [name, ...args] = command.match(/'[^']*'|[^\s'"`$\\|&;<>()*?[\]#~]+|\S/g) ?? []
  const isPlain = name === 'kernel-sim' && args.every((arg) => /^('.*'|[\w./:,=+-]+)$/.test(arg))
  return isPlain ? args.map((arg) => arg.replace(/^'(.*)'$/, '$1')) : undefined
}

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kernel-sim-guides-')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a program in a process of its own, where `kernel-sim` is a command. */
function run(command: string, args: readonly string[], cwd: string) {
  const PATH = `${join(folder, 'node_modules/.bin')}${delimiter}${process.env.PATH}`
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', PATH },
    encoding: 'utf8',
  })
  return { status, output: `${stdout}${stderr}` }
}

/** The files of all guides, each in the folder of its guide. */
const files = guides.flatMap((guide) =>
  blocksOf(guide).flatMap((block) => {
    const name = fileOf(block)
    return name === undefined ? [] : [{ path: join(guide, name), text: block.text }]
  }),
)

beforeAll(() => {
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@scopemask'), { recursive: true })
  symlinkSync(PACKAGE, join(modules, '@scopemask/kernel-sim'))
  for (const name of readdirSync(join(PACKAGE, 'node_modules/@scopemask'))) {
    symlinkSync(join(PACKAGE, 'node_modules/@scopemask', name), join(modules, '@scopemask', name))
  }
  mkdirSync(join(modules, '.bin'))
  symlinkSync(BIN, join(modules, '.bin/kernel-sim'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const guide of guides) mkdirSync(join(folder, guide))
  for (const { path, text } of files) writeFileSync(join(folder, path), text)
  for (const name of readdirSync(GUIDES).filter((name) => name.endsWith('.txt'))) {
    for (const guide of guides) copyFileSync(join(GUIDES, name), join(folder, guide, name))
  }
})

/** Where their programs lie when they are compiled. */
const COMPILED = 'compiled'

test('their programs compile strictly', () => {
  writeFileSync(
    join(folder, 'console.d.ts'),
    'declare const console: { log(...what: unknown[]): void }',
  )
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        skipLibCheck: true,
        target: 'es2022',
        lib: ['es2022', 'esnext.disposable'],
        module: 'nodenext',
        types: [],
        rootDir: '.',
        outDir: COMPILED,
      },
      files: [
        'console.d.ts',
        ...files.map(({ path }) => path).filter((path) => path.endsWith('.ts')),
      ],
    }),
  )
  expect(run(join(PACKAGE, 'node_modules/.bin/tsc'), ['-p', '.'], folder)).toEqual({
    status: 0,
    output: '',
  })
})

describe.each(guides)('%s', (guide) => {
  const here = join(folder, guide)
  const before = process.cwd()

  beforeAll(() => {
    process.chdir(here)
    vi.stubEnv('COLUMNS', '100')
  })
  afterAll(() => {
    process.chdir(before)
    vi.unstubAllEnvs()
  })

  for (const block of blocksOf(guide)) {
    const file = fileOf(block)
    if (file !== undefined && block.text.includes('// →')) {
      test(`${file} prints what it says`, () => {
        const compiled = join(folder, COMPILED, guide, file.replace(/\.ts$/, '.js'))
        expect(run('node', [compiled], here)).toEqual({ status: 0, output: promised(block.text) })
      })
    }
    if (block.language !== 'console') continue
    test.each(commandsOf(block.text))('$command', async ({ command, shown }) => {
      const args = argumentsOf(command)
      const { status, output } =
        args === undefined
          ? run('sh', ['-c', command], here)
          : await kernelSim(args).then(({ status, stdout, stderr }) => ({
              status,
              output: stdout + stderr,
            }))
      // 1 says that something was found, and 2 that something is wrong with what was given: a guide may show that.
      const isWrong = shown[0]?.[0]?.startsWith('kernel-sim: ') ?? false
      expect(status, output).toBeLessThan(isWrong ? 3 : 2)
      expect(missing(output, shown), output).toBeUndefined()
    })
  }
})
