import {
  __GFP_FS,
  __GFP_KSWAPD_RECLAIM,
  currentGfpContext,
  GFP_KERNEL,
  GFP_NOFS,
  PF_MEMALLOC_NOFS,
} from '@scopemask/allocator'
import { describe, expect, it } from 'vitest'
import { Lockdep, type Mode } from '../../src/check/lockdep.js'
import { lockdepOf } from '../../src/check/lockdep-watch.js'
import { subjectOf } from '../../src/cli/run-check.js'
import { __GFP_NOLOCKDEP, Kernel, policyNamed } from '../../src/kernel/kernel.js'
import { CASES } from '../../src/scenarios/catalogue.js'

/** The types of locks of lib/locking-selftest.c. */
const TYPES: Record<string, Mode> = {
  spin: 'write',
  wlock: 'write',
  rlock: 'recursive-read',
  mutex: 'write',
  wsem: 'write',
  rsem: 'read',
}

/** Takes and drops locks by a script: `A` takes, `a` drops, each with the mode of the type tested. */
function script(text: string, mode: Mode): number {
  const lockdep = new Lockdep()
  for (const letter of text) {
    if (letter === letter.toUpperCase()) lockdep.acquire('swapper', letter, mode)
    else lockdep.release('swapper', letter.toUpperCase())
  }
  return lockdep.splats.length
}

/** The same with a mode for each lock: `W1` write, `R1` recursive read, `S1` rwsem read, `M1` mutex; `-1` drops. */
function mixed(text: string): number {
  const modes: Record<string, Mode> = { W: 'write', R: 'recursive-read', S: 'read', M: 'write' }
  const lockdep = new Lockdep()
  for (const word of text.split(' ')) {
    const [kind = '', lock = ''] = word
    if (kind === '-') lockdep.release('swapper', lock)
    else lockdep.acquire('swapper', lock, modes[kind] ?? 'write')
  }
  return lockdep.splats.length
}

describe('the table of lib/locking-selftest.c', () => {
  const deadlocks = {
    'A-A': 'AA',
    'A-B-B-A': 'ABbaBAab',
    'A-B-B-C-C-A': 'ABbaBCcbCAac',
    'A-B-C-A-B-C': 'ABbaCAacBCcb',
    'A-B-B-C-C-D-D-A': 'ABbaBCcbCDdcDAad',
    'A-B-C-D-B-D-D-A': 'ABbaCDdcBDdbDAad',
    'A-B-C-D-B-C-D-A': 'ABbaCDdcBCcbDAad',
  }
  it.each(
    Object.entries(deadlocks).flatMap(([name, text]) =>
      Object.entries(TYPES).map(([type, mode]) => [name, type, text, mode] as const),
    ),
  )('%s deadlock, %s', (_name, type, text, mode) => {
    // Readers of an rwlock may recurse and do not keep each other out; those of an rwsem do.
    expect(script(text, mode)).toBe(type === 'rlock' ? 0 : 1)
  })

  it.each(Object.entries(TYPES))('double unlock and initialize held, %s', (_type, mode) => {
    expect(script('Aaa', mode)).toBe(1)
    const lockdep = new Lockdep()
    lockdep.acquire('swapper', 'A', mode)
    lockdep.initialize('swapper', 'A')
    expect(lockdep.splats.map(({ kind }) => kind)).toEqual(['held-lock-initialized'])
  })

  it.each([
    ['recursive read-lock', 'R1 R1', 0],
    ['recursive read-lock, rwsem', 'S1 S1', 1],
    ['mixed read-write-lock', 'R1 W1', 1],
    ['mixed read-write-lock, rwsem', 'S1 W1', 1],
    ['mixed write-read-lock', 'W1 R1', 1],
    ['mixed write-read-lock, rwsem', 'W1 S1', 1],
    ['mixed read-lock/lock-write ABBA', 'R1 M2 -2 -1 M2 W1 -1 -2', 1],
    ['mixed read-lock/lock-write ABBA, rwsem', 'S1 M2 -2 -1 M2 W1 -1 -2', 1],
    ['mixed read-lock/lock-read ABBA', 'R1 M2 -2 -1 M2 R1 -1 -2', 0],
    ['mixed read-lock/lock-read ABBA, rwsem', 'S1 M2 -2 -1 M2 S1 -1 -2', 1],
    ['mixed write-lock/lock-write ABBA', 'W1 M2 -2 -1 M2 W1 -1 -2', 1],
    ['chain cached mixed R-L/L-W ABBA', 'R1 M2 -2 -1 M2 R1 -1 -2 M2 W1 -1 -2', 1],
  ])('%s', (_name, text, expected) => {
    expect(mixed(text)).toBe(expected)
  })

  it.each([
    ['W1R2/W2R3/W3R1', ['W1 R2 -2 -1', 'W2 R3 -3 -2', 'W3 R1 -1 -3'], 1],
    ['W1W2/R2R3/W3R1', ['W1 W2 -2 -1', 'R2 R3 -3 -2', 'W3 R1 -1 -3'], 1],
    ['W1W2/R2R3/R3W1', ['W1 W2 -2 -1', 'R2 R3 -3 -2', 'R3 W1 -1 -3'], 0],
    ['W1R2/R2R3/W3W1', ['W1 R2 -2 -1', 'R2 R3 -3 -2', 'W3 W1 -1 -3'], 0],
  ])('rlock %s in every order', (_name, [a = '', b = '', c = ''], expected) => {
    for (const order of [
      [a, b, c],
      [a, c, b],
      [b, a, c],
      [b, c, a],
      [c, a, b],
      [c, b, a],
    ]) {
      expect(mixed(order.join(' '))).toBe(expected)
    }
  })

  it('fs_reclaim: correct, wrong and protected nesting', () => {
    const nested = (outer: number, inner: number): number => {
      const lockdep = new Lockdep()
      if ((outer & __GFP_FS) !== 0) lockdep.acquire('swapper', 'fs_reclaim')
      if ((inner & __GFP_FS) !== 0) lockdep.acquire('swapper', 'fs_reclaim')
      return lockdep.splats.length
    }
    expect(nested(GFP_NOFS, GFP_NOFS)).toBe(0)
    expect(nested(GFP_KERNEL, GFP_KERNEL)).toBe(1)
    expect(nested(GFP_KERNEL, currentGfpContext(PF_MEMALLOC_NOFS, GFP_KERNEL))).toBe(0)
  })
})

describe('lockdep beside the search', () => {
  const opinion = (name: string, policy: string) => {
    const found = CASES.find(({ scenario }) => scenario.name === name)
    if (!found) throw new Error(name)
    return lockdepOf(() => subjectOf(found.scenario, policyNamed(policy)).machine)
  }

  it('warns of direct recursion, in the form of the kernel', () => {
    const [splat] = opinion('direct-recursion', 'unrestricted')
    expect(splat?.text).toContain('WARNING: possible recursive locking detected')
    expect(splat?.text).toContain('(fs_reclaim)')
    expect(opinion('direct-recursion', 'scope')).toEqual([])
  })

  it('gives a false alarm where classes are all that it sees', () => {
    expect(opinion('false-alarm', 'unrestricted')).not.toEqual([])
    // Scopes in place of GFP_NOFS bring it back.
    expect(opinion('false-alarm', 'explicit')).toEqual([])
    expect(opinion('false-alarm', 'scope')).not.toEqual([])
  })

  it('does not take what says __GFP_NOLOCKDEP for reclaim', () => {
    const warnings = (gfp: number) =>
      lockdepOf(() => {
        const kernel = new Kernel(policyNamed('scope'))
        const lock = kernel.mutex('inode', 'inode class')
        const unused = kernel.mutex('unused inode', 'inode class')
        // Only kswapd comes here, so that the request itself never shows what it could run into.
        kernel.shrinker('prune_icache_sb', __GFP_FS | __GFP_KSWAPD_RECLAIM, function* () {
          yield* unused.lock()
          yield* unused.unlock()
        })
        kernel.kswapd(kernel.variable('kswapd_wait', 1))
        kernel.task('read', function* () {
          yield* lock.lock()
          yield* kernel.kmalloc(gfp & ~__GFP_KSWAPD_RECLAIM)
          yield* lock.unlock()
        })
        return kernel.seal()
      }).map(({ kind }) => kind)
    expect(warnings(GFP_KERNEL)).toContain('circular')
    expect(warnings(GFP_KERNEL | __GFP_NOLOCKDEP)).toEqual([])
  })

  it('cannot see what waits for a completion or for an idle worker', () => {
    expect(opinion('usermode-helper', 'scope')).toEqual([])
    expect(opinion('no-idle-worker', 'scope')).toEqual([])
  })
})
