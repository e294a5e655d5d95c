/**
 * Every example in the documentation compiles in a strict project, runs on its own, and prints what its comments
 * say: `// → text`, in the order of the lines printed.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** One example: where it begins, its text, what it says that it prints. */
interface Example {
  readonly name: string
  /** `ts`; or `js` for what loads modules that the types here do not know, which is run and not compiled. */
  readonly language: string
  readonly text: string
  readonly printed: readonly string[]
}

function examplesOf(page: string): Example[] {
  const markdown = readFileSync(join(root, page), 'utf8')
  return [...markdown.matchAll(/^```(ts|js)\n(.*?)^```$/gms)].map(
    ({ 1: language = '', 2: text = '', index }) => ({
      language,
      name: `${page}:${markdown.slice(0, index).split('\n').length}`,
      text,
      printed: [...text.matchAll(/\/\/ → (.*)$/gm)].map(([, line = '']) => line),
    }),
  )
}

const examples = [...examplesOf('README.md'), ...examplesOf('docs/semantics.md')]

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'scopemask-readme-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  mkdirSync(join(folder, 'node_modules/@scopemask'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules/@scopemask/core'))
  for (const name of ['@opentelemetry', '@types', 'fastify', 'p-queue']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
  for (const [i, { language, text }] of examples.entries()) {
    writeFileSync(join(folder, `example${i}.${language}`), text)
  }
  // Each is a module of its own, run after the other, and announces itself.
  const imports = examples.map(
    (_, i) => `console.log('example ${i}')\nawait import('./example${i}.js')`,
  )
  writeFileSync(join(folder, 'all.js'), imports.join('\n'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(12)
})

describe('the examples', () => {
  test('compile, run, and print what they say', async () => {
    const program = ts.createProgram(
      examples.flatMap(({ language }, i) =>
        language === 'ts' ? [join(folder, `example${i}.ts`)] : [],
      ),
      {
        strict: true,
        skipLibCheck: true,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
        module: ts.ModuleKind.NodeNext,
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
      },
    )
    const { diagnostics } = program.emit()
    const errors = [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(
      ({ file, start, messageText }) => {
        const example = examples[Number(/example(\d+)\.ts$/.exec(file?.fileName ?? '')?.[1])]
        const line =
          file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line : 0
        return `${example?.name} +${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
      },
    )
    expect(errors).toEqual([])

    const { stdout } = await promisify(execFile)(process.execPath, ['all.js'], { cwd: folder })
    const printed = stdout
      .split(/^example \d+\n/m)
      .slice(1)
      .map((lines, i) => [examples[i]?.name, ...lines.split('\n').slice(0, -1)])
    expect(printed).toEqual(examples.map(({ name, printed }) => [name, ...printed]))
  })
})
