/** Memory cgroups on a machine: what is charged to whom, what happens at their limits, and that it always adds up. */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE } from '@scopemask/allocator'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { machineFromYaml } from '../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../src/simulate/machine-file/run-machine.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { pagesOn } from '../../src/simulate/memory/cgroup-stat.js'
import { machinePolicy } from '../../src/simulate/policy.js'
import { cgroupFiles } from '../../src/simulate/proc/cgroup-files.js'
import type { Simulation } from '../../src/simulate/simulation.js'
import { SECOND } from '../../src/simulate/time.js'
import { assertConserved } from './conserved.js'

const FAST = `memory: 128 MiB
cpus: 2
disk: { bandwidth: 400 MB/s, latency: 10 us }
`

function simulated(text: string, policy = 'scope'): Simulation {
  const machine = machineFromYaml(text, 'm.yaml')
  const { seed, seconds } = machine
  return machineSimulation(machine, { seed, seconds, policy: machinePolicy(policy) })
}

/** Runs a machine to its end; what is charged adds up after each part of it. */
function ran(text: string, policy = 'scope'): Simulation {
  const simulation = simulated(text, policy)
  simulation.run(undefined, SECOND / 2)
  assertCharged(simulation)
  simulation.run()
  assertCharged(simulation)
  return simulation
}

/**
 * What groups are charged with is what an independent count of pages says: those of programs, of the cache, and of objects of slabs, with
 * what CPUs have charged in advance.
 * @throws AssertionError that names what does not add up
 */
function assertCharged(simulation: Simulation): void {
  const { vm, tasks } = simulation
  const { memory, groups, slab } = vm
  assertConserved(simulation)
  memory.zones.validate()
  memory.lru.validate()
  let underWay = 0
  const { stocks: saved } = memory.memcgs.save()
  let bytes = 0
  for (const [path, group] of groups.all) {
    const anon = pagesOn(group, memory, INACTIVE_ANON) + pagesOn(group, memory, ACTIVE_ANON)
    const rss = tasks.reduce((sum, task) => sum + (task.cgroup?.isBelow(group) ? task.rss : 0), 0)
    assert.equal(anon, rss, `pages of programs in ${path}`)
    const swapped = tasks.reduce(
      (sum, task) => sum + (task.cgroup?.isBelow(group) ? task.swapped : 0),
      0,
    )
    assert.equal(group.swap.usage, swapped, `slots of ${path}`)
    const file = pagesOn(group, memory, INACTIVE_FILE) + pagesOn(group, memory, ACTIVE_FILE)
    let objects = 0
    let stock = 0
    for (const each of group.subtree()) {
      objects += each.objects.pages
      stock += saved.reduce((sum, [number, pages]) => sum + (number === each.number ? pages : 0), 0)
    }
    // A task may be in the middle of a charge: its page is counted, and on no list yet.
    const rest = group.usage - (anon + file + objects + stock)
    assert.ok(rest >= 0 && rest <= tasks.length, `${rest} pages of ${path} are nowhere`)
    underWay += rest
    bytes += group.objects.bytes
  }
  if (underWay === 0) memory.memcgs.validate()
  const inUse = slab.caches.reduce(
    (sum, cache) => (cache.account ? sum + cache.inUse * (cache.layout.size + 8) : sum),
    0,
  )
  assert.ok(bytes <= inUse, `${bytes} bytes of objects are charged, and ${inUse} in use`)
}

/** The figures of a group. */
function of(simulation: Simulation, path: string): (figure: string) => number {
  const facts = factsOf(simulation)
  return (figure) => facts[`cgroup.${path}.${figure}`] ?? Number.NaN
}

describe('what is charged', () => {
  it('are memory of programs, page cache to whoever reads it first, dentries and inodes', () => {
    const simulation = simulated(`${FAST}seconds: 1
cgroups: { one: {}, two: {}, three: {}, three/inner: {} }
workloads:
  first: { type: read, file: a.dat, size: 8 MiB, cgroup: one }
  second: { type: read, file: a.dat, size: 8 MiB, start: 300 ms, cgroup: two }
  stat: { type: stat, directories: 4, files_each: 50, pace: 1 ms, cgroup: three/inner }
  outside: { type: working-set, size: 4 MiB, touches: 1, pace: 10 ms }
  inside: { type: working-set, size: 4 MiB, touches: 1, pace: 10 ms, cgroup: three/inner }
`)
    simulation.run(undefined, 0.9 * SECOND)
    assertCharged(simulation)
    const { memory, groups } = simulation.vm
    const file = (path: string): number =>
      pagesOn(groups.get(path), memory, INACTIVE_FILE) +
      pagesOn(groups.get(path), memory, ACTIVE_FILE)
    expect(file('one')).toBe(2048)
    expect(file('two')).toBe(0)
    const inner = groups.get('three/inner')
    expect(pagesOn(inner, memory, INACTIVE_ANON)).toBe(1024)
    // 200 files at most: 192 and 1,200 bytes, and a pointer each.
    expect(inner.objects.bytes / (192 + 1200 + 16)).toBeGreaterThan(100)
    expect(inner.objects.bytes / (192 + 1200 + 16)).toBeLessThanOrEqual(200)
    expect(groups.get('three').usage).toBe(inner.usage)
    expect(memory.memcgs.root.usage).toBe(
      groups.get('one').usage + groups.get('two').usage + groups.get('three').usage,
    )
  })

  it('is given back when programs end, and their cache when it is reclaimed', () => {
    const simulation = ran(`${FAST}seconds: 0.6
cgroups: { small: { memory.max: 2 MiB }, big: {} }
workloads:
  read: { type: read, size: 16 MiB, cgroup: small }
  burst: { type: burst, size: 8 MiB, period: 200 ms, cgroup: big }
`)
    const { groups } = simulation.vm
    expect(groups.get('big').usage).toBeLessThanOrEqual(2 * 64)
    expect(of(simulation, 'big')('memory.peak_kb')).toBeGreaterThanOrEqual(8 * 1024)
    const small = of(simulation, 'small')
    expect(small('memory.peak_kb')).toBe(2048)
    expect(small('memory.events.max')).toBeGreaterThan(100)
    expect(small('memory.events.oom')).toBe(0)
    expect(small('reclaimed')).toBeGreaterThan(2000)
    // Nobody else has to reclaim for it.
    expect(factsOf(simulation)).toMatchObject({ pgscan_kswapd: 0, stall_count: 0 })
  })

  it('adds up in any tree, whatever its limits and whatever runs in it', () => {
    const mib = fc.integer({ min: 1, max: 24 }).map((size) => `${size} MiB`)
    const limits = fc.record(
      {
        'memory.max': mib,
        'memory.high': mib,
        'memory.low': mib,
        'memory.min': mib,
        'memory.swap.max': mib,
      },
      { requiredKeys: [] },
    )
    const groups = fc.tuple(limits, limits, limits, limits, fc.boolean())
    const workload = fc.constantFrom(
      'type: read, size: 20 MiB',
      'type: write, size: 12 MiB',
      'type: stat, directories: 40, files_each: 100, pace: 50 us',
      'type: create, keep: 20, pace: 200 us',
      'type: hog, size: 20 MiB, pace: 5 ms',
      'type: working-set, size: 10 MiB, touches: 50, pace: 1 ms',
      'type: burst, size: 8 MiB, period: 100 ms',
    )
    const runs = fc.array(
      fc.tuple(
        workload,
        fc.constantFrom('', ', cgroup: a/b', ', cgroup: a/c', ', cgroup: d'),
        fc.constantFrom(0, 0, -1000, 500),
      ),
      { minLength: 2, maxLength: 4 },
    )
    fc.assert(
      fc.property(
        groups,
        runs,
        fc.boolean(),
        fc.boolean(),
        ([a, b, c, d, all], runs, swap, lruGen) => {
          const text = `${FAST}seconds: 0.3
lru_gen: ${lruGen}
${swap ? 'swap: { size: 16 MiB }\n' : ''}cgroups: ${JSON.stringify({ 'a/b': b, a: { ...a, 'memory.oom.group': all }, 'a/c': c, d })}
workloads:
${runs.map(([said, group, adj], index) => `  w${index}: { ${said}${group}, oom_score_adj: ${adj} }`).join('\n')}
`
          const simulation = simulated(text)
          for (let part = 1; part <= 3; part++) {
            simulation.run(undefined, (part * SECOND) / 10)
            assertCharged(simulation)
          }
        },
      ),
      { numRuns: 8 },
    )
  })
})

describe('a group at memory.max', () => {
  const FULL = `${FAST}seconds: 1
cgroups: { web: { memory.max: 1 MiB } }
workloads:
  index: { type: stat, directories: 100, files_each: 200, pace: 0 s, cgroup: web }
`

  it('has a task killed for a request with GFP_NOFS too, for which it may free no dentries', () => {
    const scope = ran(FULL)
    expect(scope.vm.oom.kills).toMatchObject([{ victim: 'index', cgroup: '/web' }])
    expect(scope.kernelLog.text).toMatch(/index invoked oom-killer: gfp_mask=0x\w+\(GFP_NOFS/)
    expect(scope.kernelLog.text).toContain(
      'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/web,task_memcg=/web,task=index,',
    )
    expect(of(scope, 'web')('memory.events.oom_kill')).toBe(1)
    const unrestricted = ran(FULL, 'unrestricted')
    expect(unrestricted.vm.oom.kills).toEqual([])
    expect(factsOf(unrestricted).shrink_super_cache_scan_freed).toBeGreaterThan(1000)
    // What cannot fail goes above the limit, by a few pages.
    expect(of(scope, 'web')('memory.peak_kb')).toBeLessThan(1024 + 64)
  })

  it('that has nobody to kill lets a fault be taken again and again', () => {
    const simulation = ran(`${FAST}seconds: 1.2
cgroups: { a: { memory.max: 4 MiB } }
workloads:
  hog: { type: hog, size: 8 MiB, pace: 0 s, oom_score_adj: -1000, cgroup: a }
`)
    expect(simulation.vm.oom.kills).toEqual([])
    expect(simulation.kernelLog.text).toContain('Out of memory and no killable processes...')
    expect(simulation.stuck).toMatchObject([
      {
        task: 'hog',
        chain: [
          expect.stringContaining('freed nothing'),
          'its memory cgroup is at its limit, and none of its tasks may be killed',
        ],
      },
    ])
    expect(of(simulation, 'a')('memory.peak_kb')).toBe(4096)
  })

  const TWO = (more: string, adj: number) => `${FAST}seconds: 1
cgroups: { a: { memory.max: 16 MiB${more} } }
workloads:
  large: { type: hog, size: 64 MiB, pace: 2 ms, cgroup: a }
  small: { type: working-set, size: 2 MiB, touches: 1, pace: 1 ms, oom_score_adj: ${adj}, cgroup: a }
  other: { type: working-set, size: 2 MiB, touches: 1, pace: 1 ms }
`

  it('has the task killed whose death frees most, as far as oom_score_adj lets it', () => {
    const victims = (more: string, adj: number): string[] =>
      ran(TWO(more, adj)).vm.oom.kills.map(({ victim }) => victim)
    expect(victims('', 0)).toEqual(['large'])
    // 1000 is as much as all memory of the group, and more than what the large one has.
    expect(victims('', 1000)[0]).toBe('small')
    // The points count what can be charged to the group: of 4,096 pages 400 are less than what the large one has more.
    expect(victims('', 100)).toEqual(['large'])
  })

  it('has all of its tasks killed with memory.oom.group, but those that are never killed', () => {
    const all = ran(TWO(', memory.oom.group: true', 0))
    expect(all.vm.oom.kills.map(({ victim }) => victim).sort()).toEqual(['large', 'small'])
    const { text } = all.kernelLog
    expect(text).toContain('Tasks in /a are going to be killed due to memory.oom.group set')
    // The first one is still there when the group is gone through, as 6.1 logs and counts it.
    expect(text.match(/Memory cgroup out of memory: Killed process \d+ \(large\)/g)).toHaveLength(2)
    expect(cgroupFiles(all.vm)['a/memory.events']).toMatch(/oom_kill 3\noom_group_kill 1\n$/)
    const kept = ran(TWO(', memory.oom.group: true', -1000))
    expect(kept.vm.oom.kills.map(({ victim }) => victim)).toEqual(['large'])
  })

  it('takes the limit of the group above for its own, whose tasks are killed', () => {
    const simulation = ran(`${FAST}seconds: 1
cgroups: { a: { memory.max: 12 MiB }, a/b: { memory.max: 8 MiB }, a/c: { memory.max: 8 MiB } }
workloads:
  b: { type: working-set, size: 7 MiB, touches: 1, pace: 1 ms, cgroup: a/b }
  c: { type: hog, size: 7 MiB, pace: 2 ms, cgroup: a/c }
`)
    expect(simulation.vm.oom.kills).toMatchObject([{ victim: 'b', cgroup: '/a' }])
    const files = cgroupFiles(simulation.vm)
    expect(files['a/memory.events']).toContain('oom 1\noom_kill 1\n')
    expect(files['a/memory.events.local']).toContain('oom 1\noom_kill 0\n')
    expect(files['a/b/memory.events']).toContain('oom 0\noom_kill 1\n')
    expect(files['a/c/memory.events']).toContain('max 0\n')
  })
})

describe('a group', () => {
  it('above memory.high is slowed down, and stays near it', () => {
    const at = (high: string) =>
      of(
        ran(`${FAST}seconds: 2
cgroups: { a: { memory.high: ${high} } }
workloads:
  hog: { type: hog, size: 16 MiB, pace: 0 s, cgroup: a }
`),
        'a',
      )
    const free = at('max')
    expect([free('memory.events.high'), free('throttled_ms')]).toEqual([0, 0])
    expect(free('memory.peak_kb')).toBe(16_384)
    const slow = at('8 MiB')
    expect(slow('memory.events.high')).toBeGreaterThan(1)
    expect(slow('throttled_ms')).toBeGreaterThan(1000)
    // Two seconds at most at a time, the further above the longer.
    expect(slow('memory.peak_kb')).toBeLessThan(12_288)
    expect(slow('memory.events.oom')).toBe(0)
  })

  it('below memory.low is left alone while there is something else', () => {
    const kept = (low: string): number => {
      const simulation = ran(`${FAST}seconds: 1
cgroups: { a: { memory.low: ${low} }, b: {} }
workloads:
  warm: { type: read, size: 12 MiB, passes: 1, cgroup: a }
  stream: { type: read, size: 400 MiB, chunk: 256 KiB, start: 100 ms, cgroup: b }
`)
      return simulation.vm.groups.get('a').usage
    }
    expect(kept('16 MiB')).toBeGreaterThan(3000)
    expect(kept('0 B')).toBeLessThan(1500)
  })

  it('has no more in swap than memory.swap.max', () => {
    const simulation = ran(`${FAST}seconds: 1
swap: { size: 32 MiB }
cgroups: { a: { memory.max: 8 MiB, memory.swap.max: 2 MiB } }
workloads:
  hog: { type: hog, size: 24 MiB, pace: 5 ms, cgroup: a }
`)
    expect(simulation.vm.groups.get('a').swap.watermark).toBe(512)
    expect(cgroupFiles(simulation.vm)['a/memory.swap.events']).toMatch(/^high 0\nmax [1-9]/)
    expect(simulation.vm.oom.kills).toMatchObject([{ victim: 'hog', cgroup: '/a' }])
  })
})

it('the machine that comes along kills its group of metadata work under scope and nofs alone', () => {
  const text = readFileSync(
    new URL('../../examples/machines/cgroups.yaml', import.meta.url),
    'utf8',
  )
  const victims = (policy: string): string[] =>
    ran(text.replace('seconds: 3', 'seconds: 1.6'), policy).vm.oom.kills.map(({ victim }) => victim)
  expect(victims('scope').sort()).toEqual(['helper', 'index', 'leak'])
  expect(victims('unrestricted').sort()).toEqual(['helper', 'leak'])
})
