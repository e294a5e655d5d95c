/** Objects of slabs, charged to groups by the byte: held against a model that knows sums only. */
import { Task } from '@scopemask/core/task'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  __GFP_NOFAIL,
  type ChargeStep,
  GFP_KERNEL,
  GFP_NOFS,
  linux6_1,
  type MemCgroup,
  PageAllocator,
  PF,
} from '../../src/index.js'

const PAGE = 4096
const { GFP_NOWAIT } = linux6_1.flags

let task: Task<'PF'>
let memory: PageAllocator

beforeEach(() => {
  task = new Task(PF, { name: 'wl' })
  memory = new PageAllocator({ nodes: [{ DMA: 1024, Normal: 3072 }], cpus: 2 })
})

/** Charges an object; returns the steps that it took, and whether there was room. */
function charge(group: MemCgroup, bytes: number, gfp = GFP_KERNEL): [ChargeStep[], boolean] {
  const steps: ChargeStep[] = []
  const charging = memory.chargingObject({ task, gfp, bytes, group })
  for (let next = charging.next(); ; next = charging.next()) {
    if (next.done) return [steps, next.value]
    steps.push(next.value)
  }
}

describe('an object of a group', () => {
  it('is charged as pages, which all objects of the group share', () => {
    const group = memory.memcgs.create('a')
    for (let i = 0; i < 10; i++) charge(group, 400)
    expect(group.objects.bytes).toBe(4000)
    expect(group.objects.pages).toBe(1)
    charge(group, 400)
    expect(group.objects.pages).toBe(2)
    memory.validate()
  })

  it('is nobody’s in the root', () => {
    expect(charge(memory.memcgs.root, 400)).toEqual([[], true])
    memory.memcgs.unchargeObject(memory.memcgs.root, 400)
    expect(memory.memcgs.root.usage).toBe(0)
  })

  it('has its group reclaim with the flags of the request, and go above the limit if it may not fail', () => {
    const group = memory.memcgs.create('a', { max: 1 })
    charge(group, PAGE)
    const [steps, room] = charge(group, 100, GFP_NOFS)
    expect(room).toBe(false)
    expect(new Set(steps.map(({ kind }) => kind))).toEqual(new Set(['memcg-reclaim', 'memcg-oom']))
    expect(steps[0]).toMatchObject({ group, gfp: GFP_NOFS })
    expect(charge(group, 100, GFP_NOWAIT)).toEqual([[], false])
    expect(charge(group, 100, GFP_NOFS | __GFP_NOFAIL)[1]).toBe(true)
    expect(group.objects.bytes).toBe(PAGE + 100)
    expect(group.usage).toBe(2)
    memory.validate()
  })

  it('cannot be uncharged twice', () => {
    const group = memory.memcgs.create('a')
    charge(group, 100)
    memory.memcgs.unchargeObject(group, 100)
    expect(() => memory.memcgs.unchargeObject(group, 100)).toThrow('0 are charged')
  })

  it('keeps a removed group until it is free', () => {
    const group = memory.memcgs.create('a')
    charge(group, 100)
    memory.memcgs.remove(group)
    expect(memory.memcgs.get(group.number)).toBe(group)
    memory.memcgs.unchargeObject(group, 100)
    memory.memcgs.drainStock(group)
    memory.validate()
  })

  it('adds up, in any tree, to less than two pages more than its bytes, and comes back in a snapshot', () => {
    const size = fc.integer({ min: 1, max: 2 * PAGE })
    const moves = fc.array(fc.tuple(fc.nat(3), size, fc.boolean()), { maxLength: 60 })
    fc.assert(
      fc.property(moves, (moves) => {
        memory = new PageAllocator({ nodes: [{ DMA: 1024, Normal: 3072 }], cpus: 2 })
        const { memcgs } = memory
        const top = memcgs.create('top')
        const middle = memcgs.create('middle', {}, top)
        const groups = [top, middle, memcgs.create('low', {}, middle), memcgs.create('other')]
        const objects = groups.map((): number[] => [])
        const half = memory.snapshot()
        const before = groups.map(({ usage }) => usage)
        for (const [index, bytes, frees] of moves) {
          const group = groups[index] as MemCgroup
          const of = objects[index] as number[]
          const freed = frees ? of.pop() : undefined
          if (freed !== undefined) memcgs.unchargeObject(group, freed)
          else if (charge(group, bytes)[1]) of.push(bytes)
          const sum = of.reduce((all, each) => all + each, 0)
          expect(group.objects.bytes).toBe(sum)
          expect(group.objects.pages * PAGE).toBeGreaterThanOrEqual(sum)
          expect(group.objects.pages * PAGE - sum).toBeLessThan(2 * PAGE)
          memory.validate()
        }
        memory.restore(half)
        expect(groups.map(({ usage }) => usage)).toEqual(before)
        memory.validate()
      }),
      { numRuns: 60 },
    )
  })
})
