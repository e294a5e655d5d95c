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
  'packages/checker/src/index.ts': ["import './machine/machine.js'\nimport './search/search.js'"],
  'packages/checker/src/upwards.ts': ["import '@scopemask/kernel-sim'", 'arrows-of-checker'],
  'packages/checker/src/sideways.ts': ["import '@scopemask/core'", 'arrows-of-checker'],
  'packages/eslint-plugin/src/sideways.ts': ["import '@scopemask/core'", 'arrows-of-eslint-plugin'],
  'apps/kernel-sim/src/index.ts': [
    "import '@scopemask/core'\nimport '@scopemask/allocator'\nimport '@scopemask/checker'",
  ],
  'apps/kernel-sim/test/sideways.test.ts': [
    "import '@scopemask/workspace-tests'",
    'arrows-of-kernel-sim',
  ],
  'apps/playground/src/page/main.ts': [
    "import '@scopemask/kernel-sim'\nimport '../tour/stop.js'\nimport 'made:engine'",
  ],
  'apps/playground/src/engine/engine.ts': ["import '../tour/stop.js'"],
  'apps/playground/src/tour/stop.ts': ['export {}'],
  'apps/playground/src/page/core.ts': ["import '@scopemask/core'", 'arrows-of-playground'],
  'apps/playground/src/page/sideways.ts': [
    "import '../engine/engine.js'",
    'arrows-of-playground-page',
  ],
  'apps/playground/src/engine/sideways.ts': [
    "import '../page/main.js'",
    'arrows-of-playground-engine',
  ],
  'apps/playground/src/utils/strings.ts': [
    "import './numbers.js'",
    'no-unknown-rooms-in-playground',
  ],
  'apps/playground/src/utils/numbers.ts': ['export {}'],
  'apps/playground/src/tour/upwards.ts': ["import '../page/main.js'", 'arrows-of-playground-tour'],
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
  'packages/checker/src/node.ts': ["export * from './node/crew.js'"],
  'packages/checker/src/node/crew.ts': ["import 'node:worker_threads'"],
  'packages/checker/src/run/file.ts': ["import 'node:fs'", 'no-runtime-in-portable-code'],

  // async_hooks
  'apps/kernel-sim/src/audit/storage.ts': ["import 'node:async_hooks'", 'no-async-hooks'],
  'packages/core/test/storage.test.ts': ["await import('async_hooks')", 'no-async-hooks'],
  'packages/core/bench/storage.mjs': [
    "process.getBuiltinModule('node:async_hooks')",
    'no-async-hooks',
  ],
  'packages/core/bench/rivals/storage.mjs': ["import 'node:async_hooks'"],

  // Rooms of the checker
  'packages/checker/src/machine/machine.ts': ['export {}'],
  'packages/checker/src/machine/layout.ts': ["import './machine.js'"],
  'packages/checker/src/machine/stack.ts': [
    "import '../run/execution.js'",
    'arrows-of-checker-machine',
  ],
  'packages/checker/src/objects/mutex.ts': ["import '../machine/machine.js'"],
  'packages/checker/src/objects/watched.ts': [
    "import '../run/execution.js'",
    'arrows-of-checker-objects',
  ],
  'packages/checker/src/model/model.ts': ["import '../objects/mutex.js'"],
  'packages/checker/src/model/check.ts': [
    "import '../search/search.js'",
    'arrows-of-checker-model',
  ],
  'packages/checker/src/reduce/symmetry.ts': ["import '../machine/machine.js'"],
  'packages/checker/src/reduce/objects.ts': [
    "import '../objects/mutex.js'",
    'arrows-of-checker-reduce',
  ],
  'packages/checker/src/run/execution.ts': ["import '../machine/machine.js'"],
  'packages/checker/src/run/reduced.ts': [
    "import '../reduce/symmetry.js'",
    'arrows-of-checker-run',
  ],
  'packages/checker/src/search/search.ts': [
    "import '../machine/machine.js'\nimport '../reduce/symmetry.js'\nimport '../run/execution.js'",
  ],
  'packages/checker/src/search/threads.ts': [
    "import '../node/crew.js'",
    'arrows-of-checker-search',
  ],
  'packages/checker/src/node/search.ts': ["import '../search/search.js'"],
  'packages/checker/src/node/face.ts': ["import '../index.js'", 'arrows-of-checker-node'],
  'packages/checker/src/utils/strings.ts': ["import './numbers.js'", 'no-unknown-rooms-in-checker'],
  'packages/checker/src/utils/numbers.ts': ['export {}'],

  // Rooms of kernel-sim
  'apps/kernel-sim/src/input-error.ts': ['export {}'],
  'apps/kernel-sim/src/own-code.ts': ['export {}'],
  'apps/kernel-sim/src/kernel/kernel.ts': ["import './lock/mutex.js'\nimport '../own-code.js'"],
  'apps/kernel-sim/src/kernel/lock/mutex.ts': ['export {}'],
  'apps/kernel-sim/src/kernel/scenario.ts': ["import './kernel.js'"],
  'apps/kernel-sim/src/kernel/policy.ts': ['export {}'],
  'apps/kernel-sim/src/kernel/operation.ts': ['export {}'],
  'apps/kernel-sim/src/kernel/memory/gfp.ts': ['export {}'],
  'apps/kernel-sim/src/kernel/watched.ts': [
    "import '../lockdep/lockdep.js'",
    'arrows-of-kernel-sim-kernel',
  ],
  'apps/kernel-sim/src/lockdep/lockdep.ts': ['export {}'],
  'apps/kernel-sim/src/lockdep/kernel.ts': [
    "import '../kernel/kernel.js'",
    'arrows-of-kernel-sim-lockdep',
  ],
  'apps/kernel-sim/src/scenarios/xfs.ts': [
    "import '../kernel/scenario.js'\nimport '../kernel/policy.js'\nimport '../kernel/memory/gfp.js'\nimport '@scopemask/allocator'",
  ],
  'apps/kernel-sim/src/scenarios/mutex.ts': [
    "import '../kernel/lock/mutex.js'",
    'arrows-of-kernel-sim-scenarios',
  ],
  'apps/kernel-sim/src/simulate/machine.ts': [
    "import '../kernel/lock/mutex.js'\nimport '../scenarios/xfs.js'",
  ],
  'apps/kernel-sim/src/simulate/disk.ts': [
    "import '../audit/judge.js'",
    'arrows-of-kernel-sim-simulate',
  ],
  'apps/kernel-sim/src/matrix/cell.ts': [
    "import '../kernel/kernel.js'\nimport '../lockdep/lockdep.js'\nimport '../scenarios/xfs.js'",
  ],
  'apps/kernel-sim/src/matrix/text.ts': [
    "import '../report/text.js'",
    'arrows-of-kernel-sim-matrix',
  ],
  'apps/kernel-sim/src/trace/event.ts': ["import '../input-error.js'"],
  'apps/kernel-sim/src/trace/kernel.ts': [
    "import '../kernel/kernel.js'",
    'arrows-of-kernel-sim-trace',
  ],
  'apps/kernel-sim/src/log/splat.ts': [
    "import '../lockdep/lockdep.js'\nimport '../trace/event.js'",
  ],
  'apps/kernel-sim/src/log/judge.ts': ["import '../audit/judge.js'", 'arrows-of-kernel-sim-log'],
  'apps/kernel-sim/src/audit/judge.ts': [
    "import 'node:fs'\nimport '../trace/event.js'\nimport '@scopemask/core'\nimport '@scopemask/allocator'",
  ],
  'apps/kernel-sim/src/audit/kernel.ts': [
    "import '../kernel/kernel.js'",
    'arrows-of-kernel-sim-audit',
  ],
  'apps/kernel-sim/src/audit/types.ts': [
    "import type { Kernel } from '../kernel/kernel.js'",
    'arrows-of-kernel-sim-audit',
  ],
  'apps/kernel-sim/src/replay-memory/page-log.ts': ["import '../trace/event.js'"],
  'apps/kernel-sim/src/replay-memory/judge.ts': [
    "import '../audit/judge.js'",
    'arrows-of-kernel-sim-replay-memory',
  ],
  'apps/kernel-sim/src/reproduce/module.ts': ["import '../kernel/kernel.js'"],
  'apps/kernel-sim/src/reproduce/machine.ts': [
    "import '../boot/machine.js'",
    'arrows-of-kernel-sim-reproduce',
  ],
  'apps/kernel-sim/src/boot/machine.ts': ["import '../input-error.js'"],
  'apps/kernel-sim/src/boot/model.ts': [
    "import '../kernel/kernel.js'",
    'arrows-of-kernel-sim-boot',
  ],
  'apps/kernel-sim/src/sweep/plan.ts': ["import '../matrix/cell.js'"],
  'apps/kernel-sim/src/sweep/page.ts': ["import '../report/text.js'", 'arrows-of-kernel-sim-sweep'],
  'apps/kernel-sim/src/record/script.ts': ["import '../trace/event.js'"],
  'apps/kernel-sim/src/record/judge.ts': [
    "import '../audit/judge.js'",
    'arrows-of-kernel-sim-record',
  ],
  'apps/kernel-sim/src/report/text.ts': ["import '../audit/judge.js'\nimport '../matrix/cell.js'"],
  'apps/kernel-sim/src/report/file.ts': ["import 'node:fs'", 'no-io-in-report'],
  'apps/kernel-sim/src/report/cli.ts': ["import '../cli/main.js'", 'arrows-of-kernel-sim-report'],
  'apps/kernel-sim/src/cli/main.ts': ["import '../report/text.js'\nimport 'node:process'"],
  'apps/kernel-sim/src/cli/helpers.ts': [
    "import '../utils/strings.js'",
    'arrows-of-kernel-sim-cli',
  ],
  'apps/kernel-sim/src/utils/strings.ts': [
    "import './numbers.js'",
    'no-unknown-rooms-in-kernel-sim',
  ],
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
