import { GFP_KERNEL, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { MachineObject, Steps } from '@scopemask/checker/machine'
import { describe, expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.js'
import { policyNamed } from '../../src/kernel/policy.js'
import { check } from '../../src/matrix/subject.js'

/** What is wrong with a scenario, as its author reads it. */
function misuse(build: (kernel: Kernel) => void): string {
  try {
    const kernel = new Kernel(policyNamed('scope'))
    build(kernel)
    const machine = kernel.seal()
    check({
      machine,
      kernel,
    })
  } catch (thrown) {
    return `${thrown}`
  }
  return 'nothing'
}

describe('misuse is reported with task and place', () => {
  it('unlocking what is not held', () => {
    const error = misuse((kernel) => {
      const mutex = kernel.mutex('m')
      kernel.task('careless', function* () {
        yield* mutex.unlock()
      })
    })
    expect(error).toMatch(/careless unlocks mutex m, which it does not hold/)
    expect(error).toMatch(/misuse\.test\.ts:\d+/)
  })

  it('returning with a lock held, or a scope open', () => {
    expect(
      misuse((kernel) => {
        const mutex = kernel.mutex('m')
        kernel.task('forgetful', function* () {
          yield* mutex.lock()
        })
      }),
    ).toMatch(/forgetful returns and still holds m: every way out has to unlock/)
    expect(
      misuse((kernel) => {
        kernel.task('forgetful', function* () {
          yield* kernel.scopes.memallocNofsSave()
        })
      }),
    ).toMatch(/forgetful returns with the scope MEMALLOC_NOFS left open/)
  })

  it('a work function that leaves its scope open', () => {
    expect(
      misuse((kernel) => {
        const queue = kernel.workqueue('wq')
        const work = kernel.work('work', function* () {
          yield* kernel.scopes.memallocNofsSave()
        })
        kernel.task('task', function* () {
          yield* kernel.queueWork(queue, work)
        })
      }),
    ).toMatch(/kworker.* returns with the scope MEMALLOC_NOFS left open/)
  })

  it('flushing a work item from itself', () => {
    expect(
      misuse((kernel) => {
        const queue = kernel.workqueue('wq')
        const work = kernel.work('work', () => kernel.flushWork(work))
        kernel.task('task', function* () {
          yield* kernel.queueWork(queue, work)
        })
      }),
    ).toMatch(/waits in work for itself: flush_work\(work\)/)
  })

  it('sleeping, and allocating with direct reclaim, under a spinlock', () => {
    expect(
      misuse((kernel) => {
        const lock = kernel.spinlock('s')
        kernel.task('atomic', function* () {
          yield* lock.lock()
          yield* kernel.kmalloc(GFP_KERNEL)
          yield* lock.unlock()
        })
      }),
    ).toMatch(/allocates with .* under a spinlock/)
    expect(
      misuse((kernel) => {
        const lock = kernel.spinlock('s')
        const mutex = kernel.mutex('m')
        kernel.task('atomic', function* () {
          yield* lock.lock()
          yield* mutex.lock()
        })
      }),
    ).toMatch(/sleeps under a spinlock: mutex_lock\(m\)/)
  })

  it('talking through JavaScript variables', () => {
    expect(
      misuse((kernel) => {
        let ready = false
        const mutex = kernel.mutex('m')
        kernel.task('reader', function* () {
          yield* mutex.lock()
          const wasReady = ready
          yield* mutex.unlock()
          if (!wasReady) yield* kernel.kmalloc(GFP_KERNEL)
        })
        kernel.task('writer', function* () {
          yield* mutex.lock()
          ready = true
          yield* mutex.unlock()
        })
      }),
    ).toMatch(
      /reader goes on with call __alloc_pages in one run and with .* depends on a JavaScript variable that changes. Keep what changes in a variable/,
    )
  })

  it('yielding what is no operation, loops that never forget, and objects made while running', () => {
    expect(
      misuse((kernel) => {
        kernel.task('wrong', function* () {
          yield 1 as never
        })
      }),
    ).toMatch(/yielded 1, which is not an operation: write yield\*/)
    expect(
      misuse((kernel) => {
        kernel.task('endless', function* () {
          for (;;) yield* kernel.choose('turn', ['left', 'right'])
        })
      }),
    ).toMatch(/put what repeats into a loop/)
    expect(
      misuse((kernel) => {
        kernel.task('late', function* () {
          yield* kernel.mutex('m').lock()
        })
      }),
    ).toMatch(/make it where the model is built/)
  })

  it('replicas that are not identical', () => {
    expect(
      misuse((kernel) => {
        const mutex = kernel.mutex('m')
        kernel.replicate('r', 2, (replica) => {
          kernel.task('r', function* () {
            yield* mutex.lock()
            yield* mutex.unlock()
            if (replica === 1) yield* kernel.kmalloc(GFP_KERNEL)
          })
        })
      }),
    ).toMatch(/are replicas, but where one does .* the other does/)
  })
})

describe('what is right', () => {
  it('is no misuse', () => {
    expect(
      misuse((kernel) => {
        kernel.task('fine', function* () {
          yield* kernel.scopes.section(PF_MEMALLOC_NOFS, () => kernel.kmalloc(GFP_KERNEL))
        })
      }),
    ).toBe('nothing')
  })

  it('sleeping under a spinlock, whatever waits', () => {
    const sleeps: Record<string, (kernel: Kernel) => () => Steps<unknown>> = {
      kfifo_get: (kernel) => {
        const fifo = kernel.fifo('q', 1)
        return () => fifo.take()
      },
      kfifo_put: (kernel) => {
        const fifo = kernel.fifo('q', 1)
        const token = kernel.token('t')
        return () => fifo.put(token)
      },
      wait_and_set: (kernel) => {
        const variable = kernel.variable('v')
        return () => variable.exchange(1, 0)
      },
      flush_work: (kernel) => {
        const work = kernel.work('w', () => kernel.kmalloc(GFP_KERNEL))
        kernel.workqueue('wq')
        return () => kernel.flushWork(work)
      },
    }
    for (const [name, sleep] of Object.entries(sleeps)) {
      const error = misuse((kernel) => {
        const lock = kernel.spinlock('s')
        const body = sleep(kernel)
        kernel.task('careless', function* () {
          yield* lock.lock()
          yield* body()
          yield* lock.unlock()
        })
      })
      expect(error).toMatch(new RegExp(`careless sleeps under a spinlock: ${name}\\(`))
    }
  })

  it('a lock that a work function keeps is named, and the item', () => {
    const error = misuse((kernel) => {
      const queue = kernel.workqueue('wq')
      const mutex = kernel.mutex('m')
      const work = kernel.work('forgetful', () => mutex.lock())
      kernel.task('A', () => kernel.queueWork(queue, work))
    })
    expect(error).toMatch(/kworker\/u4 returns from work forgetful and still holds m: /)
  })

  it('numbers of workers, elements and places that there cannot be', () => {
    const says = (make: (kernel: Kernel) => unknown) => misuse((kernel) => void make(kernel))
    expect(says((kernel) => kernel.workerPool('p', { workers: -1 }))).toMatch(
      /workerPool p: workers takes a whole number from 0, not -1/,
    )
    expect(says((kernel) => kernel.workerPool('p', { workers: 2, most: 1 }))).toMatch(
      /pool p has 2 workers and at most 1: give a whole number that is not less/,
    )
    expect(says((kernel) => kernel.workqueue('wq', { maxActive: 0 }))).toMatch(
      /queue wq has maxActive 0: give a whole number from 1/,
    )
    expect(
      says((kernel) => {
        const pool = kernel.workerPool('p')
        return kernel.workqueue('wq', { pool, cpus: [pool] })
      }),
    ).toMatch(/queue wq has a pool and cpus: give one of them/)
    expect(says((kernel) => kernel.mempool('bio', 0))).toMatch(
      /mempool bio keeps 0 elements: give a whole number from 1/,
    )
    expect(says((kernel) => kernel.limitMemory({ pages: -1 }))).toMatch(
      /limitMemory\(\): pages takes a whole number from 0, not -1/,
    )
  })

  it('values that a row cannot hold, and choices of nothing', () => {
    const says = (body: (kernel: Kernel) => () => Steps<unknown>) =>
      misuse((kernel) => {
        kernel.task('A', body(kernel))
      })
    const setTo = (value: number) =>
      says((kernel) => {
        const variable = kernel.variable('v')
        return () => variable.set(value)
      })
    expect(setTo(2 ** 31 + 5)).toMatch(/v is set to 2147483653: it holds whole numbers from 0 to/)
    expect(setTo(2 ** 40)).toMatch(/it holds whole numbers from 0 to/)
    expect(says((kernel) => () => kernel.choose('x', []))).toMatch(/x has no turns to choose from/)
    expect(
      says((kernel) => {
        const fifo = kernel.fifo('q', 1)
        return () => fifo.put('x' as unknown as MachineObject)
      }),
    ).toMatch(/x is put into q: put objects of the kernel/)
  })
})
