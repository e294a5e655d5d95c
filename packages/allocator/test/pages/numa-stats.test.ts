/** Each block is counted as zone_statistics does (mm/page_alloc.c, 6.1.192): by where it was wanted, where it is, and where its task runs. */
import { Task } from '@scopemask/core/task'
import { array, assert, constantFrom, integer, property, record, tuple } from 'fast-check'
import { expect, it } from 'vitest'
import {
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_THISNODE,
  GFP_KERNEL,
  Mempolicy,
  NO_PAGE,
  PageAllocator,
  PF,
} from '../../src/index.js'

const task = new Task(PF)
const GFP = (GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN) >>> 0
const STATS = [
  'numa_hit',
  'numa_miss',
  'numa_foreign',
  'numa_interleave',
  'numa_local',
  'numa_other',
] as const

const machines = record({
  sizes: array(constantFrom(0, 64, 300, 1024), { minLength: 1, maxLength: 4 }).filter((sizes) =>
    sizes.some((pages) => pages > 0),
  ),
  cpus: array(integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
})
const requests = array(
  tuple(
    constantFrom('none', 'thisnode', 'bind', 'preferred', 'interleave', 'mapped', 'bulk'),
    integer({ min: 0, max: 15 }),
    integer({ min: 0, max: 3 }),
  ),
  { maxLength: 300 },
)

it('counts each block once as a hit or a miss, and once as local or not, on any machine', () => {
  assert(
    property(machines, requests, ({ sizes, cpus }, all) => {
      const cpuNodes = cpus.map((node) => node % sizes.length)
      const memory = new PageAllocator({ nodes: sizes.map((Normal) => ({ Normal })), cpuNodes })
      const { zones } = memory
      const expected = sizes.map(() => STATS.map(() => 0))
      const count = (node: number, stat: number): void => {
        const of = expected[node] as number[]
        of[stat] = (of[stat] as number) + 1
      }
      for (const [kind, number, order] of all) {
        const cpu = number % cpuNodes.length
        const local = zones.nodeOf(cpu)
        // The first node of the list of a node, or of the nodes that it is restricted to.
        const first = (node: number, mask = -1): number | undefined =>
          zones.zonelist(GFP, node, mask)[0]?.node
        const got = (page: number, preferred: number | undefined): number => {
          if (page === NO_PAGE || preferred === undefined) return -1
          const { node } = zones.zoneOf(page)
          count(node, node === preferred ? 0 : 1)
          if (node !== preferred) count(preferred, 2)
          count(node, node === local ? 4 : 5)
          return node
        }
        const mask = (number % (2 ** sizes.length - 1)) + 1
        const request = { task, gfp: GFP, order, cpu }
        switch (kind) {
          case 'none':
            got(memory.alloc(task, GFP, order, 0, cpu), first(local))
            break
          case 'thisnode': {
            const node = number % sizes.length
            const gfp = (GFP | __GFP_THISNODE) >>> 0
            got(memory.allocFor({ ...request, gfp, node }), sizes[node] === 0 ? undefined : node)
            break
          }
          case 'bind': {
            const mempolicy = new Mempolicy('bind', mask)
            got(
              memory.allocFor({ ...request, mempolicy }),
              first(local, mempolicy.nodemask(GFP, zones)),
            )
            break
          }
          case 'preferred': {
            const mempolicy = new Mempolicy('preferred', mask)
            got(memory.allocFor({ ...request, mempolicy }), first(mempolicy.node(local)))
            break
          }
          case 'interleave':
          case 'mapped': {
            const mempolicy = new Mempolicy('interleave', mask)
            const turn =
              kind === 'mapped'
                ? mempolicy.interleaveAt(number)
                : new Mempolicy('interleave', mask).interleave()
            const place = kind === 'mapped' ? { mappingIndex: number } : {}
            const node = got(memory.allocFor({ ...request, mempolicy, ...place }), first(turn))
            if (node === turn) count(node, 3)
            break
          }
          case 'bulk': {
            const pages = new Int32Array(5).fill(NO_PAGE)
            const filled = memory.allocBulk(task, GFP, pages, 0, cpu)
            for (const page of pages.subarray(0, filled)) got(page, first(local))
          }
        }
      }
      const { zones: counted = [] } = memory.counters()
      const found = counted.map(({ Normal }) => STATS.map((stat) => Normal?.[stat] ?? 0))
      expect(found).toEqual(expected)
      // They come back with a snapshot.
      const snapshot = memory.snapshot()
      memory.alloc(task, GFP, 0)
      memory.restore(snapshot)
      expect(memory.counters()).toEqual({ ...memory.counters(), zones: counted })
    }),
    { numRuns: 60, seed: 11 },
  )
})

it('pages of a mapping are interleaved by their places, those of a task by its turn', () => {
  const policy = new Mempolicy('interleave', 0b1011)
  expect([0, 1, 2, 3, 7].map((place) => policy.interleaveAt(place))).toEqual([0, 1, 3, 0, 1])
  expect([policy.interleave(), policy.interleave(), policy.interleave()]).toEqual([0, 1, 3])
})
