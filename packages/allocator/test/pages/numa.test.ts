/** Nodes: what each has, how far they are, and in which order a request goes through them. */
import { Task } from '@scopemask/core/task'
import { describe, expect, it } from 'vitest'
import {
  __GFP_DMA,
  __GFP_THISNODE,
  __GFP_WRITE,
  ALLOC_CPUSET,
  ALLOC_KSWAPD,
  ALLOC_NOFRAGMENT,
  ALLOC_WMARK_LOW,
  type AllocStep,
  GFP_KERNEL,
  linux6_1,
  type MemoryOptions,
  NO_PAGE,
  Numa,
  type NumaOptions,
  PageAllocator,
  type PageRequest,
  PF,
  Zones,
} from '../../src/index.js'

const task = new Task(PF)
const memory = (count: number): boolean[] => new Array<boolean>(count).fill(true)

/** The orders of all nodes of a machine. */
function orders(has: readonly boolean[], options: NumaOptions): (readonly number[])[] {
  const numa = new Numa(has, options)
  return has.map((_, node) => numa.fallbackOrder(node))
}

/** The first step of a request. */
function firstStep(
  machine: PageAllocator,
  request: Omit<PageRequest, 'task' | 'order'>,
): AllocStep {
  const { value } = machine.steps({ task, order: 0, ...request }).next()
  if (typeof value === 'number') throw new Error('a request begins with a step')
  return value
}

describe('the order of nodes', () => {
  it('of two is the own one, then the other', () => {
    expect(orders(memory(2), { cpus: 2 })).toEqual([
      [0, 1],
      [1, 0],
    ])
  })

  it('of a ring goes on with the next node, not the one before', () => {
    // "Prefer the next node": what is below counts as one farther.
    expect(orders(memory(4), { cpus: 4 })).toEqual([
      [0, 1, 2, 3],
      [1, 2, 3, 0],
      [2, 3, 0, 1],
      [3, 0, 1, 2],
    ])
  })

  it('goes by distance, and spreads what overflows where nodes are equally far', () => {
    // Two sockets of two nodes each: 0 and 1 overflow to different nodes of the other socket.
    const distances = [
      [10, 12, 32, 32],
      [12, 10, 32, 32],
      [32, 32, 10, 12],
      [32, 32, 12, 10],
    ]
    expect(orders(memory(4), { cpus: 4, distances })).toEqual([
      [0, 1, 2, 3],
      [1, 0, 3, 2],
      [2, 3, 0, 1],
      [3, 2, 1, 0],
    ])
  })

  it('prefers nodes without CPUs, and leaves out nodes without memory', () => {
    expect(orders(memory(3), { cpuNodes: [0, 1] })[0]).toEqual([0, 2, 1])
    expect(orders([true, false, true], { cpus: 3 })).toEqual([
      [0, 2],
      [1, 2, 0],
      [2, 0],
    ])
  })

  it('knows the first CPU of a node, and takes the first of all for a node without', () => {
    const numa = new Numa(memory(3), { cpuNodes: [1, 0, 1, 0] })
    expect([0, 1, 2].map((node) => numa.firstCpuOf(node))).toEqual([1, 0, 0])
  })

  it.each<[string, () => unknown, string]>([
    ['a CPU on no node', () => new Numa(memory(2), { cpuNodes: [0, 2] }), 'not on 2'],
    [
      'CPUs without a node',
      () => new Numa(memory(2), { cpus: 3, cpuNodes: [0, 1] }),
      '3 CPUs are each on a node: cpuNodes has 2',
    ],
    [
      'distances of another number of nodes',
      () => new Numa(memory(2), { distances: [[10]] }),
      'the distances of 2 nodes are 2 rows of 2 numbers',
    ],
    [
      'a node that is far from itself',
      () => new Numa(memory(1), { distances: [[20]] }),
      'node 0 is 10 away from node 0, not 20',
    ],
    ...[9, 256, 20.5].map((distance): [string, () => unknown, string] => [
      `a node that is ${distance} away`,
      () =>
        new Numa(memory(2), {
          distances: [
            [10, distance],
            [20, 10],
          ],
        }),
      `node 1 is 10 to 255 away from node 0, not ${distance}`,
    ]),
    [
      'more nodes than a mask has bits',
      () => new Zones({ nodes: new Array(33).fill({ Normal: 1 }) }, String),
      '1 to 32 nodes, not 33',
    ],
    ['no node', () => new Zones({ nodes: [] }, String), '1 to 32 nodes, not 0'],
  ])('of %s is an error', (_what, make, message) => {
    expect(make).toThrow(RangeError)
    expect(make).toThrow(message)
  })
})

describe('a request on a machine with nodes', () => {
  const two: MemoryOptions = { nodes: [{ Normal: 8192 }, { Normal: 8192 }], cpus: 2 }

  it('may fragment where its node has no DMA32, and no lower zone could serve it', () => {
    const none = ALLOC_WMARK_LOW | ALLOC_KSWAPD
    const whole = none | ALLOC_NOFRAGMENT
    const flagsOf = (options: MemoryOptions, request = {}): number => {
      const step = firstStep(new PageAllocator(options), { gfp: GFP_KERNEL, ...request })
      return step.kind === 'freelist' ? step.allocFlags : -1
    }
    expect(none).toBe(0x801)
    expect(flagsOf(two)).toBe(none)
    expect(flagsOf({ nodes: [{ Normal: 8192 }] })).toBe(whole)
    const dma32: MemoryOptions = {
      nodes: [{ DMA32: 4096, Normal: 8192 }, { Normal: 8192 }],
      cpus: 2,
    }
    expect(flagsOf(dma32)).toBe(whole)
    expect(flagsOf(dma32, { cpu: 1 })).toBe(none)
    // The nodemask decides on the first zone, and so does a cpuset.
    expect(flagsOf(dma32, { nodemask: 0b10 })).toBe(none)
    expect(flagsOf(dma32, { cpu: 1, nodemask: 0b01 })).toBe(whole)
    expect(flagsOf(dma32, { cpuset: 0b10 })).toBe(none)
    // A node without memory is online as well.
    expect(flagsOf({ nodes: [{ Normal: 8192 }, {}], cpus: 2 })).toBe(none)
  })

  it('finds on its first try what its first step finds, whatever zones nodes have', () => {
    const options: MemoryOptions = {
      nodes: [{ DMA32: 2048, Normal: 2048 }, { Normal: 2048 }],
      cpus: 2,
    }
    const quick = new PageAllocator(options)
    const slow = new PageAllocator(options)
    for (let i = 0; i < 3000; i++) {
      const cpu = i % 3 === 0 ? 1 : 0
      const gfp = i % 5 === 0 ? linux6_1.flags.GFP_HIGHUSER_MOVABLE : GFP_KERNEL
      const page = quick.tryAlloc(task, gfp, 0, 0, cpu)
      const steps = slow.steps({ task, gfp, order: 0, cpu })
      steps.next()
      const second = steps.next()
      expect(second.done === true ? second.value : second.value.kind).toBe(
        page >= 0 ? 'trace' : 'wake-kswapd',
      )
      if (page < 0) break
      expect(steps.next()).toEqual({ done: true, value: page })
    }
    expect(quick.zones.freePages()).toBe(slow.zones.freePages())
  })

  it('with a cpuset goes on to its nodes, with fragments rather than to another node', () => {
    const zones = new Zones(
      { nodes: [{ DMA32: 2048, Normal: 2048 }, { Normal: 2048 }], cpus: 2 },
      String,
    )
    const page = zones.alloc(GFP_KERNEL, 0, ALLOC_WMARK_LOW | ALLOC_CPUSET | ALLOC_NOFRAGMENT, {
      cpu: 0,
      node: 0,
      cpuset: 0b10,
    })
    expect(zones.zoneOf(page).node).toBe(1)
  })

  it('wakes the kswapd of those nodes only that it may use', () => {
    const woken: number[] = []
    const machine = new PageAllocator(two, { wakeKswapd: (node) => woken.push(node) })
    const wake = (request: Omit<PageRequest, 'task' | 'order' | 'gfp'>): number[] => {
      woken.length = 0
      const steps = machine.steps({ task, order: 0, gfp: GFP_KERNEL, ...request })
      steps.next()
      const second = steps.next(NO_PAGE)
      if (second.done !== true && second.value.kind === 'wake-kswapd') steps.next()
      steps.return(NO_PAGE)
      return [...woken]
    }
    expect(wake({})).toEqual([0, 1])
    expect(wake({ cpu: 1 })).toEqual([1, 0])
    expect(wake({ nodemask: 0b10 })).toEqual([1])
  })

  it('on a node without memory goes to the nearest, unless only its own will do', () => {
    const machine = new PageAllocator({
      nodes: [{ DMA: 1024, Normal: 4096 }, {}, { Normal: 4096 }],
      cpus: 3,
    })
    expect(machine.zones.zoneOf(machine.alloc(task, GFP_KERNEL, 0, 0, 1)).node).toBe(2)
    expect(machine.zones.zoneOf(machine.alloc(task, GFP_KERNEL | __GFP_DMA, 0, 0, 1)).node).toBe(0)
    expect(machine.alloc(task, GFP_KERNEL | __GFP_THISNODE, 0, 0, 1)).toBe(NO_PAGE)
    machine.validate()
  })
})

describe('a page that is about to be dirtied', () => {
  it('comes from a node that has not its share of dirty pages yet, on the first try', () => {
    const dirty = new Set<number>()
    const machine = new PageAllocator(
      { nodes: [{ Normal: 8192 }, { Normal: 8192 }], cpus: 2 },
      { nodeDirtyOk: (node) => !dirty.has(node) },
    )
    const gfp = GFP_KERNEL | __GFP_WRITE
    const nodeOf = (page: number): number => machine.zones.zoneOf(page).node
    expect(nodeOf(machine.alloc(task, gfp, 0))).toBe(0)
    dirty.add(0)
    expect(nodeOf(machine.alloc(task, gfp, 0))).toBe(1)
    expect(nodeOf(machine.alloc(task, GFP_KERNEL, 0))).toBe(0)
    expect(firstStep(machine, { gfp })).toMatchObject({ kind: 'freelist', spreadDirtyPages: true })
    // When all have too many, the slow path takes what is nearest, and wakes kswapd for it.
    dirty.add(1)
    expect(machine.tryAlloc(task, gfp, 0)).toBe(NO_PAGE)
    expect(nodeOf(machine.alloc(task, gfp, 0))).toBe(0)
  })
})

describe('what CPUs keep of a zone', () => {
  it('is shared by the CPUs of its node, or by all where it has none', () => {
    const high = (options: MemoryOptions): number[] =>
      new Zones(options, String).all.map((zone) => zone.perCpu[0]?.high ?? 0)
    const pages = 20_971_520
    const one = high({ nodes: [{ Normal: pages }], cpus: 4 })
    const halves = high({ nodes: [{ Normal: pages / 2 }, { Normal: pages / 2 }], cpus: 4 })
    const headless = high({ nodes: [{ Normal: pages }, { Normal: pages }], cpuNodes: [0, 0, 0, 0] })
    const low = (options: MemoryOptions): number =>
      new Zones(options, String).all[0]?.watermarks.low ?? 0
    expect(one).toEqual([Math.floor(low({ nodes: [{ Normal: pages }] }) / 4)])
    // Half of the memory, and half of the CPUs.
    expect(halves).toEqual([one[0], one[0]])
    expect(headless[0]).toBe(headless[1])
  })
})
