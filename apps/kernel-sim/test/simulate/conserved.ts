/** Conserved: what must hold at any time of any run: no page is lost, what was dirtied is somewhere, all time is somebody's. */
import { strict as assert } from 'node:assert'
import { type NodeStat, PG_DIRTY, PG_WRITEBACK, type ZoneCounters } from '@scopemask/allocator'
import { DELAY_CAUSES } from '../../src/simulate/measure/delays.js'
import type { Simulation } from '../../src/simulate/simulation.js'

/** @throws AssertionError that names what does not add up */
export function assertConserved(simulation: Simulation): void {
  const { vm, writeback, cache, clock, cpus } = simulation
  const { memory } = vm
  const counts = memory.counters()
  const managed = memory.zones.all.reduce((sum, zone) => sum + zone.managed, 0)
  const perCpu = memory.zones.all.reduce(
    (sum, zone) => sum + zone.perCpu.reduce((some, { count }) => some + count, 0),
    0,
  )
  // Neither what is free in isolated blocks nor what cma_alloc takes is counted; what it gives back is.
  const ranges = memory.zones.cmaAreas.reduce((sum, { succeeded }) => sum + succeeded, 0)
  const used = managed - memory.zones.freePages() - perCpu - isolated(memory)
  const events = counts.events ?? {}
  const counted =
    (events.pgalloc_dma32 ?? 0) + (events.pgalloc_normal ?? 0) - (events.pgfree ?? 0) + ranges
  assert.equal(counted, used, 'pages in use')
  const rss = simulation.tasks.reduce((sum, task) => sum + task.rss, 0)
  const ofNodes = (stat: NodeStat): number =>
    (counts.nodes ?? []).reduce((sum, node) => sum + (node[stat] ?? 0), 0)
  assert.equal(ofNodes('nr_anon_pages'), rss, 'pages of programs')
  assert.equal(ofNodes('nr_file_pages'), cache.total, 'pages of files')
  const { dirtied, written, dirty, writeback: writing, discarded } = writeback
  assert.equal(written + dirty + writing + discarded, dirtied, 'dirtied pages')
  for (const task of simulation.measuredTasks) {
    const { delays } = task
    const waited = DELAY_CAUSES.reduce(
      // It reclaims on a CPU, or while it waits for one: that is counted already.
      (sum, cause) => (cause === 'reclaim' ? sum : sum + delays.of(cause).total),
      delays.slept,
    )
    // Up to when it became what it is now: a running task is so since it was given its CPU.
    const now = cpus.running(task.cpu) === task ? clock.now - task.stateSince : 0
    near(waited + cpus.timeOf(task) - now, task.stateSince, `the time of ${task.name}`)
  }
  let all = 0
  for (const task of cpus.tasks) all += cpus.timeOf(task)
  for (let cpu = 0; cpu < cpus.count; cpu++) all += cpus.idleTime(cpu)
  near(all, cpus.count * clock.now, 'the time of all CPUs')
}

/** Free pages of blocks that are isolated. */
function isolated({ zones, frames }: Simulation['vm']['memory']): number {
  let pages = 0
  for (const { start, pages: size } of zones.cmaAreas) {
    for (let page = start; page < start + size; page++) {
      if (zones.zoneOf(page).buddy.pageblockMigratetype(page) !== ISOLATE) continue
      if (frames.kind(page) === FREE) pages += 1 << frames.order(page)
    }
  }
  return pages
}

const ISOLATE = 5
/** Kinds of pages, as the allocator has them: free, and on an LRU list. */
const FREE = 0x10
/** A page on an LRU list, as the allocator has it. */
const LRU = 0x40
const SLAB = 0x50

/** The same, and every page and object is looked at. */
export function assertConsistent(simulation: Simulation): void {
  assertConserved(simulation)
  simulation.vm.memory.validate()
  simulation.vm.slab.validate()
  assertOwned(simulation)
  assertNodes(simulation)
}

/** Each page of a node is free, kept by a CPU, on a list, of a slab, or in use; and what the node counts is what its pages are. */
function assertNodes(simulation: Simulation): void {
  const { vm, writeback } = simulation
  const { memory, slab } = vm
  const { zones, frames, lru } = memory
  const { nodes = [], zones: counted = [] } = memory.counters()
  let blocks = 0
  for (const [node, counters] of nodes.entries()) {
    const pages = { free: 0, listed: 0, slab: 0, dirty: 0, writing: 0, all: 0 }
    for (const zone of zones.all) {
      if (zone.node !== node) continue
      blocks += zone.blocks
      for (let page = zone.start; page < zone.start + zone.managed; page++) {
        pages.all++
        const kind = frames.kind(page)
        const size = 1 << frames.order(page)
        if (kind === FREE) pages.free += size
        else if (kind === SLAB) pages.slab += size
        else if (kind === LRU) {
          pages.listed++
          const flags = lru.flags(page)
          if ((flags & PG_WRITEBACK) !== 0) pages.writing++
          else if ((flags & PG_DIRTY) !== 0) pages.dirty++
        }
      }
    }
    assert.equal(pages.free, zones.freePages(node), `free pages of node ${node}`)
    assert.equal(
      pages.listed,
      (counters.nr_anon_pages ?? 0) +
        (counters.nr_file_pages ?? 0) +
        (counters.nr_unevictable ?? 0) +
        (counters.nr_isolated_anon ?? 0) +
        (counters.nr_isolated_file ?? 0),
      `pages on lists of node ${node}`,
    )
    const ofSlabs = slab.slabPages(true, node) + slab.slabPages(false, node)
    assert.equal(pages.slab, ofSlabs, `pages of slabs of node ${node}`)
    // A page that is changed while it is being written is both.
    const { dirtyPages, writebackPages } = writeback
    assert.equal(
      pages.dirty + pages.writing,
      dirtyPages.of(node) + writebackPages.of(node),
      `pages of node ${node} that are dirty or in writing`,
    )
  }
  const stat = (name: keyof ZoneCounters): number =>
    counted.reduce(
      (sum, of) => sum + Object.values(of).reduce((some, zone) => some + (zone[name] ?? 0), 0),
      0,
    )
  assert.equal(stat('numa_hit') + stat('numa_miss'), blocks, 'blocks, as wanted or not')
  assert.equal(stat('numa_local') + stat('numa_other'), blocks, 'blocks, here or elsewhere')
  assert.equal(stat('numa_miss'), stat('numa_foreign'), 'blocks that came from elsewhere')
}

/** Whoever has a page is its owner, also after it has moved: programs, and the files that are known here. */
function assertOwned({ tasks, vm, cache, files, writeback }: Simulation): void {
  const { owners, memory } = vm
  const seen = new Set<number>()
  const look = (page: number, place: number, what: string): void => {
    assert.equal(owners.index(page), place, `${what}: page ${page}`)
    assert.ok(!seen.has(page), `${what}: page ${page} is somebody else's too`)
    assert.equal(memory.frames.kind(page), LRU, `${what}: page ${page} is on no list`)
    seen.add(page)
  }
  for (const task of tasks) {
    for (const [place, page] of task.anon.entries()) if (page >= 0) look(page, place, task.name)
  }
  for (const file of new Set([files.device, ...writeback.busy()])) {
    for (let place = 0; place < file.pages.length; place++) {
      const page = cache.at(file, place)
      if (page >= 0) look(page, place, file.name)
    }
  }
}

/** Costs are fractions of a nanosecond: sums of many of them are off by a few. */
function near(value: number, expected: number, what: string): void {
  const off = Math.abs(value - expected)
  assert.ok(off <= 1 + expected * 1e-9, `${what}: ${value} is not ${expected}`)
}
