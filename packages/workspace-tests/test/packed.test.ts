/**
 * The packages as others get them: packed, and installed from the tarballs in an empty project outside the
 * workspace. There they are used as ESM, as CommonJS, from TypeScript, in a browser bundle and in a worker.
 */
import { readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { build } from 'esbuild'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  makeFolder,
  manifest,
  pnpm,
  published,
  root,
  succeed,
  temporaryFolder,
  write,
} from './workspace.js'

const commands = join(root, 'packages/workspace-tests/node_modules/.bin')
const typesOfNode = join(root, 'packages/workspace-tests/node_modules/@types')

/** Entries of core that know Node: all others are portable. */
const nodeOnly = ['@scopemask/core/diagnostics-channel', '@scopemask/core/message-port']

let project: string
const tarballs = new Map<string, string>()

beforeAll(async () => {
  project = makeFolder('packed')
  for (const path of published) {
    const packed: { filename: string } = JSON.parse(
      await pnpm(['pack', '--json', '--pack-destination', project], join(root, path)),
    )
    tarballs.set(path, packed.filename)
  }
  write(project, { 'package.json': '{ "name": "consumer", "private": true, "type": "module" }' })
  await succeed(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs.values()],
    project,
  )
})

afterAll(() => rmSync(project, { recursive: true, force: true }))

/** What was packed of a package. */
function tarball(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(String(tarballs.get(path))))
}

/** A package as it is installed in the project. */
function installed(path: string): string {
  return join(project, 'node_modules', manifest(join(root, path)).name)
}

/** What can be imported of an installed package, by the name that imports it. */
function entries(path: string): string[] {
  const { name, exports = {} } = manifest(installed(path))
  return Object.keys(exports)
    .filter((entry) => entry !== './package.json')
    .map((entry) => name + entry.slice(1))
}

const libraries = ['packages/core', 'packages/allocator']

describe.each(published)('the tarball of %s', (path) => {
  test('has what is needed and nothing else', async () => {
    const files = await succeed('tar', ['-tzf', String(tarballs.get(path))], project)
    const unexpected = files
      .trim()
      .split('\n')
      .filter(
        (file) =>
          !/^package\/((dist|bin|examples|schema)\/.+|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(
            file,
          ),
      )
    expect(unexpected).toEqual([])
    for (const needed of ['package.json', 'README.md', 'LICENSE']) {
      expect(files).toContain(`package/${needed}\n`)
    }
  })

  test('asks for no package of the workspace', () => {
    expect(readFileSync(join(installed(path), 'package.json'), 'utf8')).not.toContain('workspace:')
  })

  test('passes publint', async () => {
    const { messages } = await publint({ pack: { tarball: tarball(path).buffer }, strict: true })
    expect(messages).toEqual([])
  })
})

test.each(libraries)('the types of %s are right for every resolution', async (path) => {
  const result = await checkPackage(createPackageFromTarballData(tarball(path)))
  expect(result).toMatchObject({ types: { kind: 'included' }, problems: [] })
})

/** A program that uses both packages: what it prints is the proof. */
const program = `
const jobs = defineDomain({ name: 'jobs', version: 1, restrictions: { NO_DISK: 0, NO_NETWORK: 1 } })
const request = new Context(jobs, { name: 'request' })
const worker = new Context(jobs, { name: 'worker' })
const conveyance = request.run(jobs.mask('NO_NETWORK'), () =>
  convey(current(jobs), 'convey-on-queue'),
)
const scope = adopt(worker, conveyance)
const during = jobs.format(worker.mask)
scope.close()
console.log(during, jobs.format(worker.mask))
`
const names = 'adopt, Context, convey, current, defineDomain'
const printed = 'NO_NETWORK none\n'

/** What a strict project sets. The libraries' own declarations are checked too. */
const strict = {
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  target: 'es2022',
  lib: ['es2022', 'esnext.disposable'],
}

/** Imports every entry of the packages, so that each is resolved, and each has something to offer. */
function importAll(form: (name: string, entry: string) => string, from: readonly string[]): string {
  const lines = from.map((entry, index) => form(`entry${index}`, entry))
  const checks = from.map(
    (entry, index) =>
      `if (Object.keys(entry${index}).length === 0) throw new Error('${entry} is empty')`,
  )
  return [...lines, ...checks].join('\n')
}

const esm = (name: string, entry: string) => `import * as ${name} from '${entry}'`
const cjs = (name: string, entry: string) => `const ${name} = require('${entry}')`
const cts = (name: string, entry: string) => `import ${name} = require('${entry}')`

describe('installed, the packages work', () => {
  test('as ES modules', async () => {
    const all = importAll(esm, libraries.flatMap(entries))
    write(project, { 'esm.js': `import { ${names} } from '@scopemask/core'\n${all}\n${program}` })
    expect(await succeed('node', ['esm.js'], project)).toBe(printed)
  })

  test('as CommonJS', async () => {
    const all = importAll(cjs, libraries.flatMap(entries))
    write(project, {
      'cjs.cjs': `const { ${names} } = require('@scopemask/core')\n${all}\n${program}`,
    })
    expect(await succeed('node', ['cjs.cjs'], project)).toBe(printed)
  })

  test.each([
    { moduleResolution: 'node16', module: 'node16', files: ['index.ts', 'common.cts'] },
    { moduleResolution: 'nodenext', module: 'nodenext', files: ['index.ts', 'common.cts'] },
    { moduleResolution: 'bundler', module: 'esnext', files: ['index.ts'] },
  ])('from TypeScript with moduleResolution $moduleResolution', async ({ files, ...options }) => {
    const folder = temporaryFolder('typescript')
    symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'))
    const types = { types: ['node'], typeRoots: [typesOfNode] }
    write(folder, {
      'package.json': '{ "type": "module" }',
      'index.ts': `import { ${names} } from '@scopemask/core'\n${importAll(esm, libraries.flatMap(entries))}\n${program}`,
      'common.cts': `import { ${names} } from '@scopemask/core'\n${importAll(cts, libraries.flatMap(entries))}\n${program}`,
      'tsconfig.json': JSON.stringify({
        compilerOptions: { ...strict, ...options, ...types, outDir: 'out' },
        files,
      }),
    })
    expect(await succeed(join(commands, 'tsc'), ['-p', '.'], folder)).toBe('')
    for (const file of files) {
      const built = join('out', file.replace(/ts$/, 'js'))
      expect(await succeed('node', [built], folder)).toBe(printed)
    }
  })

  test("from TypeScript without Node's types", async () => {
    const folder = temporaryFolder('typescript')
    symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'))
    const portable = libraries.flatMap(entries).filter((entry) => !nodeOnly.includes(entry))
    write(folder, {
      'package.json': '{ "type": "module" }',
      'index.ts': importAll(esm, portable),
      'tsconfig.json': JSON.stringify({
        compilerOptions: { ...strict, module: 'nodenext', types: [], noEmit: true },
        files: ['index.ts'],
      }),
    })
    expect(await succeed(join(commands, 'tsc'), ['-p', '.'], folder)).toBe('')
  })

  test('in a browser bundle, where nothing of Node is', async () => {
    const portable = libraries.flatMap(entries).filter((entry) => !nodeOnly.includes(entry))
    write(project, {
      'browser.js': `import { ${names} } from '@scopemask/core'\n${importAll(esm, portable)}\n${program}`,
    })
    const { outputFiles } = await build({
      entryPoints: [join(project, 'browser.js')],
      bundle: true,
      minify: true,
      platform: 'browser',
      write: false,
      logLevel: 'silent',
    })
    let lines = ''
    const browser = createContext({
      console: {
        log: (...values: unknown[]) => {
          lines += `${values.join(' ')}\n`
        },
      },
    })
    runInContext(String(outputFiles[0]?.text), browser)
    expect(lines).toBe(printed)
  })

  test('in a worker thread', async () => {
    write(project, {
      'main.js': `
import { Worker } from 'node:worker_threads'
import { ${names} } from '@scopemask/core'
import { encode } from '@scopemask/core/remote'
import { jobs } from './domain.js'
const request = new Context(jobs)
const header = request.run(jobs.mask('NO_DISK'), (context) =>
  encode(convey(context, 'convey-on-queue')),
)
const worker = new Worker(new URL('worker.js', import.meta.url), { workerData: header })
worker.on('message', (text) => console.log(text))
`,
      'domain.js': `
import { defineDomain } from '@scopemask/core'
export const jobs = defineDomain({ name: 'jobs', version: 1, restrictions: { NO_DISK: 0 } })
`,
      'worker.js': `
import { parentPort, workerData } from 'node:worker_threads'
import { adopt, Context } from '@scopemask/core'
import { decode } from '@scopemask/core/remote'
import { jobs } from './domain.js'
const context = new Context(jobs)
const scope = adopt(context, decode(jobs, workerData))
parentPort.postMessage(jobs.format(context.mask))
`,
    })
    expect(await succeed('node', ['main.js'], project)).toBe('NO_DISK\n')
  })

  test('as a command', async () => {
    const command = join(project, 'node_modules/.bin/kernel-sim')
    expect(await succeed(command, ['--help'], project)).toContain('audit')
    const { version } = manifest(installed('apps/kernel-sim'))
    expect(await succeed(command, ['--version'], project)).toContain(version)
  })
})
