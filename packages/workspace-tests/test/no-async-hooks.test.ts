/**
 * The guard against async_hooks bites: an import of it, in whatever form, in whatever package, fails the
 * package's build. The types know no such module, the bundler finds what gets around the types, and
 * the linter and the arrows see the files that neither reads.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import {
  manifest,
  type Outcome,
  published,
  root,
  run,
  temporaryFolder,
  tool,
  write,
} from './workspace.js'

/** Every way to import a module that the types can see. `NAME` stands for the module's name. */
const forms: Readonly<Record<string, string>> = {
  'named.ts': "import { AsyncLocalStorage } from 'NAME'\nexport const it = new AsyncLocalStorage()",
  'default.ts': "import hooks from 'NAME'\nexport const it = hooks",
  'namespace.ts': "import * as hooks from 'NAME'\nexport const it = hooks",
  'side-effect.ts': "import 'NAME'",
  'dynamic.ts': "export const it = import('NAME')",
  're-export.ts': "export { AsyncLocalStorage } from 'NAME'",
  're-export-all.ts': "export * from 'NAME'",
  'type.ts': "import type { AsyncLocalStorage } from 'NAME'\nexport type It = AsyncLocalStorage<1>",
  'inline-type.ts': "import { type AsyncResource } from 'NAME'\nexport type It = AsyncResource",
  're-export-type.ts': "export type { AsyncLocalStorage } from 'NAME'",
  'type-query.ts': "export type It = typeof import('NAME')",
  'type-in-place.ts': "export type It = import('NAME').AsyncLocalStorage<1>",
  'import-equals.cts': "import hooks = require('NAME')\nexport = hooks",
  'require.cts': "export = require('NAME')",
  'require.ts': "export const it = require('NAME')",
  'module-require.cts': "export = module.require('NAME')",
  'create-require.ts':
    "import { createRequire } from 'node:module'\nexport const it = createRequire(import.meta.url)('NAME')",
  'builtin.ts': "export const it = process.getBuiltinModule('NAME')",
}

/** What gets around the types, or needs none. */
const evasions: Readonly<Record<string, string>> = {
  'ignored.ts': "// @ts-ignore\nimport hooks from 'NAME'\nexport const it = hooks",
  'cast-require.ts':
    "import { createRequire } from 'node:module'\nconst load = createRequire(import.meta.url) as (id: string) => unknown\nexport const it = load('NAME')",
  'cast-builtin.ts':
    "const { getBuiltinModule: load } = process as { getBuiltinModule(id: string): unknown }\nexport const it = load('NAME')",
}

/** Each form with each name of the module, as files of src/. */
function offenders(
  forms: Readonly<Record<string, string>>,
  names = ['async_hooks', 'node:async_hooks'],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(forms).flatMap(([file, text]) =>
      names.map((name) => [
        `src/${name.replace(':', '-')}.${file}`,
        `${text.replaceAll('NAME', name)}\n`,
      ]),
    ),
  )
}

/** What all packages are built with. */
const SHARED = ['package.json', 'tsup.base.ts', 'tsconfig.base.json', 'tsconfig.library.json']

/** A package like allocator, outside the repository: the real configuration, other sources. */
function packageOf(sources: Readonly<Record<string, string>>): string {
  const house = temporaryFolder('guard')
  const folder = join(house, 'packages/guinea-pig')
  const paths = ['src/control.ts', ...Object.keys(sources).filter((path) => path.endsWith('.ts'))]
  const entry = Object.fromEntries(paths.map((path) => [basename(path, '.ts'), path]))
  write(folder, {
    ...sources,
    'src/control.ts': "import { readFileSync } from 'node:fs'\nexport const it = readFileSync\n",
    'tsup.config.ts': `import { library } from '../../tsup.base.js'
export default library({ entry: ${JSON.stringify(entry)} })\n`,
  })
  for (const name of [...SHARED, 'biome.json']) copyFileSync(join(root, name), join(house, name))
  for (const name of ['package.json', 'tsconfig.json']) {
    copyFileSync(join(root, 'packages/allocator', name), join(folder, name))
  }
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'))
  symlinkSync(join(root, 'packages/allocator/node_modules'), join(folder, 'node_modules'))
  return folder
}

const build = ['run', '--silent', 'build'] as const

/** Runs the compiler of the build in a folder. */
function tsc(folder: string, args: readonly string[]): Promise<Outcome> {
  return run(join(folder, 'node_modules/.bin/tsc'), args, folder)
}

describe('the build', () => {
  test('succeeds without an import of async_hooks', async () => {
    const { code, output } = await run('npm', build, packageOf({}))
    expect(output).toMatch(/build success/i)
    expect(code).toBe(0)
  })

  test('fails at every form of import', async () => {
    const files = offenders(forms)
    const { code, output } = await run('npm', build, packageOf(files))
    expect(code).not.toBe(0)
    const failed = new Set(output.match(/^src\/[^(]+(?=\()/gm))
    expect([...failed].sort()).toEqual(Object.keys(files).sort())
  })

  test('fails at what gets around the types', async () => {
    const files = offenders(evasions, ['node:async_hooks']) // the bundler names five at most
    const { code, output } = await run('npm', build, packageOf(files))
    expect(code).not.toBe(0)
    const failed = new Set(output.match(/(?<=dist\/)\S+(?=\.c?js loads async_hooks)/g))
    expect([...failed].sort()).toEqual(
      Object.keys(files)
        .map((path) => basename(path, '.ts'))
        .sort(),
    )
  })

  test.each(published)('of %s fails', async (path) => {
    const house = temporaryFolder('guard')
    const folder = join(house, path)
    // How the package is built, without its sources: to read them all again would take long and show nothing more.
    mkdirSync(folder, { recursive: true })
    for (const name of readdirSync(join(root, path)).filter((name) => /\.(json|ts)$/.test(name))) {
      copyFileSync(join(root, path, name), join(folder, name))
    }
    for (const name of SHARED) copyFileSync(join(root, name), join(house, name))
    symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'))
    symlinkSync(join(root, path, 'node_modules'), join(folder, 'node_modules'))
    write(folder, {
      'src/offender.ts':
        "import type { AsyncResource } from 'node:async_hooks'\nexport type It = AsyncResource\n",
    })
    // What the build does first, before the bundler; the tests above run the whole of it.
    expect(manifest(folder).scripts.build).toMatch(/^tsc -p tsconfig\.json && .*tsup/)
    const { code, output } = await tsc(folder, ['-p', 'tsconfig.json'])
    expect(code).not.toBe(0)
    expect(output).toMatch(/^src\/offender\.ts\(.*node:async_hooks.*\n$/)
  })
})

describe('the linter', () => {
  test('sees scripts too; what a benchmark compares with is the exception', async () => {
    const text = "import 'node:async_hooks'\n"
    const folder = packageOf({ 'bench/ours.mjs': text, 'bench/rivals/theirs.mjs': text })
    const { output } = await run(
      tool('biome'),
      ['lint', '--vcs-enabled=false', '--reporter=github', 'packages'],
      join(folder, '../..'),
    )
    const reported = output.match(/(?<=guinea-pig\/)[^,]+/g)
    expect(reported).toEqual(['bench/ours.mjs'])
  })
})

describe("Node's types", () => {
  test('are sound without async_hooks', async () => {
    const folder = packageOf({
      'whole.json': JSON.stringify({
        extends: './tsconfig.json',
        compilerOptions: { skipLibCheck: false, skipDefaultLibCheck: true },
        include: ['src'],
      }),
    })
    expect(await tsc(folder, ['-p', 'whole.json'])).toMatchObject({ code: 0, output: '' })
  })

  test('declare no module of that name', () => {
    const folder = packageOf({})
    const path = join(folder, 'tsconfig.json')
    const { config } = ts.readConfigFile(path, ts.sys.readFile)
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, folder, {}, path)
    const modules = ts
      .createProgram([join(folder, 'src/control.ts')], options)
      .getTypeChecker()
      .getAmbientModules()
      .map(({ name }) => name)
    expect(modules).toContain('"node:diagnostics_channel"')
    expect(modules.filter((name) => name.includes('async_hooks'))).toEqual([])
  })

  test('are installed once, patched', () => {
    const lockfile = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
    const versions = new Set(lockfile.match(/^ {2}'@types\/node@[^']*'/gm))
    expect([...versions].filter((version) => !version.includes('patch_hash='))).toHaveLength(1)
    expect([...versions].filter((version) => version.includes('patch_hash='))).toHaveLength(1)
  })
})
