/** Scan cost: noted for a group and those above it, on each node for itself, and halved when there is much of it. */
import { Task } from '@scopemask/core/task'
import { expect, it } from 'vitest'
import { PageAllocator } from '../../src/alloc/page-allocator.js'
import { GFP_KERNEL } from '../../src/gfp/flags.js'
import { PG_FILE } from '../../src/reclaim/lru-flags.js'
import { LruvecStats } from '../../src/reclaim/lruvec-stats.js'
import { ScanCost } from '../../src/reclaim/scan-cost.js'
import { PF } from '../../src/task/flags.js'

const task = new Task(PF)
const NODES = 2
const GROUPS = 2

function setup() {
  const memory = new PageAllocator({
    nodes: [{ Normal: 4096 }, { Normal: 4096 }],
    cpus: NODES,
    memcgs: GROUPS,
  })
  const group = memory.memcgs.create('group')
  /** Puts so many pages of files on the lists of a group, on a node. */
  const list = (pages: number, node: number, of = memory.memcgs.root): void => {
    for (let i = 0; i < pages; i++) {
      const page = memory.alloc(task, GFP_KERNEL, 0, 0, node)
      if (of !== memory.memcgs.root) {
        memory.charge({ task, gfp: GFP_KERNEL, page, group: of, cpu: node })
      }
      memory.lru.add(page, PG_FILE)
    }
  }
  const stats = new LruvecStats(memory.lru, memory.memcgs, NODES)
  return { memory, group, list, costs: new ScanCost(stats, NODES * (GROUPS + 1)) }
}

it('is that of its lruvec, without and with a file, also of the last one', () => {
  const { memory, list, costs } = setup()
  memory.memcgs.create('last')
  list(400, 0)
  list(400, 1)
  const last = memory.lru.lruvec(GROUPS, NODES - 1)
  costs.note([1], false, 5)
  costs.note([1], true, 7)
  expect([costs.anon(1), costs.file(1), costs.anon(0), costs.file(0)]).toEqual([5, 7, 0, 0])
  costs.note([last], false, 4)
  // Nothing is on its lists, so that is much.
  expect(costs.anon(last)).toBe(2)
})

it('is halved beyond a quarter of the pages: of a node for the root, of its own for a group', () => {
  const { memory, group, list, costs } = setup()
  const own = memory.lru.lruvec(group.number, 1)
  list(4, 1)
  list(3, 1, group)
  costs.note([own, 1], false, 1)
  expect([costs.anon(own), costs.anon(1)]).toEqual([0, 1])
  // Seven pages are on the node: more than one of cost is too much.
  costs.note([1], true, 1)
  expect([costs.anon(1), costs.file(1)]).toEqual([0, 0])
  list(5, 1)
  costs.note([1], true, 3)
  expect(costs.file(1)).toBe(3)
})

it('is kept in a copy', () => {
  const { list, costs } = setup()
  list(400, 0)
  costs.note([0], true, 9)
  const saved = costs.save()
  costs.note([0], true, 0)
  costs.note([0], true, 1)
  costs.load(saved)
  expect(costs.file(0)).toBe(9)
})
