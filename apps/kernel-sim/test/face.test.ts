/** What programs call: results as documented, and one sentence for what cannot be used. */
import { describe, expect, it } from 'vitest'
import { auditTrace } from '../src/audit.js'
import {
  type CheckOptions,
  checkScenario,
  GFP_KERNEL,
  InputError,
  type Kernel,
  type Scenario,
  scenario,
} from '../src/index.js'
import { Trace } from './audit/trace.js'

function small(build: (kernel: Kernel) => void, more: Partial<Scenario> = {}): Scenario {
  return scenario({ name: 'small', summary: 'something small', build, ...more })
}

const counting = small((kernel) => {
  const lock = kernel.mutex('lock')
  for (const name of ['one', 'two']) {
    kernel.task(name, function* () {
      yield* lock.lock()
      yield* kernel.kmalloc(GFP_KERNEL)
      yield* lock.unlock()
    })
  }
})

describe('checkScenario', () => {
  it('says what was found, under the policy asked for', () => {
    expect(checkScenario(counting, { policy: 'explicit' })).toMatchObject({
      policy: 'explicit',
      verdict: 'safe',
      bound: null,
      counterexample: null,
      lockdep: [],
    })
    expect(checkScenario(counting).policy).toBe('scope')
  })

  it('claims nothing where a limit stopped it', () => {
    expect(checkScenario(counting, { maxStates: 1 })).toMatchObject({
      verdict: 'bounded',
      bound: 'maxStates',
    })
  })

  it.each<[string, unknown, CheckOptions | object, RegExp]>([
    ['a name that is none', { ...counting, name: 'Not Me' }, {}, /"Not Me"/],
    ['what is not a scenario', {}, {}, /^the scenario has no name: lower case/],
    ['nothing', null, {}, /^the scenario has no name: lower case/],
    ['an unknown policy', counting, { policy: 'hope' }, /^hope is not a policy: choose one of un/],
    ['an unknown limit', counting, { maxFun: 1 }, /^maxFun is not a limit: choose from maxStates/],
    ['a limit of nothing', counting, { maxStates: 0 }, /^maxStates is 0: it takes a number above/],
    ['a limit that is no number', counting, { maxDepth: Number.NaN }, /^maxDepth is NaN/],
    [
      'a policy that does not apply',
      small(() => {}, { inapplicable: { 'callee-scope': 'nobody is called' } }),
      { policy: 'callee-scope' },
      /^callee-scope does not apply to small: nobody is called$/,
    ],
    [
      'a model that breaks a rule',
      small((kernel) => {
        const lock = kernel.mutex('lock')
        kernel.task('one', () => lock.unlock())
      }),
      {},
      /^small under scope: /,
    ],
    [
      'a build that throws, at its line, whatever the text of the error is',
      small(() => {
        throw new Error('no, at home')
      }),
      {},
      /^small under scope: build throws Error: no, at home, at \S+face\.test\.ts:\d+:\d+$/,
    ],
  ])('refuses %s with one sentence', (_, given, options, message) => {
    const attempt = () => checkScenario(given as Scenario, options)
    expect(attempt).toThrow(InputError)
    expect(attempt).toThrow(message)
  })
})

describe('auditTrace', () => {
  const { text } = new Trace().slabPage().cacheAlloc()

  it('reads bytes in pieces of any size, from anything that has them', async () => {
    const bytes = Buffer.from(text)
    const pieces = [bytes.subarray(0, 7), new Uint8Array(bytes.subarray(7, 100))]
    const whole = await auditTrace([bytes])
    const cut = await auditTrace([...pieces, bytes.subarray(100)])
    const web = await auditTrace(new Blob([text]).stream())
    expect(whole).toMatchObject({ verdict: { agrees: true }, reading: { events: 2, damaged: 0 } })
    expect(cut).toEqual(whole)
    expect(web).toEqual(whole)
  })

  it('tells how far it is', async () => {
    const seen: number[] = []
    await auditTrace([Buffer.from(text)], { onProgress: (bytes) => seen.push(bytes) })
    expect(seen.at(-1)).toBe(Buffer.byteLength(text))
  })

  it.each([
    ['nothing', '', /^a\.txt is empty$/],
    ['other text', 'hello\n', /^a\.txt is /],
  ])('refuses %s with one sentence', async (_, given, message) => {
    const attempt = auditTrace([Buffer.from(given)], { name: 'a.txt' })
    await expect(attempt).rejects.toThrow(InputError)
    await expect(attempt).rejects.toThrow(message)
  })
})
