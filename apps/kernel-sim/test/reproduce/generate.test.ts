import { readdirSync, readFileSync } from 'node:fs'
import { __GFP_FS, GFP_KERNEL, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Kernel } from '../../src/kernel/kernel.js'
import { POLICIES, policyNamed } from '../../src/kernel/policy.js'
import { type Scenario, scenario } from '../../src/kernel/scenario.js'
import { check, subjectOf } from '../../src/matrix/subject.js'
import { sampledTokens } from '../../src/reproduce/executions.js'
import { type Generated, generateModule, HARNESS } from '../../src/reproduce/module/generate.js'
import { Refused } from '../../src/reproduce/module/refused.js'
import { gfpText } from '../../src/reproduce/module/steps.js'
import { CASES } from '../../src/scenarios/catalogue.js'
import { LITMUS } from '../../src/scenarios/litmus/catalogue.js'
import { plan, randomScenario } from '../kernel/random-kernel.js'

/** A module that follows a counterexample, or else a few executions. */
function made(each: Scenario, policy: string, executions = 1): Generated {
  const named = policyNamed(policy)
  const { counterexample } = check(subjectOf(each, named), { maxStates: 20_000 })
  const tokens =
    counterexample === null
      ? sampledTokens(subjectOf(each, named), { executions, seed: 1 })
      : [counterexample.token]
  return generateModule({ scenario: each, policy: named, tokens })
}

/** The text of a module. @throws Error when it was refused. */
function text(generated: Generated): string {
  if (generated.kind === 'refused') throw new Error(`${generated.object}: ${generated.why}`)
  return generated.files.get(`${generated.name}.c`) ?? ''
}

function bundled(number: string): Scenario {
  const found = CASES.find((each) => each.number === number)
  if (found === undefined) throw new Error(`there is no case ${number}`)
  return found.scenario
}

const folder = new URL('../../reproduce/', import.meta.url)
const harness = HARNESS.map((file) => readFileSync(new URL(file, folder), 'utf8')).join('')

/** Returns true if the harness has the function that a module calls or defines. */
function has(call: string): boolean {
  return harness.includes(` ${call}(`) || harness.includes(`*${call}(`)
}

/** What a C compiler would trip over first. */
function isBalanced(code: string): boolean {
  const bare = code.replace(/"(?:[^"\\\n]|\\.)*"/g, '').replace(/\/\*.*?\*\//gs, '')
  const count = (character: string): number => bare.split(character).length
  return count('{') === count('}') && count('(') === count(')') && !bare.includes('undefined')
}

describe('a bundled scenario', () => {
  /** What the cases need that a module cannot have; of some only under a policy whose requests the OOM killer kills for. */
  const refused = new Map([
    ['14b unrestricted', 'OOM killer'],
    ['14c unrestricted', 'OOM killer'],
    ...POLICIES.flatMap(({ name }): [string, string][] => [
      [`21 ${name}`, 'free pages'],
      [`21b ${name}`, 'free pages'],
    ]),
  ])

  it.each(CASES.map(({ number }) => number))(
    'case %s is a module, or refused with a reason',
    (number) => {
      const each = bundled(number)
      for (const { name } of POLICIES.filter((policy) => !each.inapplicable?.[policy.name])) {
        const policy = policyNamed(name)
        const tokens = sampledTokens(subjectOf(each, policy), { executions: 1, seed: 1 })
        const generated = generateModule({ scenario: each, policy, tokens })
        const object = refused.get(`${number} ${name}`)
        if (object !== undefined) {
          expect(generated).toMatchObject({ kind: 'refused', object })
          continue
        }
        const code = text(generated)
        expect(isBalanced(code)).toBe(true)
        const calls = [...code.matchAll(/\b(ksim_\w+)\(/g)].map(([, call]) => `${call}`)
        expect(calls.filter((call) => !has(call))).toEqual([])
      }
    },
  )

  it('gives the same text again, to the byte', () => {
    for (const number of ['4', '8b', '11']) {
      expect(text(made(bundled(number), 'scope'))).toBe(text(made(bundled(number), 'scope')))
    }
  })

  it('says what stands in for the kernel’s own, kswapd among it', () => {
    expect(made(bundled('1'), 'scope')).toMatchObject({ standIns: [] })
    expect(made(bundled('10'), 'scope')).toMatchObject({
      standIns: [{ object: 'sda1' }],
    })
    expect(made(bundled('19'), 'scope')).toMatchObject({
      standIns: [{ object: 'kswapd0', why: expect.stringContaining('kswapd itself') }],
    })
  })

  /** The turns of its schedules. */
  function turnsOf(code: string): string[] {
    const steps = new Map(
      [...code.matchAll(/struct ksim_op (\w+) = \{ "(.*)" \}/g)].map(([, id, does]) => [id, does]),
    )
    const turns = [...code.matchAll(/\{ &(\w+), &(\w+), (\d+), (-?\d+), (.*) \},/g)]
    return turns.map(
      ([, actor, step, , result, flags]) => `${actor} ${steps.get(step)} ${result} ${flags}`,
    )
  }

  it('has a turn for each of two allocations in a row: case 12', () => {
    expect(turnsOf(text(made(bundled('12'), 'unrestricted')))).toEqual([
      'a0_mount mutex_lock(fs lock) 0 0',
      'a0_mount kmalloc(GFP_KERNEL) 1 0',
      'a0_mount kmalloc(GFP_KERNEL) -1 KSIM_PRESSED',
      'a0_mount mutex_lock(fs lock) -1 KSIM_BLOCKS',
    ])
  })

  it('has kswapd wanted when the model’s requests want it: case 14b', () => {
    const code = text(made(bundled('14b'), 'scope'))
    expect(code).toMatch(/\{ \.happens = ksim_kswapd_is_wanted, \.object = &o\d+_kswapd_wait \},/)
  })

  it('is followed turn by turn: case 4 under scope', () => {
    expect(turnsOf(text(made(bundled('4'), 'scope')))).toEqual([
      'a0_quota mutex_lock(dqp->q_qlock) 0 0',
      'a0_quota current_save(MEMALLOC_NOFS) 0 0',
      'a0_quota queue_work(xfs-cil, xlog_cil_push_work) 1 0',
      'a0_quota flush_work(xlog_cil_push_work) 1 KSIM_BLOCKS',
      'a1_sync queue_work(xfs-cil, xlog_cil_push_work) 0 0',
      'a2_xlog_cil_push_work process_one_work(xlog_cil_push_work) 1 0',
      'a2_xlog_cil_push_work kmalloc(GFP_KERNEL) -1 KSIM_PRESSED',
      'a2_xlog_cil_push_work mutex_lock(dqp->q_qlock) -1 KSIM_BLOCKS',
    ])
  })

  it('differs by its policy where the policy makes a difference', () => {
    const texts = POLICIES.map(({ name }) =>
      text(made(bundled('4'), name)).replace(/^.*Made by.*$/m, ''),
    )
    expect(new Set(texts).size).toBe(POLICIES.length)
  })
})

describe('a litmus program', () => {
  it.each(LITMUS.map((each) => [each.number, each] as const))(
    '%s is a module that calls what there is, or refused with a reason',
    (_number, { scenario, policy }) => {
      const generated = made(scenario, policy)
      if (generated.kind === 'refused') {
        expect(generated.why).not.toBe('')
        return
      }
      const code = text(generated)
      expect(isBalanced(code)).toBe(true)
      const calls = [...code.matchAll(/\b(ksim_\w+)\(/g)].map(([, call]) => `${call}`)
      expect(calls.filter((call) => !has(call))).toEqual([])
    },
  )

  it('expects a call to sleep whose second half has to wait, and an item that is cancelled not to be queued', () => {
    const found = LITMUS.find(({ scenario }) =>
      scenario.summary.startsWith('cancel_work_sync keeps out'),
    )
    if (found === undefined) throw new Error('the program has another name')
    const code = text(made(found.scenario, found.policy, 8))
    const [, cancels] = /struct ksim_op (\w+) = \{ "cancel_work_sync/.exec(code) ?? []
    const [, queues] = /struct ksim_op (\w+) = \{ "queue_work/.exec(code) ?? []
    expect(code).toMatch(new RegExp(`&${cancels}, 0, 0, KSIM_BLOCKS`))
    expect(code).toMatch(new RegExp(`&${queues}, 0, 0, 0`))
    expect(code).not.toMatch(new RegExp(`&${queues}, 0, 2`))
  })
})

describe('gfp flags', () => {
  it('are written by their names, and refused where a header has none for them', () => {
    expect([gfpText(GFP_KERNEL), gfpText(0)]).toEqual(['GFP_KERNEL', '0'])
    expect(() => gfpText(GFP_KERNEL | (1 << 30))).toThrow(Refused)
  })
})

describe('the harness', () => {
  it('has the files that modules include, and no others', () => {
    expect(readdirSync(folder).sort()).toEqual([...HARNESS].sort())
  })
})

describe('the style of the kernel', () => {
  it.each(HARNESS)('%s has its licence first, tabs, and no line of over 100 columns', (file) => {
    const lines = readFileSync(new URL(file, folder), 'utf8').split('\n')
    expect(lines[0]).toBe('/* SPDX-License-Identifier: GPL-2.0 OR MIT */')
    for (const line of lines) {
      expect(line.replaceAll('\t', '        ').length, line).toBeLessThanOrEqual(100)
      expect(line).not.toMatch(/^ {8}|[ \t]$|\t {8}/)
    }
  })
})

describe('a scenario of a user', () => {
  const names = [
    'int',
    '3rd lock */ #error',
    'mutex_lock',
    'a"b\\c??/',
    'Straße 🚂',
    '%s%n',
    '\n\t\0',
    ' ',
  ]
  const hostile = (name: string): Scenario =>
    scenario({
      name: 'own',
      summary: 'a scenario',
      build(kernel) {
        const lock = kernel.mutex(name)
        kernel.shrinker(name, __GFP_FS, function* () {
          yield* lock.lock()
          yield* lock.unlock()
        })
        const work = kernel.work(name, function* () {
          yield* kernel.kmalloc(GFP_KERNEL)
        })
        const queue = kernel.workqueue(name)
        kernel.task(name, function* () {
          yield* lock.lock()
          yield* kernel.choose(name, [name, name])
          yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
            yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
            yield* kernel.queueWork(queue, work)
            yield* kernel.flushWork(work)
          })
          yield* lock.unlock()
        })
      },
    })

  it.each(names)('may have any name: %j', (name) => {
    const code = text(made(hostile(name), 'scope'))
    expect(code).toMatch(/^[\t\n\x20-\x7e]*$/)
    expect(isBalanced(code)).toBe(true)
    expect(code).not.toContain('??')
  })

  it('may have names that are any text at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
        const code = text(made(hostile(name), 'scope'))
        expect(code).toMatch(/^[\t\n\x20-\x7e]*$/)
        expect(isBalanced(code)).toBe(true)
      }),
      { numRuns: 10 },
    )
  })

  it('is refused by the name of what cannot be had, and why', () => {
    const limited = scenario({
      name: 'limited',
      summary: 'pages are counted',
      build(kernel) {
        kernel.limitMemory({ pages: 1 })
        kernel.task('t', () => kernel.kmalloc(GFP_KERNEL))
        kernel.task('u', () => kernel.kmalloc(GFP_KERNEL))
      },
    })
    expect(made(limited, 'scope')).toMatchObject({
      kind: 'refused',
      object: 'OOM killer',
      why: expect.stringContaining('no process to lose'),
    })
    const counting = scenario({
      name: 'counting',
      summary: 'a shrinker that says how much it has freed',
      build(kernel) {
        kernel.shrinker('none', __GFP_FS, function* () {})
        kernel.shrinker('some', __GFP_FS, function* () {
          return yield* kernel.choose('freed', ['0', '1'])
        })
        kernel.task('t', () => kernel.kmalloc(GFP_KERNEL))
      },
    })
    expect(made(counting, 'scope')).toMatchObject({
      kind: 'refused',
      object: 'some',
      why: expect.stringContaining('how much it has freed'),
    })
    const spinning = scenario({
      name: 'spinning',
      summary: 'two spinlocks in either order',
      build(kernel) {
        const a = kernel.spinlock('a')
        const b = kernel.spinlock('b')
        for (const [one, other] of [[a, b] as const, [b, a] as const]) {
          kernel.task(`${one.object} ${other.object}`, function* () {
            yield* one.lock()
            yield* other.lock()
            yield* other.unlock()
            yield* one.unlock()
          })
        }
      },
    })
    expect(made(spinning, 'scope')).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('must not sleep'),
    })
  })

  const perCpu = (cpus: number): Scenario =>
    scenario({
      name: 'per-cpu',
      summary: 'an item on each of several processors',
      build(kernel) {
        const pools = Array.from({ length: cpus }, (_, cpu) => kernel.workerPool(`${cpu}`))
        const queue = kernel.workqueue('events', { cpus: pools })
        const works = pools.map((_, cpu) => kernel.work(`on ${cpu}`, function* () {}))
        kernel.task('t', function* () {
          for (const [cpu, work] of works.entries()) yield* kernel.queueWorkOn(cpu, queue, work)
          yield* kernel.flushWorkqueue(queue)
        })
      },
    })

  it('may queue items on a certain processor, if that is the only one', () => {
    const code = text(made(perCpu(1), 'scope'))
    expect(code.match(/static struct ksim_queue (\w+) = \{\n.*\n\t\.flags = 0,/g)).toHaveLength(1)
    expect(code).toMatch(/\.cpu = 0,/)
    expect(code).not.toContain('on_0_')
    expect(made(perCpu(2), 'scope')).toEqual({
      kind: 'refused',
      object: 'events',
      why: expect.stringContaining('a part for each of 2 processors'),
    })
  })

  it.each([
    [
      'cache',
      'how much it has freed',
      (kernel) =>
        kernel.shrinker('cache', 0, function* () {
          return yield* kernel.choose('objects', ['none', 'one'])
        }),
    ],
    ['drainAllPages', 'is in the kernel', (kernel) => kernel.drainAllPages(function* () {})],
    [
      'big',
      'room for 65',
      (kernel) => {
        const fifo = kernel.fifo('big', 65)
        const token = kernel.token('x')
        kernel.task('puts', () => fifo.put(token))
      },
    ],
    [
      'the scenario',
      '65 tasks',
      (kernel) => {
        for (let at = 0; at < 64; at++) kernel.task(`t${at}`, () => kernel.choose('turn', ['one']))
      },
    ],
  ] as [string, string, (kernel: Kernel) => void][])(
    'is refused for %s: %s',
    (object, why, build) => {
      const each = scenario({
        name: 'own',
        summary: 'has something that no kernel has',
        build(kernel) {
          build(kernel)
          kernel.task('allocates', () => kernel.kmalloc(GFP_KERNEL))
        },
      })
      expect(made(each, 'scope')).toEqual({
        kind: 'refused',
        object,
        why: expect.stringContaining(why),
      })
    },
  )

  it('made at random is a module', () => {
    fc.assert(
      fc.property(plan, (each) => {
        const generated = made(randomScenario(each), 'convey-on-queue')
        // A pool of two workers is a queue with max_active 2.
        expect(isBalanced(text(generated))).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})
