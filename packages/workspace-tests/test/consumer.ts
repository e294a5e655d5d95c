/**
 * The consumer: an empty project outside the workspace that has installed the packed packages, and the
 * program that it runs in every environment.
 */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { makeFolder, manifest, pnpm, root, succeed, write } from './workspace.js'

/** The packages with something to import. */
export const libraries = ['packages/core', 'packages/allocator', 'packages/checker'] as const

/** Entries that know Node. All others are portable. */
const nodeOnly = ['@scopemask/core/diagnostics-channel', '@scopemask/checker/node']

/** A project with packed packages in it. */
export class Consumer {
  readonly folder = makeFolder('consumer')
  readonly #tarballs = new Map<string, string>()

  /** Packs the packages in these folders, and installs the tarballs. */
  async install(paths: readonly string[]): Promise<void> {
    const names = paths.map((path) => manifest(join(root, path)).name)
    const packed: { readonly name: string; readonly filename: string }[] = JSON.parse(
      await pnpm(
        [
          '--recursive',
          ...names.map((name) => `--filter=${name}`),
          'pack',
          '--json',
          `--pack-destination=${this.folder}`,
        ],
        root,
      ),
    )
    for (const { name, filename } of packed) {
      this.#tarballs.set(String(paths[names.indexOf(name)]), filename)
    }
    write(this.folder, {
      'package.json': '{ "name": "consumer", "private": true, "type": "module" }',
    })
    const args = ['install', '--prefer-offline', '--no-audit', '--no-fund']
    await succeed('npm', [...args, ...this.#tarballs.values()], this.folder)
  }

  /** Links other packages into a folder of the project, from the package of the workspace that uses them. */
  link(folder: string, path: string, others: readonly string[]): void {
    for (const name of others) {
      const link = join(folder, 'node_modules', name)
      mkdirSync(dirname(link), { recursive: true })
      if (!existsSync(link)) symlinkSync(join(root, path, 'node_modules', name), link)
    }
  }

  /** Removes the project. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** What was packed of a package: a file. */
  tarball(path: string): string {
    return String(this.#tarballs.get(path))
  }

  /** Where a package is installed. */
  installed(path: string): string {
    return join(this.folder, 'node_modules', manifest(join(root, path)).name)
  }

  /** What can be imported of the libraries, by the names that import it. */
  get entries(): string[] {
    return libraries.flatMap((path) => {
      const { name, exports = {} } = manifest(this.installed(path))
      return Object.keys(exports)
        .filter((entry) => entry !== './package.json')
        .map((entry) => name + entry.slice(1))
    })
  }

  /** Those of them that run wherever JavaScript runs. */
  get portable(): string[] {
    return this.entries.filter((entry) => !nodeOnly.includes(entry))
  }

  /** The program with all portable entries as one script for browsers. */
  async bundle(): Promise<string> {
    write(this.folder, { 'browser.js': program('import', this.portable) })
    const { outputFiles } = await build({
      entryPoints: [join(this.folder, 'browser.js')],
      bundle: true,
      minify: true,
      platform: 'browser',
      write: false,
      logLevel: 'silent',
    })
    return outputFiles.map(({ text }) => text).join('\n')
  }
}

/** How a program imports a module whole. */
const imports = {
  import: (name: string, module: string) => `import * as ${name} from '${module}'`,
  require: (name: string, module: string) => `const ${name} = require('${module}')`,
  'import-equals': (name: string, module: string) => `import ${name} = require('${module}')`,
}

/**
 * A program that imports every entry, each of which has to have something to offer, conveys a scope of a task to a worker, and
 * checks a model.
 */
export function program(form: keyof typeof imports, entries: readonly string[]): string {
  const names = entries.map((_, index) => `entry${index}`)
  const whole = (module: string) => `entry${entries.indexOf(module)}`
  return `
${entries.map((module, index) => imports[form](`entry${index}`, module)).join('\n')}
for (const entry of [${names}]) if (Object.keys(entry).length === 0) throw new Error('an empty entry')
const { adopt, convey } = ${whole('@scopemask/core')}
const { Task } = ${whole('@scopemask/core/task')}
const { currentGfpContext, formatGfp, GFP_KERNEL, linux6_18, memallocNofsRestore, memallocNofsSave, PF } =
  ${whole('@scopemask/allocator')}
const task = new Task(PF)
const worker = new Task(PF)
const request = () => formatGfp(linux6_18, currentGfpContext(worker.mask, GFP_KERNEL))
const token = memallocNofsSave(task)
const conveyance = convey(task, 'convey-on-queue')
memallocNofsRestore(task, token)
const scope = adopt(worker, conveyance)
const inside = request()
scope.close()
console.log(inside + ', then ' + request())
const { check, model } = ${whole('@scopemask/checker')}
const deposits = model('deposits', (build) => {
  const balance = build.counter('balance')
  build.replicate('request', 2, () => {
    build.task('request', function* () {
      yield* balance.set((yield* balance.get()) + 1)
    })
  })
  build.atEnd('both count', (state) => state.get(balance) === 2)
})
const { verdict, claim } = check(deposits)
console.log(verdict + ': ' + claim)
`
}

/** What the program prints. */
export const printed = 'GFP_NOFS, then GFP_KERNEL\nviolation: both count\n'
