/**
 * The packages as others get them: packed, and installed from the tarballs in an empty project outside the
 * workspace. There they are used as ESM, as CommonJS, from TypeScript, in a browser bundle and in a worker, and by the examples,
 * which are imported here so that they share the installation.
 */
import './examples.js'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { describe, expect, test } from 'vitest'
import { libraries, printed, program } from './consumer.js'
import { compiler, consumer } from './installed.js'
import { manifest, published, root, succeed, temporaryFolder, write } from './workspace.js'

/** The bytes of a tarball. */
function bytesOf(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(consumer.tarball(path)))
}

describe.each(published)('the tarball of %s', (path) => {
  test('has what is needed and nothing else', async () => {
    const list = await succeed('tar', ['-tzf', consumer.tarball(path)], consumer.folder)
    const files = list.trim().split('\n')
    const needed = ['package.json', 'README.md', 'LICENSE'].map((file) => `package/${file}`)
    expect(files).toEqual(expect.arrayContaining(needed))
    const built =
      /^package\/(CHANGELOG\.md|(dist|bin|docs|examples|schemas)\/.+|reproduce\/\w+\.h)$/
    expect(files.filter((file) => !needed.includes(file) && !built.test(file))).toEqual([])
  })

  test('asks for no package of the workspace', () => {
    const text = readFileSync(join(consumer.installed(path), 'package.json'), 'utf8')
    expect(text).not.toContain('workspace:')
  })

  test('passes publint', async () => {
    const { messages } = await publint({ pack: { tarball: bytesOf(path).buffer }, strict: true })
    expect(messages).toEqual([])
  })
})

test.each(libraries)('the types of %s are right for every resolution', async (path) => {
  const result = await checkPackage(createPackageFromTarballData(bytesOf(path)))
  expect(result).toMatchObject({ types: { kind: 'included' }, problems: [] })
})

/** A strict TypeScript project beside the consumer, with the same packages. */
function typescript(
  compilerOptions: Readonly<Record<string, unknown>>,
  files: Readonly<Record<string, string>>,
): string {
  const folder = temporaryFolder('typescript')
  symlinkSync(join(consumer.folder, 'node_modules'), join(folder, 'node_modules'))
  write(folder, {
    ...files,
    'package.json': '{ "type": "module" }',
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        target: 'es2022',
        lib: ['es2022', 'esnext.disposable'],
        outDir: 'out',
        ...compilerOptions,
      },
      files: Object.keys(files),
    }),
  })
  return folder
}

describe('installed, the packages work', () => {
  test('as ES modules', async () => {
    write(consumer.folder, { 'esm.js': program('import', consumer.entries) })
    expect(await succeed('node', ['esm.js'], consumer.folder)).toBe(printed)
  })

  test('as CommonJS', async () => {
    write(consumer.folder, { 'common.cjs': program('require', consumer.entries) })
    expect(await succeed('node', ['common.cjs'], consumer.folder)).toBe(printed)
  })

  test.each(['node16', 'nodenext', 'bundler'])(
    'from TypeScript with moduleResolution %s',
    async (moduleResolution) => {
      const bundler = moduleResolution === 'bundler'
      const folder = typescript(
        {
          moduleResolution,
          module: bundler ? 'esnext' : moduleResolution,
          types: ['node'],
          typeRoots: [join(root, 'packages/workspace-tests/node_modules/@types')],
        },
        {
          'esm.ts': program('import', consumer.entries),
          ...(bundler ? {} : { 'common.cts': program('import-equals', consumer.entries) }),
        },
      )
      expect(compiler.compile(folder)).toEqual([])
      expect(await succeed('node', ['out/esm.js'], folder)).toBe(printed)
      if (!bundler) expect(await succeed('node', ['out/common.cjs'], folder)).toBe(printed)
    },
  )

  test('from TypeScript without the types of any runtime', () => {
    const folder = typescript(
      { module: 'nodenext', types: [] },
      {
        'index.ts': `declare const console: { log(text: string): void }\n${program('import', consumer.portable)}`,
      },
    )
    expect(compiler.compile(folder)).toEqual([])
  })

  test('in a browser bundle, where nothing of Node is', async () => {
    let text = ''
    const log = (line: string) => {
      text += `${line}\n`
    }
    runInContext(await consumer.bundle(), createContext({ console: { log } }))
    expect(text).toBe(printed)
  })

  test('between a thread and its worker', async () => {
    write(consumer.folder, {
      'domain.js': `
import { defineDomain } from '@scopemask/core'
export const jobs = defineDomain({ name: 'jobs', version: 1, restrictions: { NO_DISK: 0 } })
`,
      'main.js': `
import { Worker } from 'node:worker_threads'
import { Context, convey } from '@scopemask/core'
import { encode } from '@scopemask/core/remote'
import { jobs } from './domain.js'
const workerData = new Context(jobs).run(jobs.mask('NO_DISK'), (context) =>
  encode(convey(context, 'convey-on-queue')),
)
const worker = new Worker(new URL('worker.js', import.meta.url), { workerData })
worker.on('message', (text) => console.log(text))
`,
      'worker.js': `
import { parentPort, workerData } from 'node:worker_threads'
import { contextFrom } from '@scopemask/core'
import { decode } from '@scopemask/core/remote'
import { jobs } from './domain.js'
const context = contextFrom(jobs, decode(jobs, workerData))
parentPort.postMessage(jobs.format(context.mask))
`,
    })
    expect(await succeed('node', ['main.js'], consumer.folder)).toBe('NO_DISK\n')
  })

  test('as a command', async () => {
    const command = join(consumer.folder, 'node_modules/.bin/kernel-sim')
    expect(await succeed(command, ['--help'], consumer.folder)).toContain('audit')
    const { version } = manifest(consumer.installed('apps/kernel-sim'))
    expect(await succeed(command, ['--version'], consumer.folder)).toContain(version)
  })
})
