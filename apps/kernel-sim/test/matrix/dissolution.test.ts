/**
 * What becomes of deadlocks, held against a real kernel: modules brought the same deadlocks about on kernels 6.1 (Debian 6.1.192, and
 * one with lockdep) and 6.12.95 under QEMU, with real memory and real workqueues. First memory was given back, then the other
 * workers were let go.
 */

import { replay } from '@scopemask/checker/search'
import { describe, expect, it } from 'vitest'
import type { Kernel } from '../../src/kernel/kernel.js'
import type { PolicyName } from '../../src/kernel/policy.js'
import { policyNamed } from '../../src/kernel/policy.js'
import type { Scenario } from '../../src/kernel/scenario.js'
import type { WorkqueueOptions } from '../../src/kernel/work/workqueue.js'
import { checkCell, rowOf } from '../../src/matrix/cell.js'
import { type Fates, fatesOf } from '../../src/matrix/dissolution.js'
import { subjectOf } from '../../src/matrix/subject.js'
import { fateMark, fateSentences } from '../../src/report/check/dissolution.js'
import { CASES } from '../../src/scenarios/catalogue.js'

/** What was seen: whether it hung on when memory was given back, and when the workers were let go as well. */
const SEEN = {
  stays: { memory: 'stays', both: 'stays' },
  workers: { memory: 'stays', both: 'dissolves' },
  memory: { memory: 'dissolves', both: 'dissolves' },
} as const

type Row = readonly [string, '6.1' | '6.12', keyof typeof SEEN, ...PolicyName[]]

/** The livelock was brought about without kswapd; 14c stands for it. */
const REAL: readonly Row[] = [
  ['direct-recursion', '6.1', 'stays', 'unrestricted'],
  ['direct-recursion', '6.12', 'stays', 'unrestricted'],
  ['usermode-helper', '6.1', 'stays', 'unrestricted', 'explicit', 'scope'],
  ['usermode-helper', '6.12', 'stays', 'scope'],
  ['shared-worker', '6.1', 'stays', 'unrestricted', 'explicit', 'scope', 'convey-on-queue'],
  ['shared-worker', '6.12', 'stays', 'convey-on-queue'],
  ['shared-worker-usual-queue', '6.1', 'stays', 'scope'],
  ['shared-worker-creates', '6.1', 'workers', 'explicit', 'callee-scope'],
  ['shared-worker-creates', '6.12', 'workers', 'callee-scope'],
  ['shared-worker-rescued', '6.1', 'stays', 'explicit', 'convey-on-queue'],
  ['shared-worker-rescued', '6.12', 'workers', 'explicit'],
  ['cil-push', '6.1', 'stays', 'unrestricted', 'scope', 'convey-on-queue', 'separate-queues'],
  ['cil-push', '6.12', 'stays', 'scope'],
  [
    'no-idle-worker',
    '6.1',
    'workers',
    'unrestricted',
    'explicit',
    'scope',
    'convey-on-queue',
    'callee-scope',
  ],
  ['no-idle-worker', '6.12', 'workers', 'callee-scope'],
  ['vmalloc-5-17', '6.1', 'stays', 'unrestricted'],
  ['no-oom-kill', '6.1', 'memory', 'explicit', 'scope'],
  ['no-oom-kill', '6.12', 'memory', 'scope'],
  [
    'rescuer-agf',
    '6.1',
    'stays',
    'unrestricted',
    'explicit',
    'scope',
    'convey-on-queue',
    'callee-scope',
    'separate-queues',
  ],
  ['rescuer-agf', '6.12', 'memory', 'scope'],
  ['rhashtable-resize', '6.1', 'stays', 'unrestricted'],
  ['rhashtable-resize-waited', '6.1', 'stays', 'unrestricted', 'explicit', 'scope'],
  ['rhashtable-resize-waited', '6.12', 'stays', 'scope'],
]

function bundled(name: string): Scenario {
  const found = CASES.find(({ scenario }) => scenario.name === name)?.scenario
  if (!found) throw new Error(name)
  return found
}

/** A scenario as it runs on a kernel whose rescuers take all items at once, or one at a time. */
function on(scenario: Scenario, rescuesAllAtOnce: boolean): Scenario {
  const build = (kernel: Kernel): void =>
    scenario.build(
      new Proxy(kernel, {
        get: (target, property) =>
          property === 'workqueue'
            ? (name: string, options: WorkqueueOptions) =>
                target.workqueue(name, { ...options, rescuesAllAtOnce })
            : Reflect.get(target, property),
      }),
    )
  return { ...scenario, build }
}

function fatesUnder(scenario: Scenario, name: PolicyName): Fates {
  const policy = policyNamed(name)
  const { counterexample } = checkCell(scenario, policy, {})
  const { machine } = subjectOf(scenario, policy)
  const turns = replay(machine, counterexample?.token ?? '').steps
  return fatesOf((relief) => subjectOf(scenario, policy, [], relief), turns)
}

describe('a deadlock', () => {
  const seen = REAL.map(([name, kernel, fate, ...policies]) => ({ name, kernel, fate, policies }))
  it.each(seen)('of $name is on a kernel $kernel: $fate', ({ name, kernel, fate, policies }) => {
    const scenario = on(bundled(name), kernel === '6.1')
    for (const policy of policies) {
      const { memory, both } = fatesUnder(scenario, policy).shown
      expect({ policy, memory, both }).toEqual({ policy, ...SEEN[fate] })
    }
  })

  it('of case 8 dissolves when other work is done, with memory or without', () => {
    expect(fatesUnder(bundled('no-idle-worker'), 'scope').all).toEqual({
      memory: 'stays',
      otherWork: 'dissolves',
      both: 'dissolves',
    })
  })

  it('of case 15 stays only if the rescuer had both items: one that is queued later dissolves', () => {
    const { shown, all } = fatesUnder(bundled('rescuer-agf'), 'scope')
    expect(shown.memory).toBe('stays')
    // On both kernels it dissolves when the second item is queued after the rescuer has begun.
    expect(all.memory).toBe('may stay')
    expect(fatesUnder(bundled('rescuer-agf-one-by-one'), 'scope').all.memory).toBe('dissolves')
  })
})

describe('a cell', () => {
  it('has what becomes of its deadlocks, and none where it is safe', async () => {
    const each = CASES.find(({ number }) => number === '8')
    const safe = CASES.find(({ number }) => number === '8b')
    if (!each || !safe) throw new Error('there is no case 8')
    const options = { search: {}, onProgress: () => {} }
    const rows = await Promise.all(
      [each, safe].map((one) => rowOf(one, [policyNamed('scope')], options)),
    )
    expect(rows.map(({ cells }) => cells[0]?.fates?.shown.otherWork)).toEqual([
      'dissolves',
      undefined,
    ])
  })
})

describe('what is said of it', () => {
  const stays = { memory: 'stays', otherWork: 'stays', both: 'stays' } as const
  const busy = { memory: 'stays', otherWork: 'dissolves', both: 'dissolves' } as const
  const two = { memory: 'stays', otherWork: 'may stay', both: 'dissolves' } as const

  it.each([
    [stays, stays, '', 'It stays when memory comes back and when other work is done.'],
    [busy, busy, 'w', 'It stays when memory comes back, and dissolves when other work is done.'],
    [
      two,
      two,
      'm+w',
      'It stays when memory comes back, may stay when other work is done, and dissolves when both happen.',
    ],
    [
      stays,
      { ...stays, memory: 'may stay' },
      '',
      'It stays when memory comes back and when other work is done. Other schedules end in deadlocks of which that is not true when memory comes back.',
    ],
    [
      busy,
      { memory: 'unknown', otherWork: 'unknown', both: 'unknown' },
      '',
      'It stays when memory comes back, and dissolves when other work is done. There are too many other schedules that end in a deadlock to tell it of them.',
    ],
  ] as const)('is one sentence or two, and a mark in the matrix', (shown, all, mark, words) => {
    expect(fateSentences({ shown, all }).join(' ')).toBe(words)
    expect(fateMark({ shown, all })).toBe(mark)
  })
})
