/** Memory policies become the node and the nodes of a request, as the kernel resolves them. */
import { Task } from '@scopemask/core/task'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  __GFP_DMA,
  __GFP_NOWARN,
  __GFP_THISNODE,
  type AllocStep,
  GFP_KERNEL,
  Mempolicy,
  NO_PAGE,
  PageAllocator,
  type PageRequest,
  PF,
} from '../../src/index.js'

const task = new Task(PF)
const LIGHT = GFP_KERNEL & ~0x400
let memory: PageAllocator

beforeEach(() => {
  memory = new PageAllocator({
    nodes: [{ DMA: 1024, Normal: 4096 }, { Normal: 4096 }, { Normal: 4096 }],
    cpus: 3,
  })
})

const ask = (mempolicy: Mempolicy, request: Partial<PageRequest> = {}): number =>
  memory.allocFor({ task, gfp: GFP_KERNEL, order: 0, mempolicy, ...request })

const nodeOf = (page: number): number => (page === NO_PAGE ? -1 : memory.zones.zoneOf(page).node)

/** Takes what a policy gives without an effort: by node, how many pages. */
function exhaust(mempolicy: Mempolicy, gfp = LIGHT | __GFP_NOWARN): number[] {
  const pages = [0, 0, 0]
  for (;;) {
    const node = nodeOf(ask(mempolicy, { gfp }))
    if (node < 0) return pages
    pages[node] = (pages[node] ?? 0) + 1
  }
}

describe('a policy', () => {
  it('that binds takes no other node, even if it has none left', () => {
    expect(exhaust(new Mempolicy('bind', 0b010))).toEqual([0, expect.any(Number), 0])
    expect(nodeOf(ask(new Mempolicy('bind', 0b110)))).toBe(2)
    // The nearest of its nodes comes first, unless it has a home.
    expect(nodeOf(ask(new Mempolicy('bind', 0b101), { cpu: 1 }))).toBe(2)
    expect(nodeOf(ask(new Mempolicy('bind', 0b101, 0), { cpu: 1 }))).toBe(0)
  })

  it('that binds does not bind requests for lower zones', () => {
    expect(nodeOf(ask(new Mempolicy('bind', 0b100), { gfp: GFP_KERNEL | __GFP_DMA }))).toBe(0)
  })

  it('of nodes that have movable memory only applies to what may be there', () => {
    memory = new PageAllocator({ nodes: [{ Normal: 4096 }, { Movable: 4096 }], cpus: 2 })
    const policy = new Mempolicy('bind', 0b10)
    expect(nodeOf(ask(policy))).toBe(0)
    expect(nodeOf(ask(policy, { gfp: 0x100cca }))).toBe(1)
  })

  it('that prefers begins with the first of its nodes, and goes on to all', () => {
    const policy = new Mempolicy('preferred', 0b110)
    expect(nodeOf(ask(policy))).toBe(1)
    const taken = exhaust(policy)
    expect(Math.min(...taken)).toBeGreaterThan(3000)
  })

  it('that prefers many tries them without an effort, and then all', () => {
    const policy = new Mempolicy('preferred-many', 0b110)
    const kinds: [string, number, unknown][] = []
    const steps = memory.steps({ task, gfp: GFP_KERNEL, order: 0, mempolicy: policy })
    let next = steps.next()
    while (next.done !== true && kinds.length < 4) {
      const step: AllocStep = next.value
      if (step.kind === 'freelist') kinds.push([step.kind, step.gfp, step.nodemask])
      next = steps.next(step.kind === 'freelist' ? NO_PAGE : undefined)
    }
    const light = (LIGHT | __GFP_NOWARN) >>> 0
    // The light pass ends without reclaim; the second one goes anywhere.
    expect(kinds).toEqual([
      ['freelist', light, 'given'],
      ['freelist', light, 'given'],
      ['freelist', light, 'given'],
      ['freelist', GFP_KERNEL, null],
    ])
    expect(nodeOf(ask(policy))).toBe(1)
  })

  it('that interleaves takes its nodes in turn, and each has a memory of its own', () => {
    const policy = new Mempolicy('interleave', 0b101)
    const other = new Mempolicy('interleave', 0b111)
    const nodes = Array.from({ length: 4 }, () => nodeOf(ask(policy)))
    expect(nodes).toEqual([0, 2, 0, 2])
    expect(nodeOf(ask(other))).toBe(0)
    expect(nodeOf(ask(other))).toBe(1)
  })

  it.each(['local', 'default'] as const)('that is %s begins where the task runs', (mode) => {
    expect(nodeOf(ask(new Mempolicy(mode), { cpu: 2 }))).toBe(2)
  })

  it('does not count in interrupts, nor for who wants one node', () => {
    const policy = new Mempolicy('bind', 0b100)
    expect(nodeOf(ask(policy, { preemptCount: 0x10000, gfp: LIGHT }))).toBe(0)
    expect(nodeOf(ask(policy, { gfp: GFP_KERNEL | __GFP_THISNODE }))).toBe(0)
  })

  it('without nodes is an error', () => {
    expect(() => new Mempolicy('bind')).toThrow(
      new RangeError('the policy bind is made of nodes: the mask of them is 0'),
    )
  })
})
