import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { InputError } from '../../src/input-error.js'
import { scenario } from '../../src/kernel/scenario.js'
import { gridOf, type Library } from '../../src/sweep/plan/grid.js'
import { planSchema } from '../../src/sweep/plan/plan.js'
import { planFromObject, planFromYaml } from '../../src/sweep/plan/read-plan.js'

const published: unknown = JSON.parse(
  readFileSync(new URL('../../schemas/plan.schema.json', import.meta.url), 'utf8'),
)

const writers = scenario({
  name: 'writers',
  summary: 's',
  parameters: { writers: [1, 2, 4], kind: ['mutex', 'spinlock'] },
  build() {},
})
const plain = scenario({ name: 'plain', summary: 's', build() {} })

/** Knows two scenarios in files, the bundled ones by their names, and a machine. */
const library: Library = {
  async scenario(given) {
    if (given === './writers.ts') return { what: writers, files: filesNamed('writers.ts') }
    if (given === './missing.ts') throw new InputError(`${given} does not exist`)
    return { what: plain, files: null }
  },
  async machine(_, __, values) {
    for (const each of values) if (each.memory === '1 MiB') throw new InputError('too small')
    return { what: null, files: filesNamed('m.yaml') }
  },
}

function filesNamed(entry: string) {
  return { hash: `hash of ${entry}`, entry, texts: { [entry]: '' } }
}

const gridFrom = (text: string) =>
  gridOf(planFromYaml(text, 'plan.yaml'), library, { where: 'plan.yaml', version: '1' })

const said = async (text: string) => {
  try {
    await gridFrom(text)
  } catch (thrown) {
    if (thrown instanceof InputError) return thrown.message
    throw thrown
  }
  return 'nothing'
}

describe('a plan', () => {
  it('is a grid: each combination is a job, and each of them once', async () => {
    const { jobs, files } = await gridFrom(`
check:
  scenarios: [./writers.ts, plain, ./writers.ts]
  policies: [scope, explicit]
  parameters: { writers: [2, 4], kind: all }
sample: { scenarios: [./writers.ts], policies: [scope], seeds: [3, 9, 3], executions: 10 }
simulate: { machines: [m.yaml], seeds: 2, parameters: { memory: [96 MiB, 128 MiB] } }
`)
    const points = jobs.map(({ kind, subject, policy, values, ...rest }) =>
      [kind, subject, policy, ...Object.values(values), 'seed' in rest ? rest.seed : ''].join(' '),
    )
    expect(points).toEqual([
      'check ./writers.ts scope 2 mutex ',
      'check ./writers.ts explicit 2 mutex ',
      'check ./writers.ts scope 2 spinlock ',
      'check ./writers.ts explicit 2 spinlock ',
      'check ./writers.ts scope 4 mutex ',
      'check ./writers.ts explicit 4 mutex ',
      'check ./writers.ts scope 4 spinlock ',
      'check ./writers.ts explicit 4 spinlock ',
      'check plain scope ',
      'check plain explicit ',
      'sample ./writers.ts scope 1 mutex 3',
      'sample ./writers.ts scope 1 mutex 9',
      'simulate m.yaml scope 96 MiB 1',
      'simulate m.yaml scope 96 MiB 2',
      'simulate m.yaml scope 128 MiB 1',
      'simulate m.yaml scope 128 MiB 2',
    ])
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length)
    expect([...files.keys()]).toEqual(['hash of writers.ts', 'hash of m.yaml'])
  })

  it('has jobs with the same names as long as they are the same', async () => {
    const ids = async (text: string) => (await gridFrom(text)).jobs.map(({ id }) => id)
    const one = await ids('check: { scenarios: [plain], policies: [scope] }')
    const more = await ids(
      'check: { scenarios: [./writers.ts, plain], policies: [explicit, scope] }',
    )
    expect(more).toContain(one[0])
    const limited = 'check: { scenarios: [plain], policies: [scope], limits: { states: 7 } }'
    expect(await ids(limited)).not.toEqual(one)
  })

  it('of all bundled scenarios', async () => {
    const { jobs } = await gridFrom('check: { scenarios: [all], policies: [scope] }')
    expect(jobs.length).toBeGreaterThan(30)
  })

  it.each([
    ['', 'plan.yaml: it is empty'],
    ['chek: {}', 'plan.yaml, line 1: a plan has no chek; is check meant?'],
    ['{}', 'a plan needs check, sample or simulate: there is nothing to do'],
    ['check: { scenarios: [] }', 'check.scenarios takes a list of scenarios, not an empty one'],
    [
      'check:\n  scenarios: [plain]\n  policies: [scop]',
      'plan.yaml, line 3: check.policies[0] takes one of unrestricted, ',
    ],
    [
      'check:\n  scenarios: [plain]\n  parameters: { writers: {} }',
      'line 3: check.parameters.writers takes a list of values, not a map',
    ],
    [
      'check:\n  scenarios: [./writers.ts]\n  parameters:\n    writers: [2, 3]',
      'line 4: check.parameters.writers: of ./writers.ts, writers takes 1, 2, 4; 3 is not one of them',
    ],
    [
      'check:\n  scenarios: [plain]\n  parameters:\n    writers: 2',
      'line 4: check.parameters.writers: none of the scenarios has a parameter writers',
    ],
    [
      'check:\n  scenarios:\n    - plain\n    - ./missing.ts',
      'line 4: check.scenarios[1]: ./missing.ts does not exist',
    ],
    [
      'sample: { scenarios: [plain], seeds: 0 }',
      'sample.seeds takes how many seeds, from 1 to 10000, or a list of them, not 0',
    ],
    ['sample: { scenarios: [plain], seeds: [1, 1.5] }', 'sample.seeds[1] takes a whole number'],
    ['simulate: { scenarios: [plain] }', 'simulate has no scenarios'],
    ['simulate: { machines: [m.yaml], parameters: { memory: all } }', 'machines list none'],
    [
      'simulate: { machines: [m.yaml], parameters: { memory: 1 MiB } }',
      'simulate.machines[0]: too small',
    ],
  ])('%j is refused in one sentence', async (text, sentence) => {
    expect(await said(text)).toContain(sentence)
  })

  it('is refused with a sentence for each of its mistakes', async () => {
    expect(await said('check:\n  scenarios: [plain]\n  limits: { states: x }\nsampl: {}')).toBe(
      `plan.yaml has 2 mistakes:
  line 3: check.limits.states takes a whole number from 1 to 1000000000, not "x"
  line 4: a plan has no sampl; is sample meant?`,
    )
  })

  it('in TypeScript has lines, too', () => {
    const source = `import { plan } from '@scopemask/kernel-sim'
export default plan({
  check: {
    scenarios: ['plain'],
    policies: ['scop'],
  },
})`
    const value = { check: { scenarios: ['plain'], policies: ['scop'] } }
    expect(() => planFromObject(value, 'plan.ts', source)).toThrow(/^plan\.ts, line 5: check\.pol/)
  })

  it('has a published schema, which takes what is read', () => {
    // After a change of the fields: write this there, and format it.
    expect(published).toEqual(planSchema())
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(planSchema())
    const whole = `check: { scenarios: [a], policies: [scope], parameters: { a: [1], b: all, c: x }, limits: { states: 1 } }
sample: { scenarios: [a], seeds: 5, executions: 3, strategy: random }
simulate: { machines: [a], seeds: [1], seconds: 2, files: [x] }`
    expect(validate(parse(whole))).toBe(true)
    expect(validate({ check: { scenarios: [], polices: [] } })).toBe(false)
  })
})
