import {
  __GFP_ACCOUNT,
  __GFP_FS,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
  GFP_KERNEL,
  GFP_NOFS,
} from '@scopemask/allocator'
import { describe, expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.js'
import { GFP_ATOMIC, GFP_NOWAIT } from '../../src/kernel/memory/gfp.js'
import { DEF_PRIORITY, SHRINK_STOP } from '../../src/kernel/memory/shrinkers.js'
import { policyNamed } from '../../src/kernel/policy.js'
import { check } from '../../src/matrix/subject.js'
import { COUNTED_MEMORY } from '../../src/scenarios/litmus/counted-memory.js'
import { inForms } from '../../src/scenarios/litmus/litmus.js'
import { MEMORY } from '../../src/scenarios/litmus/memory.js'
import { MEMPOOL } from '../../src/scenarios/litmus/mempool.js'
import { itBehaves } from './litmus.js'

describe('memory, pressure left open', () => {
  itBehaves([
    ...MEMORY,
    {
      program: 'GFP_KERNEL under a spinlock',
      source: 'include/linux/sched/mm.h, might_alloc',
      want: /allocates with __GFP_DIRECT_RECLAIM under a spinlock/,
      build(kernel) {
        const lock = kernel.spinlock('s')
        kernel.task('A', function* () {
          yield* lock.lock()
          yield* kernel.kmalloc(GFP_KERNEL)
          yield* lock.unlock()
        })
      },
    },
  ])
})

describe('memory, pages counted', () => {
  itBehaves(COUNTED_MEMORY)
})

/** A cache of which a shrinker frees one object at a time, under a lock; how it answers. */
function cache(kernel: Kernel, objects: number, answers: 'how many' | 'SHRINK_STOP' | 'nothing') {
  const lock = kernel.mutex('fs lock')
  const left = kernel.variable('objects', objects)
  kernel.shrinker('cache', 0, function* () {
    if ((yield* left.takeOne('free one')) === 0) {
      yield* lock.lock()
      yield* lock.unlock()
      return answers === 'nothing' ? undefined : 0
    }
    yield* kernel.freePages()
    return answers === 'how many' ? 1 : answers === 'nothing' ? undefined : SHRINK_STOP
  })
  return lock
}

describe('a shrinker', () => {
  itBehaves([
    ...inForms(
      'mm/shrinker.c, do_shrink_slab (while (total_scan >= batch_size ...))',
      [
        ['is called again in a pass when it has freed something', 'deadlock', 'how many'],
        ['is not when it returns SHRINK_STOP', 'safe', 'SHRINK_STOP'],
        ['that says nothing is called once', 'safe', 'nothing'],
      ] as const,
      (kernel, answers) => {
        kernel.limitMemory({ pages: 0 })
        const lock = cache(kernel, 3, answers)
        kernel.task('A', function* () {
          yield* lock.lock()
          yield* kernel.kmalloc(GFP_KERNEL)
          yield* lock.unlock()
        })
      },
    ),
    ...inForms(
      'mm/vmscan.c, do_try_to_free_pages (while (--sc->priority >= 0)); mm/shrinker.c, do_shrink_slab (freeable >> priority)',
      [
        ['waits at the last priority only, and has freed nothing before', 'deadlock', false],
        ['waits at the last priority only, and has freed something before', 'safe', true],
      ],
      (kernel, hasFreed) => {
        const lock = kernel.mutex('fs lock')
        kernel.shrinker('small cache', 0, function* (_gfp, priority) {
          if (priority > 0) return hasFreed ? 1 : 0
          yield* lock.lock()
          yield* lock.unlock()
          return 1
        })
        kernel.task('A', function* () {
          yield* lock.lock()
          yield* kernel.kmalloc(GFP_KERNEL)
          yield* lock.unlock()
        })
      },
    ),
    ...inForms(
      'mm/vmscan.c, do_try_to_free_pages (sc->priority < DEF_PRIORITY - 2)',
      [
        [
          'is in trouble at the second of the priorities that stand for all',
          'deadlock',
          DEF_PRIORITY - 2,
        ],
        ['looks at a priority that is above the first', 'safe', DEF_PRIORITY + 1],
      ],
      (kernel, below) => {
        const lock = kernel.mutex('fs lock')
        kernel.shrinker('writes', 0, function* (_gfp, priority) {
          if (priority >= below || below > DEF_PRIORITY) return SHRINK_STOP
          yield* lock.lock()
          yield* lock.unlock()
          return 1
        })
        kernel.task('A', function* () {
          yield* lock.lock()
          yield* kernel.kmalloc(GFP_KERNEL)
          yield* lock.unlock()
        })
      },
    ),
  ])
})

describe('drain_all_pages', () => {
  itBehaves([
    ...inForms(
      'mm/page_alloc.c, __alloc_pages_direct_reclaim (if (!page && !drained))',
      [
        ['gets back the page that another CPU has on its list', 'safe', true],
        ['without it the page stays there', 'livelock', false],
      ],
      (kernel, drains) => {
        kernel.limitMemory({ pages: 0, onCpus: [0, 1] })
        if (drains) {
          kernel.drainAllPages(function* () {
            for (const cpu of [0, 1]) yield* kernel.drainLocalPages(cpu)
          })
        }
        kernel.task('A', () => kernel.kmalloc(GFP_NOFS))
      },
    ),
    ...inForms(
      'mm/page_alloc.c, __alloc_pages_direct_reclaim, pressure left open',
      [
        ['waits for what the allocating task holds', 'deadlock', true],
        ['waits for nothing', 'safe', false],
      ],
      (kernel, waits) => {
        const lock = kernel.mutex('m')
        kernel.drainAllPages(function* () {
          if (waits) yield* lock.lock()
          if (waits) yield* lock.unlock()
          yield* kernel.choose('pages', ['none', 'some'])
        })
        kernel.task('A', function* () {
          yield* lock.lock()
          yield* kernel.kmalloc(GFP_NOFS)
          yield* lock.unlock()
        })
      },
    ),
    {
      program: 'a CPU that has no list',
      source: 'include/linux/mmzone.h, struct per_cpu_pages',
      want: /CPU 1 has no list of pages: give limitMemory a number of pages for it in onCpus/,
      build(kernel) {
        kernel.limitMemory({ pages: 0, onCpus: [1] })
        kernel.task('A', () => kernel.drainLocalPages(1))
      },
    },
  ])
})

describe('a memory cgroup', () => {
  /** A task of a cgroup that is at its limit, and waits for ever if its request fails. */
  const atLimit = (kernel: Kernel, gfp: number, oomVictims = 0) => {
    // Memory of the machine is not tight.
    kernel.limitMemory({ pages: 1 })
    const memcg = kernel.memcg('group', { limit: 1, charged: 1, oomVictims })
    const never = kernel.completion('never')
    memcg.attach(
      kernel.task('A', function* () {
        if (!(yield* kernel.kmalloc(gfp))) yield* never.wait()
      }),
    )
  }
  const ACCOUNT = GFP_KERNEL | __GFP_ACCOUNT
  itBehaves([
    ...inForms(
      'mm/memcontrol.c, try_charge_memcg',
      [
        ['at its limit, with nobody to kill, GFP_KERNEL_ACCOUNT fails', 'deadlock', ACCOUNT],
        ['at its limit, GFP_KERNEL is not charged', 'safe', GFP_KERNEL],
        ['at its limit, __GFP_NOFAIL is charged beyond it', 'safe', ACCOUNT | __GFP_NOFAIL],
        ['at its limit, GFP_ATOMIC is charged beyond it', 'safe', GFP_ATOMIC | __GFP_ACCOUNT],
        ['at its limit, GFP_NOWAIT fails', 'deadlock', GFP_NOWAIT | __GFP_ACCOUNT],
      ],
      (kernel, gfp) => atLimit(kernel, gfp),
    ),
    ...inForms(
      'mm/oom_kill.c, out_of_memory (is_memcg_oom)',
      [
        ['its OOM killer kills for GFP_KERNEL', 'safe', ACCOUNT],
        [
          'its OOM killer kills for GFP_NOFS too, unlike that of the machine',
          'safe',
          GFP_NOFS | __GFP_ACCOUNT,
        ],
        ['its OOM killer does not for __GFP_NORETRY', 'deadlock', ACCOUNT | __GFP_NORETRY],
        [
          'its OOM killer does not for __GFP_RETRY_MAYFAIL',
          'deadlock',
          ACCOUNT | __GFP_RETRY_MAYFAIL,
        ],
      ],
      (kernel, gfp) => atLimit(kernel, gfp, 1),
    ),
    ...inForms(
      'mm/shrinker.c, shrink_slab_memcg; mm/memcontrol.c, try_charge_memcg (gfp_mask of the caller)',
      [
        ['at its limit reclaims under the lock of a shrinker', 'deadlock', [ACCOUNT, true]],
        ['at its limit, with GFP_NOFS', 'safe', [GFP_NOFS | __GFP_ACCOUNT, true]],
        [
          'at its limit, by shrinkers that do not know of cgroups: not called',
          'safe',
          [ACCOUNT, false],
        ],
      ] as const,
      (kernel, [gfp, memcgAware]) => {
        const lock = kernel.mutex('fs lock')
        // Memory of the machine is not tight.
        kernel.limitMemory({ pages: 1 })
        kernel.shrinker(
          'fs',
          __GFP_FS,
          function* () {
            yield* lock.lock()
            yield* lock.unlock()
          },
          { memcgAware },
        )
        const memcg = kernel.memcg('group', { limit: 0, oomVictims: 1 })
        memcg.attach(
          kernel.task('A', function* () {
            yield* lock.lock()
            yield* kernel.kmalloc(gfp)
            yield* lock.unlock()
          }),
        )
      },
    ),
    ...inForms(
      'mm/memcontrol.c, try_charge_memcg (if (nr_reclaimed ...) goto retry) and uncharge_batch',
      [
        ['tries again as long as reclaim frees something of it', 'safe', true],
        ['gives up where reclaim frees nothing of it', 'deadlock', false],
      ],
      (kernel, frees) => {
        kernel.limitMemory({ pages: 2 })
        const never = kernel.completion('never')
        const cached = kernel.variable('cached', frees ? 1 : 0)
        kernel.shrinker(
          'cache of the group',
          0,
          function* () {
            if ((yield* cached.takeOne('free one')) === 0) return SHRINK_STOP
            yield* memcg.uncharge()
            return 1
          },
          { memcgAware: true },
        )
        const memcg = kernel.memcg('group', { limit: 1 })
        memcg.attach(
          kernel.task('A', function* () {
            for (const _ of [1, 2]) {
              if (!(yield* kernel.kmalloc(ACCOUNT))) yield* never.wait()
            }
          }),
        )
      },
    ),
    ...inForms(
      'include/linux/sched/mm.h, set_active_memcg',
      [
        ['charges another one while that is active', 'deadlock', true],
        ['charges its own again afterwards', 'safe', false],
      ],
      (kernel, inside) => {
        const never = kernel.completion('never')
        const other = kernel.memcg('other', { limit: 0 })
        const own = kernel.memcg('own', { limit: 1 })
        const allocate = function* () {
          if (!(yield* kernel.kmalloc(ACCOUNT))) yield* never.wait()
        }
        own.attach(
          kernel.task('A', function* () {
            yield* other.active(function* () {
              if (inside) yield* allocate()
              else yield* kernel.kmalloc(GFP_KERNEL)
            })
            if (!inside) yield* allocate()
          }),
        )
      },
    ),
    {
      program: 'a victim of its OOM killer that waits for a lock of the task that is charged',
      source: 'mm/oom_kill.c, oom_evaluate_task (waits for a victim under way)',
      want: 'livelock',
      build(kernel) {
        const lock = kernel.mutex('m')
        const memcg = kernel.memcg('group', { limit: 0 })
        memcg.oomVictim('victim', function* () {
          yield* lock.lock()
          yield* lock.unlock()
        })
        memcg.attach(
          kernel.task('A', function* () {
            yield* lock.lock()
            yield* kernel.kmalloc(ACCOUNT)
            yield* lock.unlock()
          }),
        )
      },
    },
    {
      program: 'a limit that is not a number of pages',
      source: 'mm/page_counter.c, page_counter_memparse',
      want: /memcg group: limit takes a whole number from 0, not 0.5/,
      build: (kernel) => void kernel.memcg('group', { limit: 0.5 }),
    },
  ])

  it('is where a deadlock comes from, when reclaim in it closes the circle', () => {
    const kernel = new Kernel(policyNamed('unrestricted'))
    const lock = kernel.mutex('fs lock')
    kernel.limitMemory({ pages: 3 })
    kernel.shrinker('fs', __GFP_FS, () => lock.lock(), { memcgAware: true })
    const memcg = kernel.memcg('group', { limit: 0 })
    memcg.attach(
      kernel.task('A', function* () {
        yield* lock.lock()
        yield* kernel.kmalloc(ACCOUNT)
        yield* lock.unlock()
      }),
    )
    const { counterexample } = check({ machine: kernel.seal(), kernel })
    expect(counterexample?.why).toBe(
      'A allocates with __GFP_FS, and reclaim (fs) waits for mutex fs lock, which only it could end',
    )
  })
})

describe('a mempool', () => {
  itBehaves(MEMPOOL)
})
