/**
 * Views, held against what a kernel prints: /proc files of a running 6.18 where their form has not changed since 6.1, and lines of logs.
 */
import { readFileSync } from 'node:fs'
import { Task } from '@scopemask/core/task'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  __GFP_MOVABLE,
  buddyinfo,
  GFP_KERNEL,
  MIGRATE_UNMOVABLE,
  memInfo,
  meminfo,
  PageAllocator,
  PF,
  pageblockUse,
  pagetypeinfo,
  SlabAllocator,
  type SlabInfo,
  slabinfo,
  type VmCounters,
  vmstat,
  Zones,
  zoneinfo,
} from '../../src/index.js'

const proc = (name: string) =>
  readFileSync(new URL(`../data/proc-6.18/${name}.txt`, import.meta.url), 'utf8')

/** A text without its values: numbers keep the columns in which they end. */
const form = (text: string) =>
  text.replace(/ *\d+/g, (found) =>
    found.startsWith(' ') ? `${' '.repeat(found.length - 1)}0` : '0',
  )

/** The zones of that machine. Its free lists are others, of course. */
let zones: Zones
beforeEach(() => {
  zones = new Zones({ nodes: [{ DMA: 3840, DMA32: 772_915, Normal: 1_572_864 }], cpus: 2 }, String)
})

const normal = () => zones.all[2] ?? expect.fail('there is no Normal zone')

const counters: VmCounters = {
  nodes: [
    {
      nr_inactive_anon: 2402,
      nr_active_anon: 5181,
      nr_isolated_file: 3,
      nr_file_pages: 104_843,
      nr_shmem_hugepages: 1,
      nr_anon_transparent_hugepages: 38,
      nr_kernel_stack: 2288,
      nr_dirty: 351,
      nr_slab_reclaimable: 50_876,
      nr_sec_page_table_pages: 2,
      unreclaimable: true,
    },
  ],
  zones: [{ Normal: { nr_zone_active_anon: 5181, numa_hit: 7, nr_bounce: 4 } }],
  events: { pgalloc_normal: 99, oom_kill: 1 },
  dirtyThreshold: 1000,
  freeSwap: 1234,
  totalSwap: 5678,
}

describe('buddyinfo', () => {
  it('has the form of the kernel', () => {
    expect(form(buddyinfo(zones.all))).toBe(form(proc('buddyinfo')))
  })

  it('counts blocks of all migratetypes', () => {
    normal().buddy.alloc(9, MIGRATE_UNMOVABLE)
    expect(buddyinfo(zones.all).split('\n')[0]).toBe(
      'Node 0, zone      DMA      0      0      0      0      0      0      0      0      1      1      3 ',
    )
    expect(buddyinfo([normal()])).toBe(
      'Node 0, zone   Normal      0      0      0      0      0      0      0      0      0      1   1535 \n',
    )
  })
})

describe('meminfo', () => {
  it('has the form of the kernel', () => {
    // Newer kernels count what a balloon has; that one does not look for broken memory, as Debian's do.
    const kernel = form(proc('meminfo')).replace(/^Balloon:.*\n/m, '')
    const ours = form(meminfo(zones)).replace(/^HardwareCorrupted: {5}0 kB\n/m, '')
    expect(ours).toBe(kernel)
    expect(meminfo(zones)).toContain('\nHardwareCorrupted:     0 kB\n')
  })

  it('tells buffers from files, and what could be had', () => {
    const text = meminfo(zones, counters, { buffers: 4843 })
    expect(text).toContain('\nBuffers:           19372 kB\nCached:           400000 kB\n')
    expect(text).toContain('\nDirty:              1404 kB\n')
    expect(text).toContain('\nShmemHugePages:     2048 kB\n')
    const low = zones.all.reduce((sum, { watermarks }) => sum + watermarks.low, 0)
    const free = zones.freePages() - zones.totalReserve
    const slab = 50_876 - Math.min(25_438, low)
    expect(text).toContain(`\nMemAvailable:    ${4 * (free + slab)} kB\n`)
  })
})

describe('pagetypeinfo', () => {
  it('has the form of the kernel', () => {
    expect(form(pagetypeinfo(zones.all))).toBe(form(proc('pagetypeinfo')))
  })

  it('tells migratetypes apart', () => {
    normal().buddy.alloc(0, MIGRATE_UNMOVABLE)
    const lines = pagetypeinfo(zones.all).split('\n')
    expect(lines).toContain(
      'Node    0, zone   Normal, type    Unmovable      1      1      1      1      1      1      1      1      1      1      0 ',
    )
    expect(lines).toContain(
      'Node 0, zone   Normal            2         3070            0            0            0 ',
    )
  })

  it('does not count to the end of long lists', () => {
    const { buddy } = normal()
    const pages = Array.from({ length: 250_000 }, () => buddy.alloc(0, 1))
    for (const page of pages) if (page % 2 === 0) buddy.free(page, 0)
    const line = pagetypeinfo(zones.all)
      .split('\n')
      .find((text) => text.startsWith('Node    0, zone   Normal, type      Movable'))
    expect(line?.slice(43, 53)).toBe(' >100000  ')
  })

  it('has a part for each node', () => {
    const two = new Zones({ nodes: [{ Normal: 2048 }, {}, { Movable: 2048 }] }, String)
    expect(pagetypeinfo(two.all).match(/^Page block order: 9$/gm)).toHaveLength(2)
    expect(buddyinfo(two.all)).toMatch(/^Node 0, zone {3}Normal .*\nNode 2, zone {2}Movable .*\n$/)
  })
})

describe('zoneinfo', () => {
  /** The names in a text, indented as they are. */
  const names = (text: string) => text.split('\n').map((line) => line.replace(/[ :]+[\d(].*$/, ''))

  it('has the lines of the kernel, in its order', () => {
    const ours = names(zoneinfo(zones))
    const kernel = names(proc('zoneinfo'))
    // Newer kernels print more, and no longer what was counted for bounce buffers and FUSE.
    const gone = ['      nr_bounce', '      nr_writeback_temp']
    let at = 0
    for (const name of ours.filter((line) => !gone.includes(line))) {
      const found = kernel.indexOf(name, at)
      expect(found, `${name} after line ${at}`).toBeGreaterThanOrEqual(at)
      at = found + 1
    }
    const newer = /promo|blocks|iommu|hugetlb|balloon|pgdemote|_nrl|kernel_file|high_m|highatomic/
    expect(kernel.filter((line) => !newer.test(line))).toHaveLength(
      ours.filter((line) => !gone.includes(line) && !newer.test(line)).length,
    )
  })

  it('prints what a zone has', () => {
    zones.alloc(GFP_KERNEL, 0, 0, { cpu: 1, node: 0 })
    normal().boost = 512
    const text = zoneinfo(zones, counters)
    const { min, low, high } = normal().watermarks
    const { batch, high: most, count } = normal().perCpu[1] ?? expect.fail('there is no CPU 1')
    expect(text).toContain(`Node 0, zone   Normal
  pages free     ${normal().freePages}
        boost    512
        min      ${min + 512}
        low      ${low + 512}
        high     ${high + 512}
        spanned  1572864
        present  1572864
        managed  1572864
        cma      0
        protection: (0, 0, 0, 0, 0)
      nr_free_pages ${normal().freePages}
      nr_zone_inactive_anon 0
      nr_zone_active_anon 5181
`)
    expect(text).toContain(`      nr_mlock     0
      nr_bounce    4
      nr_zspages   0
      nr_free_cma  0
      numa_hit     7
`)
    expect(text).toContain(`  pagesets
    cpu: 0
              count: 0
              high:  ${most}
              batch: ${batch}
  vm stats threshold: 28
    cpu: 1
              count: ${count}
              high:  ${most}
              batch: ${batch}
  vm stats threshold: 28
  node_unreclaimable:  1
  start_pfn:           ${normal().start}
`)
    expect(text).toContain('  per-node stats\n      nr_inactive_anon 2402\n')
    expect(text.match(/per-node stats/g)).toHaveLength(1)
    expect(text).toContain('protection: (0, 3019, 9163, 9163, 9163)')
    expect(count).toBeGreaterThan(0)
  })

  it('updates counters when the kernel does', () => {
    const thresholds = (text: string) => [...text.matchAll(/vm stats threshold: \d+/g)].map(String)
    expect(thresholds(zoneinfo(zones))).toEqual(thresholds(proc('zoneinfo')))
    const large = new Zones({ nodes: [{ Normal: 2 ** 21 }], cpus: 128 }, String)
    expect(new Set(thresholds(zoneinfo(large)))).toEqual(new Set(['vm stats threshold: 125']))
  })
})

describe('vmstat', () => {
  it('has the names of the kernel, in its order', () => {
    const names = (text: string) => text.split('\n').map((line) => line.split(' ')[0])
    const ours = names(vmstat(zones.all))
    const kernel = names(proc('vmstat'))
    const both = ours.filter((name) => kernel.includes(name))
    // Newer kernels have moved these to other places, and dropped two.
    const moved = /^(pgpromote|pgdemote|numa_|nr_(dirty_(back|thr)))/
    const still = (list: typeof both) => list.filter((name) => !moved.test(String(name)))
    expect(still(both)).toEqual(still(kernel.filter((name) => ours.includes(name))))
    expect(ours.filter((name) => !kernel.includes(name))).toEqual([
      'nr_bounce',
      'nr_writeback_temp',
    ])
  })

  it('adds up nodes and zones', () => {
    const lines = vmstat(zones.all, counters).split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        `nr_free_pages ${zones.freePages()}`,
        'nr_bounce 4',
        'numa_hit 7',
        'nr_inactive_anon 2402',
        'nr_dirty_threshold 1000',
        'pgalloc_normal 99',
        'oom_kill 1',
        'nr_unstable 0',
      ]),
    )
  })
})

describe('slabinfo', () => {
  it('prints a row as the kernel does', () => {
    const rows = proc('slabinfo').split('\n').slice(2, -1)
    const caches = rows.map((row): SlabInfo => {
      const [name = '', ...values] = row.split(/[^\w-]+/)
      const [activeObjects, objects, objectSize, objectsPerSlab, pagesPerSlab] = values.map(Number)
      const slabs = Number(/slabdata +(\d+)/.exec(row)?.[1])
      return {
        name,
        activeObjects: activeObjects ?? 0,
        objects: objects ?? 0,
        objectSize: objectSize ?? 0,
        objectsPerSlab: objectsPerSlab ?? 0,
        pagesPerSlab: pagesPerSlab ?? 0,
        slabs,
      }
    })
    expect(slabinfo(caches.reverse())).toBe(proc('slabinfo'))
  })

  it('prints the caches of a machine, the newest first', () => {
    const slab = new SlabAllocator({
      frames: zones.frames,
      cpus: 2,
      alloc: (_task, gfp, order, _site, cpu) => zones.alloc(gfp, order, 0, { cpu, node: 0 }),
      free: (page, order, cpu) => zones.zoneOf(page).free(page, order, cpu),
    })
    slab.kmalloc(new Task(PF), 4096, GFP_KERNEL)
    const lines = slabinfo(slab.info()).split('\n')
    expect(lines[2]?.startsWith('dma-kmalloc-8k ')).toBe(true)
    expect(lines).toContain(
      'kmalloc-4k             8      8   4096    8    8 : tunables    0    0    0 : slabdata      1      1      0',
    )
  })
})

describe('Mem-Info', () => {
  it('has the form of kernel logs', () => {
    const zeroed = (line: string) => line.replace(/\d+/g, '0')
    const lines = memInfo(zones, counters).split('\n').map(zeroed)
    // From logs of 6.x kernels on x86-64, without time stamps.
    const logs = `Mem-Info:
active_anon:5181 inactive_anon:9601 isolated_anon:0
 active_file:0 inactive_file:0 isolated_file:0
 unevictable:85008 dirty:0 writeback:0
 slab_reclaimable:24508 slab_unreclaimable:111403
 mapped:11081 shmem:7595 pagetables:757
 sec_pagetables:0 bounce:0
 kernel_misc_reclaimable:0
 free:22807 free_pcp:846 free_cma:0
Node 0 DMA free:68kB boost:0kB min:68kB low:84kB high:100kB reserved_highatomic:0KB active_anon:8kB inactive_anon:0kB active_file:0kB inactive_file:13232kB unevictable:0kB writepending:0kB present:15992kB managed:15360kB mlocked:0kB bounce:0kB free_pcp:0kB local_pcp:0kB free_cma:0kB
lowmem_reserve[]: 0 1808 14772 0 0
Node 0 hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=1048576kB
Node 0 hugepages_total=2 hugepages_free=2 hugepages_surp=0 hugepages_size=2048kB
53203 total pagecache pages
0 pages in swap cache
Free swap  = 124996kB
Total swap = 124996kB
2097051 pages RAM
0 pages HighMem/MovableOnly
394100 pages reserved
0 pages hwpoisoned`
    for (const line of logs.split('\n')) expect(lines).toContain(zeroed(line))
  })

  it('prints the machine', () => {
    zones.alloc(GFP_KERNEL, 0, 0, { cpu: 1, node: 0 })
    const kept = normal().perCpu[1]?.count ?? 0
    const { min, low, high } = normal().watermarks
    normal().boost = 10
    normal().reservedHighatomic = 512
    const lines = memInfo(zones, counters, 1).split('\n')
    const text = lines.join('\n')
    expect(lines.slice(0, 3)).toEqual([
      'Mem-Info:',
      'active_anon:5181 inactive_anon:2402 isolated_anon:0',
      ' active_file:0 inactive_file:0 isolated_file:3',
    ])
    expect(text).toContain(` free:${zones.freePages()} free_pcp:${kept} free_cma:0\n`)
    expect(text).toContain(
      'Node 0 active_anon:20724kB inactive_anon:9608kB active_file:0kB inactive_file:0kB unevictable:0kB isolated(anon):0kB isolated(file):12kB mapped:0kB dirty:1404kB writeback:0kB shmem:0kB shmem_thp: 2048kB shmem_pmdmapped: 0kB anon_thp: 77824kB writeback_tmp:0kB kernel_stack:2288kB pagetables:0kB sec_pagetables:8kB all_unreclaimable? yes\n',
    )
    expect(text).toContain(
      `Node 0 Normal free:${normal().freePages * 4}kB boost:40kB min:${min * 4 + 40}kB low:${low * 4 + 40}kB high:${high * 4 + 40}kB reserved_highatomic:2048KB active_anon:20724kB`,
    )
    expect(text).toContain(` free_pcp:${kept * 4}kB local_pcp:${kept * 4}kB free_cma:0kB\n`)
    expect(text).toContain('lowmem_reserve[]: 0 3019 9163 9163 9163\n')
    expect(text).toContain(
      'Node 0 DMA: 0*4kB 0*8kB 0*16kB 0*32kB 0*64kB 0*128kB 0*256kB 0*512kB 1*1024kB (M) 1*2048kB (M) 3*4096kB (M) = 15360kB\n',
    )
    expect(text).toMatch(
      /Node 0 Normal: 1\*4kB \(U\) 0\*8kB .* 1\*2048kB \(U\) 1535\*4096kB \(M\) = \d+kB\n/,
    )
    expect(text).toContain('1234kB\nTotal swap = 5678kB\n2349619 pages RAM\n')
  })

  it('has a line for each node with memory', () => {
    const two = new Zones({ nodes: [{ Normal: 2048 }, {}, { Movable: 2048 }] }, String)
    const text = memInfo(two)
    expect(text.match(/all_unreclaimable\? no/g)).toHaveLength(2)
    expect(text).toContain('2048 pages HighMem/MovableOnly\n')
  })
})

it('pageblocks are free, of pages that move, of pages that stay, or mixed', () => {
  const memory = new PageAllocator({ nodes: [{ Normal: 8 * 512 }], minFreeKbytes: 256 })
  const { frames, lru, zones: all } = memory
  const use = () => pageblockUse(all.all)
  expect(use()).toEqual({ free: 8, movable: 0, staying: 0, mixed: 0 })
  const task = new Task(PF)
  // A block of order 10 is in two pageblocks.
  const large = memory.alloc(task, GFP_KERNEL, 10)
  expect(use()).toEqual({ free: 6, movable: 0, staying: 2, mixed: 0 })
  const page = memory.alloc(task, GFP_KERNEL | __GFP_MOVABLE, 0)
  all.drain()
  lru.add(page, 0)
  expect(use()).toEqual({ free: 5, movable: 1, staying: 2, mixed: 0 })
  const block = page & -512
  frames.state[block === page ? block + 1 : block] = 0x20
  expect(use()).toEqual({ free: 5, movable: 0, staying: 2, mixed: 1 })
  memory.free(large, 10)
  expect(use()).toEqual({ free: 7, movable: 0, staying: 0, mixed: 1 })
})
