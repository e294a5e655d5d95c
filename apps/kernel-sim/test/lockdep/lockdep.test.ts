import {
  __GFP_FS,
  __GFP_KSWAPD_RECLAIM,
  currentGfpContext,
  GFP_KERNEL,
  GFP_NOFS,
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  type TaskFlags,
} from '@scopemask/allocator'
import { describe, expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.js'
import { __GFP_NOLOCKDEP } from '../../src/kernel/memory/gfp.js'
import { policyNamed } from '../../src/kernel/policy.js'
import type { Mode } from '../../src/lockdep/lock-graph.js'
import { Lockdep } from '../../src/lockdep/lockdep.js'
import { lockdepOf } from '../../src/lockdep/lockdep-watch.js'
import { printSplat } from '../../src/lockdep/print-splat.js'
import { subjectOf } from '../../src/matrix/subject.js'
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

/** The contexts of the irq tests, as events of a CPU. */
const IRQ = {
  hard: {
    enter: (lockdep: Lockdep) => lockdep.enter(CPU, 'HARDIRQ'),
    exit: (lockdep: Lockdep) => lockdep.exit(CPU, 'HARDIRQ'),
    disable: (lockdep: Lockdep) => lockdep.disable(CPU, 'HARDIRQ'),
    enable: (lockdep: Lockdep) => lockdep.enable(CPU, 'HARDIRQ'),
  },
  soft: {
    enter: (lockdep: Lockdep) => {
      lockdep.disable(CPU, 'HARDIRQ')
      lockdep.enter(CPU, 'SOFTIRQ')
    },
    exit: (lockdep: Lockdep) => {
      lockdep.exit(CPU, 'SOFTIRQ')
      lockdep.enable(CPU, 'HARDIRQ')
    },
    disable: (lockdep: Lockdep) => lockdep.disable(CPU, 'SOFTIRQ'),
    enable: (lockdep: Lockdep) => lockdep.enable(CPU, 'SOFTIRQ'),
  },
}
const CPU = 'swapper'

/** Lets events happen: `A` takes lock A and `a` drops it, `(` and `)` are an interrupt, `-` and `+` disable and enable it. */
function irqScript(
  events: readonly string[],
  irq: keyof typeof IRQ,
  modes: (lock: string) => Mode,
): string[] {
  const lockdep = new Lockdep()
  const { enter, exit, disable, enable } = IRQ[irq]
  const does: Record<string, (lockdep: Lockdep) => void> = {
    '(': enter,
    ')': exit,
    '-': disable,
    '+': enable,
    '!': IRQ.hard.disable,
    '?': IRQ.hard.enable,
  }
  for (const letter of events.join('')) {
    const act = does[letter]
    const lock = letter.toUpperCase()
    if (act) act(lockdep)
    else if (letter === lock) lockdep.acquire(CPU, lock.replace('R', 'A'), modes(lock))
    else lockdep.release(CPU, lock.replace('R', 'A'))
  }
  return lockdep.splats.map(({ kind }) => kind)
}

/** R is a reader of A; A itself is written. */
function readerOfA(lock: string): Mode {
  return lock === 'R' ? 'recursive-read' : 'write'
}

function permutations<T>(of: readonly T[]): T[][] {
  if (of.length < 2) return [[...of]]
  return of.flatMap((first, at) =>
    permutations(of.filter((_, other) => other !== at)).map((others) => [first, ...others]),
  )
}

describe('the irq table of lib/locking-selftest.c', () => {
  const kinds = { spin: 'write', wlock: 'write', rlock: 'recursive-read' } as const
  /** Interrupts enabled again while a lock is held, and so on; all fail but with readers that recurse. */
  const tables = {
    'irqs-on + irq-safe-A': ['(Aa)', 'Aa'],
    'safe-A + irqs-on': ['(Aa)', '-A+a'],
    'safe-A + unsafe-B #1': ['ABba', 'Bb', '(Aa)'],
    'safe-A + unsafe-B #2': ['-ABba+', 'Bb', '(Aa)'],
  }
  const cases = Object.entries(tables).flatMap(([name, events]) =>
    permutations(events).flatMap((order) =>
      Object.entries(kinds).flatMap(([kind, mode]) =>
        (['hard', 'soft'] as const).map(
          (irq) => [name, order.join(' '), irq, kind, order, mode] as const,
        ),
      ),
    ),
  )
  it.each(cases)('%s: %s, %s, %s', (_name, _text, irq, kind, order, mode) => {
    const splats = irqScript(order, irq, () => mode)
    expect(splats.length > 0).toBe(kind !== 'rlock')
  })

  it.each(
    permutations(['(Aa)', '!A?a']).flatMap((order) =>
      Object.entries(kinds).map(([kind, mode]) => [order.join(' '), kind, order, mode] as const),
    ),
  )('sirq-safe-A => hirqs-on: %s, %s', (_text, kind, order, mode) => {
    expect(irqScript(order, 'soft', () => mode).length > 0).toBe(kind !== 'rlock')
  })

  // R is a reader of A; A itself is written.
  const inversion = permutations(['-ABba+', 'Bb', '(Rr)'])
  const recursion = permutations(['-Aa+', 'Rr', '(RBbr)'])
  const recursion2 = permutations(['-BAab+', 'Rr', '(Bb)'])
  const recursion3 = permutations(['-Aa+', 'Rr', '(BRrb)'])
  const readers =
    (b: Mode) =>
    (lock: string): Mode =>
      lock === 'R' ? 'recursive-read' : lock === 'A' ? 'write' : b

  it.each(['hard', 'soft'] as const)('irq lock-inversion, %s', (irq) => {
    for (const order of inversion) {
      expect(irqScript(order, irq, readers('write'))).not.toEqual([])
      expect(irqScript(order, irq, readers('recursive-read'))).toEqual([])
    }
  })

  it.each(['hard', 'soft'] as const)('irq read-recursion, %s', (irq) => {
    for (const order of [...recursion, ...recursion3]) {
      expect(irqScript(order, irq, readers('write'))).toEqual([])
      expect(irqScript(order, irq, readers('recursive-read'))).toEqual([])
    }
    for (const order of recursion2) {
      expect(irqScript(order, irq, readers('write'))).not.toEqual([])
      expect(irqScript(order, irq, readers('recursive-read'))).toEqual([])
    }
  })

  it('says which kind of mistake it is', () => {
    const kindsOf = (...events: string[]) => irqScript(events, 'hard', () => 'write')
    expect(kindsOf('(Aa)', 'Aa')).toEqual(['inconsistent-irq'])
    expect(kindsOf('-ABba+', 'Bb', '(Aa)')).toEqual(['irq-inversion'])
    expect(kindsOf('(Aa)', 'Bb', '-ABba+')).toEqual(['irq-unsafe-order'])
  })
})

describe('what interrupts have to do with it', () => {
  it('a reader minds writers only, a writer both, of the same lock', () => {
    expect(irqScript(['Rr', '(Aa)'], 'hard', readerOfA)).toEqual(['inconsistent-irq'])
    expect(irqScript(['(Aa)', 'Rr'], 'hard', readerOfA)).toEqual(['inconsistent-irq'])
    expect(irqScript(['(Rr)', 'Rr'], 'hard', readerOfA)).toEqual([])
  })

  it('what an interrupt takes does not depend on what it interrupted', () => {
    // Were it so, this would be a circle.
    expect(irqScript(['A(Bb)a', '-BAab+'], 'hard', () => 'write')).toEqual(['irq-unsafe-order'])
  })

  it('a trylock in an interrupt does not wait for whom it interrupted', () => {
    const lockdep = new Lockdep()
    lockdep.enter(CPU, 'HARDIRQ')
    lockdep.acquire(CPU, 'A', 'write', { trylock: true })
    lockdep.release(CPU, 'A')
    lockdep.exit(CPU, 'HARDIRQ')
    lockdep.acquire(CPU, 'A')
    expect(lockdep.splats).toEqual([])
  })

  it('no softirq comes while hardirqs are off', () => {
    expect(irqScript(['!Aa?', '(Aa)'], 'soft', () => 'write')).toEqual([])
    expect(irqScript(['-!A+a?', '(Aa)'], 'soft', () => 'write')).toEqual([])
  })
})

describe('a splat', () => {
  it('reads as the kernel prints it', () => {
    const lockdep = new Lockdep()
    for (const order of ['AB', 'BC', 'CA']) {
      for (const lock of order) lockdep.acquire('cat', lock, 'write', { at: `take_${lock}` })
      for (const lock of order) lockdep.release('cat', lock)
    }
    expect(lockdep.splats.map(printSplat)[0]).toBe(
      `======================================================
WARNING: possible circular locking dependency detected
------------------------------------------------------
cat is trying to acquire lock:
 (A){+.+.}, at: take_A

but task is already holding lock:
 (C){+.+.}, at: take_C

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #2 (C){+.+.}:
       take_C

-> #1 (B){+.+.}:
       take_B

-> #0 (A){+.+.}:
       take_A

other info that might help us debug this:

Chain exists of:
  A --> B --> C

 Possible unsafe locking scenario:

       CPU0                    CPU1
       ----                    ----
  lock(C);
                               lock(B);
                               lock(C);
  lock(A);

 *** DEADLOCK ***

1 lock held by cat:
 #0:  (C){+.+.}, at: take_C
`,
    )
  })
})

describe('lockdep beside the search', () => {
  const opinion = (name: string, policy: string) => {
    const found = CASES.find(({ scenario }) => scenario.name === name)
    if (!found) throw new Error(name)
    return lockdepOf(subjectOf(found.scenario, policyNamed(policy)).machine).splats
  }

  it('warns of direct recursion, in the form of the kernel', () => {
    const [splat] = opinion('direct-recursion', 'unrestricted')
    expect(splat && printSplat(splat)).toContain('WARNING: possible recursive locking detected')
    expect(splat && printSplat(splat)).toContain('(fs_reclaim)')
    expect(opinion('direct-recursion', 'scope')).toEqual([])
  })

  it('gives a false alarm where classes are all that it sees', () => {
    expect(opinion('false-alarm', 'unrestricted')).not.toEqual([])
    // Scopes in place of GFP_NOFS bring it back.
    expect(opinion('false-alarm', 'explicit')).toEqual([])
    expect(opinion('false-alarm', 'scope')).not.toEqual([])
  })

  it('does not take what says __GFP_NOLOCKDEP for reclaim', () => {
    const warnings = (gfp: number) => {
      const build = () => {
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
      }
      return lockdepOf(build()).splats.map(({ kind }) => kind)
    }
    expect(warnings(GFP_KERNEL)).toContain('circular')
    expect(warnings(GFP_KERNEL | __GFP_NOLOCKDEP)).toEqual([])
  })

  it('knows that one thread may have to serve a queue with a rescuer', () => {
    const [splat] = opinion('rescuer-agf', 'scope')
    expect(splat && printSplat(splat)).toContain('AGF --> (wq_completion)xfsalloc')
  })

  it('cannot see what waits for a completion or for an idle worker', () => {
    expect(opinion('usermode-helper', 'scope')).toEqual([])
    expect(opinion('no-idle-worker', 'scope')).toEqual([])
  })
})

describe('check_flush_dependency (kernel/workqueue.c)', () => {
  /** What the kernel warns of when an item of one queue waits for an item of another, and a task for that. */
  const warnings = (
    memReclaim: readonly [waiting: boolean, target: boolean],
    { cancels = false, flags = 0 } = {},
  ): readonly string[] => {
    const kernel = new Kernel(policyNamed('scope'))
    const [own, other] = memReclaim.map((each, at) =>
      kernel.workqueue(`wq${at}`, { memReclaim: each }),
    )
    const target = kernel.work('target', () => kernel.kmalloc(GFP_KERNEL))
    const waits = function* () {
      if (other) yield* kernel.queueWork(other, target)
      yield* cancels ? kernel.cancelWorkSync(target) : kernel.flushWork(target)
    }
    const waiting = kernel.work('waiting', waits)
    if (flags === 0) {
      kernel.task('A', () => kernel.queueWork(own as NonNullable<typeof own>, waiting))
    } else kernel.kthread('A', waits, flags as TaskFlags)
    return lockdepOf(kernel.seal()).warnings
  }
  it('warns of an item of a queue with WQ_MEM_RECLAIM that flushes one of a queue without', () => {
    expect(warnings([true, false])).toEqual([
      'workqueue: WQ_MEM_RECLAIM wq0:waiting is flushing !WQ_MEM_RECLAIM wq1:target',
    ])
    expect(warnings([false, false])).toEqual([])
    expect(warnings([true, true])).toEqual([])
    expect(warnings([false, true])).toEqual([])
  })
  it('does not when the item is cancelled', () => {
    expect(warnings([true, false], { cancels: true })).toEqual([])
  })
  it('warns of a task that reclaims memory', () => {
    expect(warnings([false, false], { flags: PF_MEMALLOC })).toEqual([
      'workqueue: PF_MEMALLOC task A is flushing !WQ_MEM_RECLAIM wq1:target',
    ])
    expect(warnings([false, true], { flags: PF_MEMALLOC })).toEqual([])
  })
})

describe('lockdep sees every step that a search meets', () => {
  it('also one that takes many turns to come to', () => {
    const kernel = new Kernel(policyNamed('scope'))
    const a = kernel.mutex('A')
    const b = kernel.mutex('B')
    // Eight turns must come out right before the locks are taken in the other order: few random executions get there.
    kernel.task('one', function* () {
      for (let turn = 0; turn < 8; turn++) {
        if ((yield* kernel.choose('turn', ['end', 'go on'])) === 0) return
      }
      yield* b.lock()
      yield* a.lock()
      yield* a.unlock()
      yield* b.unlock()
    })
    kernel.task('other', function* () {
      yield* a.lock()
      yield* b.lock()
      yield* b.unlock()
      yield* a.unlock()
    })
    const { splats, complete } = lockdepOf(kernel.seal())
    expect([splats.map(({ kind }) => kind), complete]).toEqual([['circular'], true])
  })

  it('says where it was shown only some', () => {
    const kernel = new Kernel(policyNamed('scope'))
    for (const name of ['a', 'b', 'c']) {
      const variable = kernel.variable(name)
      kernel.task(name, function* () {
        for (let value = 1; value < 40; value++) yield* variable.set(value)
        yield* variable.waitUntil(39)
      })
    }
    expect(lockdepOf(kernel.seal()).complete).toBe(false)
  })
})
