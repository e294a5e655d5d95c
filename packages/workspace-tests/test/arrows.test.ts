/**
 * The arrows bite: a tree with an offender for each rule of .dependency-cruiser.cjs, and imports that
 * are allowed beside them. What is reported is exactly the offenders.
 */
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { published, root, run, temporaryFolder, tool, write } from './workspace.js'

/** Files of an imagined repository by path: what each says, and the rules that this breaks. */
const files: Readonly<Record<string, readonly [text: string, ...broken: string[]]>> = {
  // Packages
  'packages/core/src/index.ts': ["export * from './scope.js'"],
  'packages/core/src/scope.ts': ['export {}'],
  'packages/core/src/upwards.ts': [
    "import '@scopemask/allocator'",
    'arrows-of-core',
    'no-dependencies-in-core',
  ],
  'packages/core/test/upwards.test.ts': ["import '@scopemask/kernel-sim'", 'arrows-of-core'],
  'packages/core/src/types-upwards.ts': [
    "import type { Gfp } from '@scopemask/allocator'",
    'arrows-of-core',
    'no-dependencies-in-core',
  ],
  'packages/core/src/dependency.ts': ["import 'p-queue'", 'no-dependencies-in-core'],
  'packages/core/test/dependency.test.ts': ["import 'fast-check'\nimport 'node:fs'"],
  'packages/allocator/src/index.ts': ["import '@scopemask/core'"],
  'packages/allocator/src/upwards.ts': ["import '@scopemask/kernel-sim'", 'arrows-of-allocator'],
  'packages/allocator/src/deep.ts': ["import '../../core/src/scope.js'", 'no-deep-imports'],
  'packages/allocator/src/built.ts': ["import '../../core/dist/index.js'", 'no-deep-imports'],
  'packages/allocator/src/unexported.ts': [
    "import '@scopemask/core/src/scope.js'",
    'no-unresolved-imports',
  ],
  'packages/allocator/src/dev.ts': ["import 'fast-check'", 'no-dev-dependencies-in-src'],
  'apps/kernel-sim/src/index.ts': ["import '@scopemask/core'\nimport '@scopemask/allocator'"],
  'apps/kernel-sim/test/sideways.test.ts': [
    "import '@scopemask/workspace-tests'",
    'arrows-of-kernel-sim',
  ],
  'packages/workspace-tests/test/by-name.test.ts': [
    "import '@scopemask/core'",
    'arrows-of-workspace-tests',
  ],

  // Cycles, also of types: each is reported once, at its first file
  'packages/core/src/hen.ts': ["import './egg.js'"],
  'packages/core/src/egg.ts': ["import './hen.js'", 'no-cycles'],
  'packages/core/src/wolf.ts': ["import type { Moon } from './moon.js'\nexport type Wolf = Moon"],
  'packages/core/src/moon.ts': [
    "import type { Wolf } from './wolf.js'\nexport type Moon = Wolf",
    'no-cycles',
  ],

  // Runtimes
  'packages/core/src/adapters/diagnostics-channel.ts': ["import 'node:diagnostics_channel'"],
  'packages/core/src/adapters/header.ts': ["import 'node:http'", 'no-runtime-in-portable-code'],
  'packages/core/src/node.ts': ["import 'node:fs'", 'no-runtime-in-portable-code'],
  'packages/core/src/node-types.ts': [
    "import type { Server } from 'http'",
    'no-runtime-in-portable-code',
  ],
  'packages/allocator/src/node.ts': ["import 'node:fs'", 'no-runtime-in-portable-code'],

  // async_hooks
  'apps/kernel-sim/src/audit/storage.ts': ["import 'node:async_hooks'", 'no-async-hooks'],
  'packages/core/test/storage.test.ts': ["await import('async_hooks')", 'no-async-hooks'],
  'packages/core/bench/storage.mjs': [
    "process.getBuiltinModule('node:async_hooks')",
    'no-async-hooks',
  ],
  'packages/core/bench/rivals/storage.mjs': ["import 'node:async_hooks'"],

  // Rooms of kernel-sim
  'apps/kernel-sim/src/machine/machine.ts': ["import '../kernel/kernel.js'", 'arrows-of-machine'],
  'apps/kernel-sim/src/machine/task.ts': ["import '@scopemask/core'\nimport './time.js'"],
  'apps/kernel-sim/src/machine/time.ts': ['export {}'],
  'apps/kernel-sim/src/machine/explorer.ts': ["import '../check/lockdep.js'", 'arrows-of-machine'],
  'apps/kernel-sim/src/kernel/kernel.ts': ["import '../machine/time.js'"],
  'apps/kernel-sim/src/kernel/watched.ts': ["import '../check/lockdep.js'", 'arrows-of-kernel'],
  'apps/kernel-sim/src/check/lockdep.ts': ["import '../machine/time.js'"],
  'apps/kernel-sim/src/check/kernel.ts': ["import '../kernel/kernel.js'", 'arrows-of-check'],
  'apps/kernel-sim/src/scenarios/xfs.ts': [
    "import '../kernel/scenario.js'\nimport '../kernel/policy.js'\nimport '@scopemask/allocator'",
  ],
  'apps/kernel-sim/src/kernel/scenario.ts': ["import './kernel.js'"],
  'apps/kernel-sim/src/kernel/policy.ts': ['export {}'],
  'apps/kernel-sim/src/scenarios/mutex.ts': ["import '../kernel/mutex.js'", 'arrows-of-scenarios'],
  'apps/kernel-sim/src/kernel/mutex.ts': ['export {}'],
  'apps/kernel-sim/src/simulate/disk.ts': ["import '../check/lockdep.js'", 'arrows-of-simulate'],
  'apps/kernel-sim/src/audit/trace.ts': [
    "import 'node:fs'\nimport '@scopemask/core'\nimport '@scopemask/allocator'",
  ],
  'apps/kernel-sim/src/audit/kernel.ts': ["import '../kernel/kernel.js'", 'arrows-of-audit'],
  'apps/kernel-sim/src/audit/types.ts': [
    "import type { Kernel } from '../kernel/kernel.js'",
    'arrows-of-audit',
  ],
  'apps/kernel-sim/src/audit/trace-event.ts': ['export {}'],
  'apps/kernel-sim/src/replay-memory/page-log.ts': ["import '../audit/trace-event.js'"],
  'apps/kernel-sim/src/replay-memory/reader.ts': [
    "import '../audit/trace.js'",
    'arrows-of-replay-memory',
  ],
  'apps/kernel-sim/src/record/script.ts': ["import '../audit/trace-event.js'", 'arrows-of-record'],
  'apps/kernel-sim/src/report/text.ts': ["import type { Trace } from '../audit/trace.js'"],
  'apps/kernel-sim/src/report/file.ts': ["import 'node:fs'", 'no-io-in-report'],
  'apps/kernel-sim/src/report/cli.ts': ["import '../cli/main.js'", 'arrows-of-report'],
  'apps/kernel-sim/src/cli/main.ts': ["import '../report/text.js'\nimport 'node:process'"],
  'apps/kernel-sim/src/cli/helpers.ts': ["import '../utils/strings.js'", 'arrows-of-cli'],
  'apps/kernel-sim/src/utils/strings.ts': ["import './numbers.js'", 'no-unknown-rooms'],
  'apps/kernel-sim/src/utils/numbers.ts': ['export {}'],
}

/** What the files import: the packages of the workspace as they are when built, and two of npm. */
function packages(): Record<string, string> {
  const folders: Record<string, string> = {}
  for (const folder of [...published, 'packages/workspace-tests']) {
    folders[folder] = `@scopemask/${basename(folder)}`
  }
  for (const name of ['p-queue', 'fast-check']) folders[`node_modules/${name}`] = name
  const files: Record<string, string> = {}
  for (const [folder, name] of Object.entries(folders)) {
    files[`${folder}/package.json`] = JSON.stringify({
      name,
      exports: './dist/index.js',
      dependencies: { '@scopemask/core': '*', '@scopemask/allocator': '*', 'p-queue': '*' },
      devDependencies: { 'fast-check': '*' },
    })
    files[`${folder}/dist/index.js`] = ''
  }
  return files
}

test('exactly the forbidden imports are reported, each by its rule', async () => {
  const folder = temporaryFolder('arrows')
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.base.json']) {
    copyFileSync(join(root, name), join(folder, name))
  }
  write(folder, packages())
  write(folder, Object.fromEntries(Object.entries(files).map(([path, [text]]) => [path, text])))
  mkdirSync(join(folder, 'node_modules/@scopemask'))
  for (const path of [...published, 'packages/workspace-tests']) {
    symlinkSync(join(folder, path), join(folder, 'node_modules/@scopemask', basename(path)))
  }

  const { output } = await run(
    tool('depcruise'),
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'packages', 'apps'],
    folder,
  )
  const report: { summary: { violations: { from: string; rule: { name: string } }[] } } =
    JSON.parse(output)
  const reported = report.summary.violations.map(({ from, rule }) => `${from} breaks ${rule.name}`)
  const expected = Object.entries(files).flatMap(([path, [, ...broken]]) =>
    broken.map((rule) => `${path} breaks ${rule}`),
  )
  expect(reported.sort()).toEqual(expected.sort())
})

test('every rule is broken by one of them', () => {
  const { forbidden }: { forbidden: { name: string }[] } = createRequire(import.meta.url)(
    join(root, '.dependency-cruiser.cjs'),
  )
  const broken = new Set(Object.values(files).flatMap(([, ...rules]) => rules))
  expect(forbidden.map(({ name }) => name).filter((name) => !broken.has(name))).toEqual([])
})
