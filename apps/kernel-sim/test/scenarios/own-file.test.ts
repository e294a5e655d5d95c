import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kernelSim } from '../cli/kernel-sim.js'

const tutorial = fileURLToPath(new URL('../../docs/direct-recursion.ts', import.meta.url))

const run = (...args: string[]) => kernelSim(args)

describe('a scenario in a file of the user', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kernel-sim-own-'))
    copyFileSync(tutorial, join(folder, 'own.ts'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('in TypeScript, outside the repository, is checked like a bundled one', async () => {
    const { status, stdout } = await run('check', join(folder, 'own.ts'))
    expect(status).toBe(1)
    expect(stdout).toContain('my-direct-recursion under unrestricted: deadlock after 6 steps')
    expect(stdout).toContain('my-direct-recursion under scope: safe in all interleavings')
    expect(stdout).toMatch(/own\.ts:\d+/)
    expect(await run('check', join(folder, 'own.ts'))).toMatchObject({ status, stdout })
  })

  it('in JavaScript too, and its token replays', async () => {
    const file = join(folder, 'own.mjs')
    writeFileSync(
      file,
      `import { scenario, GFP_KERNEL } from '@scopemask/kernel-sim'
       export default scenario({ name: 'own', summary: 's', build(kernel) {
         const a = kernel.mutex('a'), b = kernel.mutex('b')
         kernel.task('ab', function* () { yield* a.lock(); yield* b.lock(); yield* b.unlock(); yield* a.unlock() })
         kernel.task('ba', function* () { yield* b.lock(); yield* a.lock(); yield* a.unlock(); yield* b.unlock() })
       } })`,
    )
    const { stdout } = await run('check', file, '--policy', 'scope')
    expect(stdout).toContain('ab waits for mutex b, ba waits for mutex a')
    const token = /Token: (\S+)/.exec(stdout)?.[1] ?? ''
    const again = await run('replay', file, 'scope', token)
    expect(again.stdout).toContain('Circle: ab -> ba -> ab')
    const wrong = await run('replay', file, 'scope', `0${token}`)
    expect(wrong.status).toBe(2)
    expect(wrong.stderr).toMatch(/the token does not fit this model/)
  })

  it.each([
    [
      'syntax.ts',
      'export default {',
      /syntax\.ts cannot be loaded: \w.*, at \S+syntax\.ts:1:\d+\n$/,
    ],
    ['text.yaml', 'memory: 128 MiB', /text\.yaml is not a scenario: its name ends neither with/],
    ['nothing.ts', 'export const x = 1', /has no scenario as its default export/],
    [
      'name.ts',
      "import { scenario } from '@scopemask/kernel-sim'\nexport default scenario({ name: 'A b', summary: '', build() {} })",
      /is not a name of a scenario/,
    ],
    [
      'throws.ts',
      "import { scenario } from '@scopemask/kernel-sim'\nexport default scenario({ name: 'a', summary: '', build(kernel) { const m = kernel.mutex('m'); kernel.task('t', function* () { yield* m.unlock() }) } })",
      /t unlocks mutex m, which it does not hold .*throws\.ts:\d+/,
    ],
  ])('says what is wrong with %s', async (name, text, message) => {
    const file = join(folder, name)
    writeFileSync(file, text)
    const { status, stderr } = await run('check', file, '--policy', 'scope')
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n {4}at /)
    expect(status).toBe(2)
  })

  /** A file whose only task is this. */
  const task = (body: string) =>
    `import { scenario, GFP_KERNEL, GFP_KERNAL } from '@scopemask/kernel-sim'
     export default scenario({ name: 'own', summary: 's', build(kernel) {
       const m = kernel.mutex('m')
       kernel.task('t', ${body})
     } })`

  it.each([
    ['throws in a task', task('function* () { null.x }'), /t throws TypeError.*own\.ts:4:\d+/],
    [
      'throws later in a task',
      task('function* () { yield* kernel.kmalloc(GFP_KERNEL); null.x }'),
      /t throws TypeError.*own\.ts:4:\d+/,
    ],
    [
      'is no generator',
      task('() => { m.lock() }'),
      /t is not a generator function: write function\*/,
    ],
    ['is async', task('async () => {}'), /t is not a generator function: write function\*/],
    ['is an async generator', task('async function* () {}'), /t is not a generator function/],
    ['is nothing', task('undefined'), /t is not a generator function/],
    [
      'forgets the star',
      task('function* () { yield m.lock() }'),
      /t calls lock\(\) without yield\*/,
    ],
    ['forgets yield*', task('function* () { m.lock() }'), /t calls lock\(\) without yield\*/],
    [
      'misspells a flag',
      task('function* () { yield* kernel.kmalloc(GFP_KERNAL) }'),
      /undefined is not a gfp: use GFP_KERNEL.*own\.ts:4:\d+/,
    ],
    [
      'misspells a call',
      task('function* () { yield* kernel.kmaloc(GFP_KERNEL) }'),
      /there is no function kmaloc of Kernel: is kmalloc meant\?, at .*own\.ts:4:\d+/,
    ],
    [
      'calls what an object does not have',
      task('function* () { yield* m.acquire() }'),
      /there is no function acquire of Mutex: it has lock, .*own\.ts:4:\d+/,
    ],
    [
      'misspells an option',
      task('function* () {}').replace("mutex('m')", "workqueue('q', { mem_reclaim: true })"),
      /workqueue q has no option mem_reclaim; it takes memReclaim, .*own\.ts:3:\d+/,
    ],
    [
      'gives an option what it does not take',
      task('function* () {}').replace("mutex('m')", 'limitMemory({ pages: -5 })'),
      /limitMemory\(\): pages takes a whole number from 0, not -5, at .*own\.ts:3:\d+/,
    ],
    [
      'gives no options',
      task('function* () {}').replace("mutex('m')", 'limitMemory(5)'),
      /limitMemory\(\) takes its options as an object, \{ pages, .*, not 5/,
    ],
    [
      'changes the places of two arguments',
      task('function* () { yield* kernel.queueWork(m, kernel) }'),
      /queueWork\(queue, work\) takes a workqueue first, not a Mutex, at .*own\.ts:4:\d+/,
    ],
    [
      'builds with an async function',
      task('function* () { yield* m.lock() }').replace('build(', 'async build('),
      /build is an async function: it makes everything at once, and awaits nothing/,
    ],
    ['has no name', "export default { summary: 's', build() {} }", /the scenario has no name/],
    [
      'is a machine',
      "export default { memory: '128 MiB', workloads: {} }",
      /own\.ts is a machine, not a scenario: kernel-sim simulate runs it/,
    ],
    [
      'is a plan',
      'export default { check: {} }',
      /own\.ts is a plan, not a scenario: kernel-sim sweep runs it/,
    ],
    [
      'opens a scope of nothing',
      task('function* () { yield* kernel.scopes.section(undefined, function* () {}) }'),
      /undefined is no task flag/,
    ],
    [
      'gives no name',
      task('function* () {}').replace("'m'", ''),
      /every task and every shared object needs a name, at .*own\.ts:3:\d+/,
    ],
    ['throws in build', task('missing()'), /build throws ReferenceError.*own\.ts:4:\d+/],
    [
      'throws at once',
      'throw new Error("early")',
      /own\.ts cannot be loaded: early, at .*own\.ts:1:\d+/,
    ],
    ['has no task', task('').replace(/kernel\.task.*/, ''), /there is no task: kernel\.task/],
    [
      'names a policy that there is not',
      task('function* () {}').replace(
        "summary: 's'",
        "summary: 's', inapplicable: { convey: 'x' }",
      ),
      /convey is not a policy: choose one of/,
    ],
    [
      'has no summary',
      'export default { name: "own", build() {} }',
      /cannot be checked: scenario own has no summary/,
    ],
    [
      'imports what is not there',
      "import 'not-there'",
      /own\.ts cannot be loaded: Cannot find module 'not-there'\n$/,
    ],
  ])('says where it goes wrong when a file %s', async (_what, text, message) => {
    const file = join(folder, 'own.ts')
    writeFileSync(file, text)
    const { status, stderr } = await run('check', file, '--policy', 'scope')
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n {4}at |a bug of kernel-sim/)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(status).toBe(2)
  })

  it('finds the place in a folder that is named like one of its own', async () => {
    const kernel = join(folder, 'src', 'kernel')
    mkdirSync(kernel, { recursive: true })
    const file = join(kernel, 'fs.ts')
    writeFileSync(file, task('function* () { yield* m.lock(); yield* m.lock() }'))
    const { stdout } = await run('check', file, '--policy', 'scope')
    expect(stdout).toMatch(/at .*src\/kernel\/fs\.ts:4:\d+/)
  })

  it('prints to standard error, and leaves standard output to the results', async () => {
    const file = join(folder, 'prints.ts')
    writeFileSync(
      file,
      `console.log('loads')\n${task("function* () { console.info('steps'); yield* m.lock(); yield* m.unlock() }")}`,
    )
    const { stdout, stderr } = await run('check', file, '--policy', 'scope', '--json')
    expect(stderr).toMatch(/^loads\nsteps\n/)
    expect(JSON.parse(stdout)).toMatchObject({ format: 'kernel-sim-check' })
  })

  it('says which scenario was perhaps meant', async () => {
    expect((await run('check', 'cil-puch')).stderr).toBe(
      'kernel-sim: cil-puch is not a bundled scenario: is cil-push meant? To name a file, write ./cil-puch.ts\n',
    )
  })

  it('says what it does not know', async () => {
    expect((await run('check', 'no-such')).stderr).toMatch(/no-such is not a bundled scenario/)
    expect((await run('check', folder)).stderr).toMatch(
      /is not a file: give the path of a scenario/,
    )
    expect((await run('check', './no-such.ts')).stderr).toMatch(/no-such\.ts does not exist/)
    expect((await run('check', 'cil-push', '--policy', 'x')).stderr).toMatch(/x is not a policy/)
    expect(
      (await run('check', 'cil-push', '--policy', 'scope', '--max-states', '3')).stdout,
    ).toMatch(/bounded: the limit maxStates stopped the search/)
  })
})
