/**
 * Machine file: a machine with its workloads and what goes wrong with it, as somebody has written it down. The fields are described
 * once: reading, what is said of mistakes, and the JSON schema follow from that.
 */

import type { Fault } from '../faults/fault.js'
import type { DiskSpec, MachineSpec, SwapSpec, VmSysctls } from '../machine-spec.js'
import { sizedMachine, type WatermarkSysctls } from '../machines/sized.js'
import { machinePolicies } from '../policy.js'
import { SECOND } from '../time.js'
import { assertMembers, CGROUPS, groupNotes } from './cgroups.js'
import { CMA, checkCma, cmaOf } from './cma.js'
import { FAULT_TYPES } from './faults.js'
import { KERNEL, rulesOf } from './kernel.js'
import {
  amount,
  type Complaints,
  count,
  flag,
  type JsonSchema,
  list,
  oneOf,
  optional,
  record,
  required,
  text,
  withDefault,
} from './kinds.js'
import { checkNodes, checkPlacement, layoutOf, NODES } from './nodes.js'
import { at, type Tree } from './tree.js'
import { duration, rate, size } from './units.js'
import { variant } from './variant.js'
import { type MachineWorkload, WORKLOADS } from './workloads.js'

const KIB = 1024
const MIB = KIB * KIB
/** Less than that, and what the kernel itself keeps leaves nothing. More than that has not been tried. */
const LEAST_MEMORY = 80 * MIB
const MOST_MEMORY = 16 * 1024 * MIB

/** A scenario of `check`, as the file names it: bundled ones by name, others by path. */
export interface NamedScenario {
  readonly given: string
  readonly line: number | undefined
}

export interface MachineFile {
  readonly spec: MachineSpec
  /** Virtual seconds. */
  readonly seconds: number
  readonly seed: number
  readonly runs: number
  /** Names of policies. */
  readonly policies: readonly string[]
  readonly workloads: readonly MachineWorkload[]
  readonly scenario: NamedScenario | null
  readonly faults: readonly Fault[]
  /** What is said in it and has no effect: sentences. */
  readonly notes: readonly string[]
}

const DISK = record('the disk', {
  bandwidth: withDefault(
    rate({ least: 1e5, most: 1e11, says: '25 MB/s' }),
    25e6,
    'what it reads or writes in a second',
  ),
  latency: withDefault(
    duration({ least: 0, most: 10 * SECOND, says: '500 us' }),
    500_000,
    'what each request takes beside its bytes',
  ),
  queue_depth: withDefault(count(1, 65_536), 16, 'requests that it accepts at once'),
  nr_requests: withDefault(
    count(1, 65_536),
    16,
    'requests that wait in the block layer beside them',
  ),
  max_request: withDefault(
    size({ least: 4 * KIB, most: 16 * MIB, says: '256 KiB' }),
    256 * KIB,
    'the largest request',
  ),
  readahead: withDefault(
    size({ least: 4 * KIB, most: 16 * MIB, says: '128 KiB' }),
    128 * KIB,
    'how far it is read ahead (read_ahead_kb)',
  ),
  crypt: withDefault(flag, false, 'all that is on it is encrypted by kcryptd (dm-crypt)'),
  loop: withDefault(
    flag,
    false,
    'it is a file of another filesystem, behind a loop device with direct I/O; what is encrypted is what is in the file',
  ),
})

const SWAP = record('swap', {
  size: required(
    size({ least: 4 * KIB, most: 64 * 1024 * MIB, says: '64 MiB' }),
    'how much fits into it, before it is compressed',
  ),
  ratio: withDefault(amount(1, 100), 3, 'pages shrink to this part of their size, on average'),
  same_filled: withDefault(
    count(0, 100),
    10,
    'how many of 100 pages are of one value, and take no memory',
  ),
  compress: withDefault(
    duration({ least: 0, most: SECOND, says: '4 us' }),
    4000,
    'what the CPU takes to compress a page; not measured',
  ),
  decompress: withDefault(
    duration({ least: 0, most: SECOND, says: '1500 ns' }),
    1500,
    'what the CPU takes to decompress a page; not measured',
  ),
})

/** Of /proc/sys/vm, by their names there. */
const SYSCTLS = record('sysctls', {
  min_free_kbytes: optional(
    count(64, 4 * KIB * KIB),
    'KiB that are kept free; by default what the kernel chooses for the size',
  ),
  watermark_scale_factor: withDefault(
    count(1, 3000),
    10,
    'distance of the watermarks, in 1/10,000 of a zone',
  ),
  watermark_boost_factor: withDefault(
    count(0, 100_000),
    0,
    'how far fragmentation raises the watermarks, in 1/10,000 of the high one; 0, as on the machine that was measured',
  ),
  dirty_ratio: withDefault(
    count(1, 100),
    20,
    'percent of dirtyable memory at which writers are held back',
  ),
  dirty_background_ratio: withDefault(count(0, 100), 10, 'percent at which the flusher begins'),
  dirty_expire_centisecs: withDefault(count(0, 360_000), 3000, 'when a dirty page is old'),
  dirty_writeback_centisecs: withDefault(
    count(0, 360_000),
    500,
    'how often old pages are looked for; 0 for never',
  ),
  swappiness: optional(
    count(0, 200),
    'how readily pages of programs are swapped out; by default 60, and without effect where there is no swap',
  ),
  defrag_mode: optional(
    count(0, 1),
    'whether requests take pages of another kind only once reclaim and compaction have failed; with kernel: 6.18',
  ),
  zone_reclaim_mode: withDefault(
    count(0, 7),
    0,
    'whether a node is reclaimed before memory comes from another: 1 for clean page cache, 2 writes for it, 4 takes pages of programs',
  ),
  vfs_cache_pressure: withDefault(
    count(0, 10_000),
    100,
    'how readily dentries and inodes are freed',
  ),
})

const MEMORY = size({ least: LEAST_MEMORY, most: MOST_MEMORY, says: '128 MiB' })

const FIELDS = {
  name: optional(text('a name such as small-nas', /^[\w.-]{1,40}$/), 'by default its size'),
  memory: optional(MEMORY, 'how much memory; where there are nodes, they say it'),
  cpus: optional(count(1, 64), 'how many CPUs; by default 1, or those that the nodes have'),
  nodes: optional(
    NODES,
    'nodes (NUMA), each with memory and CPUs of its own; by default all is on one. Memory of another node takes no longer to use',
  ),
  disk: optional(DISK, 'the disk; by default 25 MB/s and 500 us a request'),
  swap: optional(SWAP, 'swap space in compressed memory (zram); by default there is none'),
  kernel: optional(
    KERNEL,
    'of which kernel the rules of the page allocator are where kernels differ; by default 6.1, as all else is',
  ),
  cma: withDefault(
    CMA,
    [],
    'CMA areas: where movable pages may be until a device wants them, as cma= on the command line of the kernel reserves',
  ),
  filesystem: withDefault(oneOf(['ext4']), 'ext4', 'the filesystem on it'),
  sysctls: optional(SYSCTLS, 'settings of /proc/sys/vm, by their names there'),
  cgroups: withDefault(
    CGROUPS,
    [],
    'memory cgroups by path (web/worker is in web), with the files of cgroup v2 by their names',
  ),
  lru_gen: withDefault(
    flag,
    false,
    'reclaim keeps pages in generations (MGLRU) instead of on active and inactive lists, as /sys/kernel/mm/lru_gen/enabled says',
  ),
  seconds: withDefault(amount(0.1, 86_400), 10, 'how long it runs, in virtual seconds'),
  seed: withDefault(count(1, 1_000_000_000), 1, 'what random numbers begin with'),
  runs: withDefault(count(1, 1000), 1, 'how many runs, each with a seed of its own'),
  policies: withDefault(
    list(oneOf(machinePolicies()), 'policies', 1),
    ['scope'],
    'which restrictions the filesystem puts on its allocations; several are compared',
  ),
  workloads: required(WORKLOADS, 'what runs on it, by name'),
  scenario: optional(
    text('the name of a scenario of check, or the path of its file', /^[^\0]{1,500}$/),
    'tasks of a scenario of check that run beside the workloads',
  ),
  faults: withDefault(list(variant('a fault', FAULT_TYPES), 'faults'), [], 'what goes wrong'),
}

const MACHINE = record('a machine', FIELDS, {
  disks: 'several disks are not simulated: a machine has one, disk, with one filesystem on it',
})

/** Reads a machine; null when something is wrong with it, which has been said. */
export function machineOf(tree: Tree, complaints: Complaints): MachineFile | null {
  const values = MACHINE.read(tree, complaints)
  if (values === undefined) return null
  const { name, cpus, nodes, seconds, seed, runs, policies, workloads, scenario, faults, cgroups } =
    values
  const before = complaints.all.length
  const memory = memoryOf(tree, values, complaints)
  if (nodes !== undefined) checkNodes(nodes, { cpus, place: at(tree, 'nodes') }, complaints)
  if (complaints.all.length > before) return null
  const layout = nodes === undefined ? undefined : layoutOf(nodes)
  const places = {
    memory: layout?.memory ?? [memory],
    cpus: layout?.cpuNodes.length ?? cpus ?? 1,
  }
  // Processes that do the same have one.
  for (const placement of new Set(workloads.map((each) => each.placement))) {
    checkPlacement(placement, places, complaints)
  }
  const kept = (values.sysctls?.min_free_kbytes ?? 0) * KIB
  if (kept > memory / 4) {
    complaints.add(
      at(tree, 'sysctls'),
      'sysctls.min_free_kbytes keeps more than a quarter of the memory free',
    )
  }
  const taken = faults.reduce(
    (sum, fault) => sum + (fault.type === 'memory-taken' ? fault.pages * 4096 : 0),
    0,
  )
  if (taken > memory) {
    complaints.add(at(tree, 'faults'), 'faults take more memory away than there is')
  }
  const said = { kernel: values.kernel, defragMode: values.sysctls?.defrag_mode }
  const rules = rulesOf(said, at(tree, 'sysctls'), complaints)
  const cma = cmaOf(values.cma)
  checkCma(cma, { memory, place: at(tree, 'cma'), workloads }, complaints)
  assertMembers(workloads, cgroups, complaints)
  if (complaints.all.length > before) return null
  return {
    spec: sizedMachine(memory, {
      cgroups: cgroups.map((each) => each.spec),
      ...(name === undefined ? {} : { name }),
      ...(cpus === undefined ? {} : { cpus }),
      ...(layout === undefined ? {} : { nodes: layout }),
      lruGen: values.lru_gen,
      ...(values.swap === undefined ? {} : { swap: swapOf(values.swap) }),
      ...(rules === undefined ? {} : { rules }),
      ...(cma.length === 0 ? {} : { cma }),
      ...(values.disk === undefined ? {} : { disk: diskOf(values.disk) }),
      ...(values.sysctls === undefined ? {} : { sysctls: sysctlsOf(values.sysctls) }),
    }),
    seconds,
    seed,
    runs,
    policies: [...new Set(policies)],
    workloads,
    scenario: scenario === undefined ? null : { given: scenario, line: at(tree, 'scenario').line },
    faults,
    notes: [
      ...notesOf(values),
      ...groupNotes(cgroups, { memory, swap: values.swap !== undefined }),
    ],
  }
}

/** What has no effect. */
function notesOf({ sysctls, swap, nodes }: ReadMachine): string[] {
  const notes: string[] = []
  if (sysctls?.swappiness !== undefined && swap === undefined) {
    notes.push('sysctls.swappiness has no effect: this machine has no swap.')
  }
  if ((sysctls?.zone_reclaim_mode ?? 0) > 0 && (nodes?.length ?? 1) === 1) {
    notes.push('sysctls.zone_reclaim_mode has no effect: this machine has one node.')
  }
  return notes
}

/** How much memory a machine has: as it says, or its nodes do. What is wrong with that is said. */
function memoryOf(
  tree: Tree,
  { memory, nodes }: Pick<ReadMachine, 'memory' | 'nodes'>,
  complaints: Complaints,
): number {
  if (nodes === undefined) {
    if (memory === undefined) complaints.add(tree, `a machine needs memory: ${MEMORY.takes}`)
    return memory ?? 0
  }
  if (memory !== undefined) {
    complaints.add(
      at(tree, 'memory'),
      'memory and nodes both say how much memory there is: leave memory out',
    )
  }
  const sizes = nodes.map((node) => node.memory ?? 0)
  const all = sizes.reduce((sum, bytes) => sum + bytes, 0)
  const first = sizes.find((bytes) => bytes > 0) ?? 0
  if (first < LEAST_MEMORY) {
    complaints.add(
      at(tree, 'nodes'),
      `nodes: the first with memory has the kernel's own too, and needs ${LEAST_MEMORY / MIB} MiB at least`,
    )
  }
  if (all > MOST_MEMORY) {
    complaints.add(
      at(tree, 'nodes'),
      `nodes: all of them have ${MOST_MEMORY / MIB / KIB} GiB at most`,
    )
  }
  return all
}

/** The JSON schema of a machine file. */
export function machineSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'kernel-sim-machine-1',
    title: 'kernel-sim simulate: a machine',
    description:
      'A machine with little memory, what runs on it, and what goes wrong with it. Sizes, times and rates are a number and a unit.',
    ...MACHINE.schema,
    // Memory is said by the machine, or by its nodes.
    oneOf: ['memory', 'nodes'].map((name) => ({
      type: 'object',
      properties: { [name]: true },
      required: [name],
    })),
  }
}

type ReadMachine = NonNullable<ReturnType<typeof MACHINE.read>>
type ReadDisk = NonNullable<ReturnType<typeof DISK.read>>
type ReadSwap = NonNullable<ReturnType<typeof SWAP.read>>
type ReadSysctls = NonNullable<ReturnType<typeof SYSCTLS.read>>

function diskOf(read: ReadDisk): DiskSpec {
  return {
    bytesPerSecond: read.bandwidth,
    perRequest: read.latency,
    queueDepth: read.queue_depth,
    blockLayerRequests: read.nr_requests,
    maxRequestBytes: read.max_request,
    readaheadBytes: read.readahead,
    crypt: read.crypt,
    loop: read.loop,
  }
}

function swapOf(read: ReadSwap): SwapSpec {
  return {
    pages: Math.ceil(read.size / (4 * KIB)),
    ratio: read.ratio,
    sameFilledPercent: read.same_filled,
    compress: read.compress,
    decompress: read.decompress,
  }
}

function sysctlsOf(read: ReadSysctls): VmSysctls & WatermarkSysctls {
  return {
    ...(read.min_free_kbytes === undefined ? {} : { minFreeKbytes: read.min_free_kbytes }),
    watermarkScaleFactor: read.watermark_scale_factor,
    watermarkBoostFactor: read.watermark_boost_factor,
    dirtyRatio: read.dirty_ratio,
    dirtyBackgroundRatio: read.dirty_background_ratio,
    dirtyExpireCentisecs: read.dirty_expire_centisecs,
    dirtyWritebackCentisecs: read.dirty_writeback_centisecs,
    vfsCachePressure: read.vfs_cache_pressure,
    ...(read.zone_reclaim_mode === 0 ? {} : { zoneReclaimMode: read.zone_reclaim_mode }),
    ...(read.swappiness === undefined ? {} : { swappiness: read.swappiness }),
  }
}
