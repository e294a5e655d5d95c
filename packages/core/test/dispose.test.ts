/** `using` finds what to call, also in engines that are older than it. */
import { createContext, runInContext } from 'node:vm'
import { buildSync } from 'esbuild'
import { expect, test } from 'vitest'
import { dispose } from '../src/dispose.js'

test('the key is Symbol.dispose', () => {
  expect(dispose).toBe(Symbol.dispose)
})

test('without Symbol.dispose it is the symbol that compilers look for', () => {
  const { outputFiles } = buildSync({
    stdin: {
      contents: `
        import { defineDomain } from './src/index.ts'
        import { Task } from './src/task.ts'
        const jobs = defineDomain({ name: 'jobs', version: 1, restrictions: { NO_DISK: 0 } })
        const context = new Task(jobs)
        const seen = []
        { using scope = context.enter(jobs.flags.NO_DISK); seen.push(context.mask) }
        globalThis.seen = [...seen, context.mask, 'dispose' in Symbol]`,
      resolveDir: new URL('..', import.meta.url).pathname,
    },
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
  })
  const browser = createContext()
  // The property cannot be deleted, so the engine gets a Symbol without it.
  runInContext('globalThis.Symbol = Object.assign((d) => 0, { for: Symbol.for })', browser)
  runInContext(String(outputFiles[0]?.text), browser)
  expect(browser).toHaveProperty('seen', [1, 0, false])
})
