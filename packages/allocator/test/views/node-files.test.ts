/** The files of a node below /sys: as drivers/base/node.c prints them, from what was allocated where. */
import { Task } from '@scopemask/core/task'
import { expect, it } from 'vitest'
import { GFP_KERNEL, NODE_FILES, nodeFiles, PageAllocator, PF, vmstat } from '../../src/index.js'

const task = new Task(PF)

it('say what a node has, how far it is, and where its memory went', () => {
  const memory = new PageAllocator({
    nodes: [{ DMA: 1024, Normal: 4096 }, { Normal: 4096 }, {}],
    cpuNodes: [0, 1, 0, 0, 2],
    distances: [
      [10, 21, 31],
      [21, 10, 31],
      [31, 31, 10],
    ],
  })
  for (let i = 0; i < 3; i++) memory.alloc(task, GFP_KERNEL, 2, 0, 1)
  memory.alloc(task, GFP_KERNEL, 0, 0, 4)
  const counters = memory.counters()
  const files = nodeFiles(memory.zones, 0, counters)
  expect(Object.keys(files)).toEqual([...NODE_FILES])
  expect(files.cpulist).toBe('0,2-3\n')
  expect(files.distance).toBe('10 21 31\n')
  // The CPU of a node without memory gets its pages from the nearest: that is a hit there, and not local.
  expect(files.numastat).toBe(
    'numa_hit 1\nnuma_miss 0\nnuma_foreign 0\ninterleave_hit 0\nlocal_node 0\nother_node 1\n',
  )
  const { meminfo, numastat } = nodeFiles(memory.zones, 1, counters)
  expect(numastat).toContain('numa_hit 3\n')
  expect(numastat).toContain('local_node 3\n')
  expect(meminfo.split('\n').slice(0, 3)).toEqual([
    'Node 1 MemTotal:          16384 kB',
    `Node 1 MemFree:        ${String(memory.zones.freePages(1) * 4).padStart(8)} kB`,
    `Node 1 MemUsed:        ${String((4096 - memory.zones.freePages(1)) * 4).padStart(8)} kB`,
  ])
  expect(meminfo).toContain(
    'Node 1 FileHugePages:        0 kB\nNode 1 FilePmdMapped:        0 kB\n',
  )
  expect(meminfo).toContain('Node 1 HugePages_Total:     0\nNode 1 HugePages_Free:      0\n')
  // A node without memory has all files too.
  expect(nodeFiles(memory.zones, 2, counters).meminfo).toMatch(/^Node 2 MemTotal: +0 kB\n/)
})

it('add up to /proc/vmstat', () => {
  const nodes = [{ Normal: 2048 }, { Normal: 2048 }]
  const memory = new PageAllocator({ nodes, cpus: 2 }, { outOfMemory: () => false })
  for (let i = 0; i < 3000; i++) memory.alloc(task, GFP_KERNEL, 0)
  const counters = memory.counters()
  const count = (text: string, name: string): number =>
    Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
  const all = vmstat(memory.zones.all, counters)
  const files = [0, 1].map((node) => nodeFiles(memory.zones, node, counters).vmstat)
  for (const [, name] of all.matchAll(/^(\S+) \d+$/gm)) {
    if (name === undefined || !(count(files[0] ?? '', name) >= 0)) continue
    const sum = files.reduce((total, text) => total + count(text, name), 0)
    expect([name, sum]).toEqual([name, count(all, name)])
  }
  expect(count(files[1] ?? '', 'numa_miss')).toBe(count(files[0] ?? '', 'numa_foreign'))
  expect(count(files[1] ?? '', 'numa_miss')).toBeGreaterThan(500)
  expect(count(all, 'numa_hit') + count(all, 'numa_miss')).toBe(3000)
})
