import { expect, test } from 'vitest'
import { runPrograms } from './programs.js'
import { temporaryFolder, write } from './workspace.js'

/** Programs, and how each ends. */
const PROGRAMS = {
  'prints.js': ["console.log('one')", { code: 0, stdout: 'one\n' }],
  'goes-on.js': ["setTimeout(() => console.log('later'), 20)", { code: 0, stdout: 'later\n' }],
  'throws.js': ["console.log('two')\nthrow new Error('wrong')", { code: 1, stdout: 'two\n' }],
  'throws-later.js': ['setTimeout(() => nothing(), 1)', { code: 1, stdout: '' }],
  'rejects.js': ["Promise.reject(new Error('wrong'))", { code: 1, stdout: '' }],
  'says-so.js': ['process.exitCode = 3', { code: 3, stdout: '' }],
  'never-settles.js': ['await new Promise(() => {})', { code: 13, stdout: '' }],
  'is-not-there.js': ["import './none.js'", { code: 1, stdout: '' }],
  'is-last.js': ["console.log('last')", { code: 0, stdout: 'last\n' }],
} as const

test('programs that share a process end as they do alone', async () => {
  const folder = temporaryFolder('programs')
  const sources = Object.entries(PROGRAMS).map(([name, [source]]) => [name, source] as const)
  write(folder, { 'package.json': '{ "type": "module" }', ...Object.fromEntries(sources) })
  expect(Object.fromEntries(await runPrograms(folder, Object.keys(PROGRAMS)))).toMatchObject(
    Object.fromEntries(Object.entries(PROGRAMS).map(([name, [, ended]]) => [name, ended])),
  )
})

test('a program that takes the process with it is named', async () => {
  const folder = temporaryFolder('programs')
  write(folder, { 'exits.mjs': 'process.exit(0)', 'next.mjs': '' })
  await expect(runPrograms(folder, ['exits.mjs', 'next.mjs'])).rejects.toThrow('exits.mjs')
})
