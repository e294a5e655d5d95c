/** A mempool over a source that runs dry. */
import { describe, expect, it } from 'vitest'
import { __GFP_DIRECT_RECLAIM, GFP_KERNEL, GFP_NOIO } from '../../src/gfp/flags.js'
import { Mempool, NO_ELEMENT } from '../../src/slab/mempool.js'

/** So many elements, numbered from 1. */
function source(count: number) {
  const free = Array.from({ length: count }, (_, i) => count - i)
  const requests: number[] = []
  return {
    requests,
    freed: [] as number[],
    alloc(gfp: number) {
      requests.push(gfp)
      return free.pop() ?? NO_ELEMENT
    },
    free(element: number) {
      this.freed.push(element)
      free.push(element)
    },
  }
}

/** Runs what yields nothing. */
function run<T>(steps: Generator<unknown, T, unknown>): T {
  const { done, value } = steps.next()
  if (!done) throw new Error('it sleeps')
  return value as T
}

function pool(min: number, from: ReturnType<typeof source>) {
  const made = run(Mempool.create(min, from))
  if (made === null) throw new Error('no memory for the pool')
  return made
}

describe('a mempool', () => {
  it('sets elements aside when it is made', () => {
    const from = source(3)
    expect(pool(2, from).reserved).toBe(2)
    expect(from.requests).toEqual([GFP_KERNEL, GFP_KERNEL])
  })

  it('is not made when there is no memory for it, and keeps nothing', () => {
    const from = source(2)
    expect(run(Mempool.create(3, from))).toBeNull()
    expect(from.freed).toEqual([1, 2])
  })

  it.each([0, -1, 1.5, Number.NaN])('does not have %s elements', (min) => {
    expect(() => run(Mempool.create(min, source(3)))).toThrow(RangeError)
  })

  it('allocates new elements first, then those set aside, and takes them back first', () => {
    const from = source(3)
    const two = pool(2, from)
    expect(run(two.alloc(GFP_NOIO))).toBe(3)
    expect(run(two.alloc(GFP_NOIO))).toBe(2)
    expect(two.reserved).toBe(1)
    expect(two.free(3)).toBe(true)
    expect(from.freed).toEqual([])
    expect(two.free(2)).toBe(false)
    expect(from.freed).toEqual([2])
  })

  it('fails when it may not sleep', () => {
    const one = pool(1, source(1))
    expect(run(one.alloc(GFP_NOIO))).toBe(1)
    expect(run(one.alloc(GFP_NOIO & ~__GFP_DIRECT_RECLAIM))).toBe(NO_ELEMENT)
  })

  it('sleeps until an element comes back when it may', () => {
    const from = source(1)
    const one = pool(1, from)
    const element = run(one.alloc(GFP_NOIO))
    const waiter = one.alloc(GFP_NOIO)
    for (let i = 0; i < 3; i++) {
      expect(waiter.next()).toEqual({ done: false, value: { kind: 'sleep', jiffies: 1250 } })
    }
    one.free(element)
    expect(waiter.next()).toEqual({ done: true, value: element })
  })

  it('makes elements in steps when its source does', () => {
    const steps = {
      *alloc(): Generator<string, number, number> {
        return yield 'reclaim'
      },
      free() {},
    }
    const making = Mempool.create(1, steps)
    expect(making.next()).toEqual({ done: false, value: 'reclaim' })
    const made = making.next(7).value
    expect(made).toBeInstanceOf(Mempool)
  })

  it('is put back as it was', () => {
    const two = pool(2, source(2))
    const saved = two.save()
    run(two.alloc(GFP_NOIO))
    two.load(saved)
    expect(two.reserved).toBe(2)
    expect(saved).toEqual([1, 2])
  })

  it('gives back what it set aside when it is destroyed', () => {
    const from = source(2)
    const two = pool(2, from)
    two.destroy()
    expect([two.reserved, from.freed]).toEqual([0, [1, 2]])
  })
})
