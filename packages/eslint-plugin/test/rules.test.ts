/** The rules, by ESLint's own tester, on JavaScript and on TypeScript. */
import * as parser from '@typescript-eslint/parser'
import { ESLint, type Linter, RuleTester } from 'eslint'
import { describe, expect, it, test } from 'vitest'
import { configs, rules } from '../src/index.js'

RuleTester.describe = describe
RuleTester.it = it
RuleTester.itOnly = it.only

const tester = new RuleTester()
const typescript = new RuleTester({ languageOptions: { parser: parser as Linter.Parser } })

const core = `import { bind, Context, convey, current, currentOrUndefined as maybe, union } from '@scopemask/core'
import * as all from '@scopemask/core'
import { handOff, merge, transfer } from '@scopemask/core/delegation'
`

tester.run('no-current-after-await', rules['no-current-after-await'], {
  valid: [
    `${core} async function f() { const c = current(jobs); await g(); c.forbid(A) }`,
    `${core} async function f() { await g(); return () => current(jobs) }`,
    `${core} async function f() { await g() } function h() { current(jobs) }`,
    `${core} async function f() { await g(current(jobs)) }`,
    `${core} await ready; const c = current(jobs)`,
    "import { current } from './mine.js'; async function f() { await g(); current(jobs) }",
    `${core} async function f(current) { await g(); current(jobs) }`,
    `${core} async function f() { await g(); all.convey(c, 'none'); all['current'](jobs) }`,
  ],
  invalid: [
    `${core} async function f() { await g(); current(jobs).forbid(A) }`,
    `${core} const f = async () => { await g(); if (maybe(jobs)) h() }`,
    `${core} async function f() { for await (const x of y) current(jobs) }`,
    `${core} async function f() { await g(); all.current(jobs) }`,
    `${core} run(async () => { const x = await g(); return x && current(jobs) })`,
  ].map((code) => ({ code, errors: [{ messageId: 'gone' }] })),
})

tester.run('no-outer-context', rules['no-outer-context'], {
  valid: [
    'request.run(NO_DISK, (section) => section.forbid(NO_DISK))',
    'request.run(NO_DISK, (request) => request.has(NO_DISK))',
    'const request = make(); request.run(NO_DISK, (section) => log(request.name, section)); request.has(NO_DISK)',
    'const queue = make(); queue.run(() => queue.run(task))',
    'const request = make(); request.run(NO_DISK, work)',
    'const a = make(), b = make(); a.run(NO_DISK, () => b.has(NO_DISK))',
  ],
  invalid: [
    'const request = make(); request.run(NO_DISK, () => request.has(NO_DISK))',
    'const request = make(); request.run(NO_DISK, async function () { await x; request.run(NO_MAIL, f) })',
    'function f(request) { return request.run(NO_DISK, () => convey(request, "convey-on-queue")) }',
    'const request = make(); request.run(NO_DISK, () => { later(() => request.mask) })',
  ].map((code) => ({ code, errors: [{ messageId: 'outer' }] })),
})

tester.run('no-lost-hand-off', rules['no-lost-hand-off'], {
  valid: [
    `${core} queue.push(handOff(c, 'none', f))`,
    `${core} const item = handOff(c, 'none', f); item.run()`,
    `${core} handOff(c, 'none', f).run()`,
    "import { handOff } from './mine.js'; handOff(a)",
  ],
  invalid: [
    `${core} handOff(c, 'convey-on-queue', f)`,
    `${core} convey(c, 'convey-on-queue')`,
    `${core} transfer(scope)`,
    `${core} bind(c, f)`,
    `${core} all.convey(c, 'none')`,
  ].map((code) => ({ code, errors: [{ messageId: 'lost' }] })),
})

tester.run('has-one-flag', rules['has-one-flag'], {
  valid: [
    'c.has(NO_DISK)',
    "c.has(jobs.mask('NO_DISK'))",
    "c.hasAll(jobs.mask('NO_DISK', 'NO_MAIL'))",
    'set.has(key)',
    'c.has()',
  ],
  invalid: [
    'c.has(NO_DISK | NO_MAIL)',
    "c.has(jobs.mask('NO_DISK', 'NO_MAIL'))",
    `${core} c.has(union(NO_DISK, NO_MAIL))`,
  ].map((code) => ({ code, errors: [{ messageId: 'several' }] })),
})

typescript.run('no-outer-context in TypeScript', rules['no-outer-context'], {
  valid: ['request.run<number>(NO_DISK, (section: Context<"jobs">) => section.mask as number)'],
  invalid: [
    {
      code: 'const request: Context<"jobs"> = make(); request.run(NO_DISK, (): boolean => request.has(NO_DISK))',
      errors: [{ messageId: 'outer' }],
    },
  ],
})

test('the configuration has all rules, and finds what they find', async () => {
  const eslint = new ESLint({ overrideConfigFile: true, overrideConfig: configs.recommended })
  const [result] = await eslint.lintText('const c = make(); c.run(A, () => c.has(A | B))')
  expect(result?.messages.map(({ ruleId }) => ruleId).sort()).toEqual([
    'scopemask/has-one-flag',
    'scopemask/no-outer-context',
  ])
  expect(Object.keys(configs.recommended.rules ?? {})).toHaveLength(Object.keys(rules).length)
})
