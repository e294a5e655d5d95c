/** The second try of a request: what the slow path does first, without its steps. */

import { Task } from '@scopemask/core/task'
import { assert, integer, property } from 'fast-check'
import { expect, it } from 'vitest'
import { NO_PAGE, PageAllocator, PF } from '../../src/index.js'

const GFP_KERNEL = 0xcc0

function machine(used: number) {
  const woken: number[] = []
  const memory = new PageAllocator(
    { nodes: [{ DMA32: 8192 }], minFreeKbytes: 1024 },
    { wakeKswapd: (node) => woken.push(node) },
  )
  const task = new Task(PF, { name: 'task', mask: PF.mask() })
  for (let page = 0; page < used; page++) if (memory.tryAlloc(task, GFP_KERNEL, 0) < 0) break
  // Below the low watermark the first try has nothing; what is missing is taken by the second.
  return { memory, task, woken }
}

it('gives the page that the steps would give, wakes kswapd as they do, and leaves the rest to them', () => {
  assert(
    property(integer({ min: 7000, max: 8192 }), integer({ min: 1, max: 200 }), (used, times) => {
      const [one, other] = [machine(used), machine(used)]
      for (let i = 0; i < times; i++) {
        const { memory, task } = other
        let page = memory.tryAgain(task, GFP_KERNEL)
        const steps = one.memory.steps({ task: one.task, gfp: GFP_KERNEL, order: 0 })
        // The first try of the steps is answered for them.
        steps.next()
        let step = steps.next(NO_PAGE)
        let looked = 0
        while (!step.done && step.value.kind !== 'reclaim') {
          if (step.value.kind === 'freelist') looked++
          step = steps.next()
        }
        const expected = step.done ? step.value : NO_PAGE
        if (!step.done) steps.return(NO_PAGE)
        expect(page).toBe(expected)
        expect(new Set(other.woken)).toEqual(new Set(one.woken))
        expect(other.memory.zones.freePages()).toBe(one.memory.zones.freePages())
        expect(other.memory.counters().events).toEqual(one.memory.counters().events)
        if (page === NO_PAGE) {
          // Nothing has changed, so the steps find the same.
          expect(looked).toBeGreaterThan(0)
          page = memory.tryAgain(task, GFP_KERNEL)
          expect(page).toBe(NO_PAGE)
          break
        }
      }
      other.memory.validate()
    }),
    { numRuns: 30 },
  )
})
