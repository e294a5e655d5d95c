/**
 * Sized: a machine like the one that was measured, of another size, with other CPUs, another disk or other sysctls. What its kernel
 * leaves free is what a line through the sizes that were measured says.
 */
import type { AllocatorRules } from '@scopemask/allocator'
import type { CgroupSpec, DiskSpec, MachineSpec, SwapSpec, VmSysctls } from '../machine-spec.js'
import { type CmaSpec, placedCmaAreas } from './cma-areas.js'
import { type NodeLayout, nodePages } from './node-pages.js'
import { PAGES_PER_MIB, plainMachine } from './plain.js'

const MIB = 1024 * 1024

/** The sysctls of /proc/sys/vm that decide about watermarks. */
export interface WatermarkSysctls {
  /** KiB; by default what the kernel chooses for the size. */
  readonly minFreeKbytes?: number
  /** In 1/10,000 of a zone; by default 10. */
  readonly watermarkScaleFactor?: number
  /** In 1/10,000 of the high watermark; by default 0, as on the machine that was measured. */
  readonly watermarkBoostFactor?: number
  /** How a node is reclaimed before a request goes on to another (the sysctl zone_reclaim_mode): 0 to 7, by default 0, not at all. */
  readonly zoneReclaimMode?: number
  /** How readily pages of programs are swapped out, 0 to 200; by default 60. */
  readonly swappiness?: number
}

/** What is not as on the machine that was measured. */
export interface Differences {
  readonly name?: string
  readonly cpus?: number
  /** The nodes that its memory and its CPUs are on; by default one. Their memory is all that it has. */
  readonly nodes?: NodeLayout
  /** Pages are in generations (MGLRU); by default on active and inactive lists, as on the machine that was measured. */
  readonly lruGen?: boolean
  /** By default none. */
  readonly swap?: SwapSpec
  /** By default none. */
  readonly cgroups?: readonly CgroupSpec[]
  readonly disk?: Partial<DiskSpec>
  /** CMA areas; by default the kernel is one without them. */
  readonly cma?: readonly CmaSpec[]
  /** Of which kernel the page allocator's rules are; by default 6.1's. */
  readonly rules?: AllocatorRules
  readonly sysctls?: Partial<VmSysctls> & WatermarkSysctls
}

/** @param bytes of memory: 80 MiB at least, as the kernel itself keeps some */
export function sizedMachine(bytes: number, differences: Differences = {}): MachineSpec {
  const ram = bytes / MIB
  const plain = plainMachine(ram)
  const { minFreeKbytes, watermarkScaleFactor, watermarkBoostFactor, swappiness, ...rest } =
    differences.sysctls ?? {}
  const { zoneReclaimMode, ...vm } = rest
  const sysctls = { ...plain.sysctls, ...vm }
  const { nodes } = differences
  const spread = (pages: number | undefined, perMib: number) =>
    nodePages({ ram, pages: pages ?? 0, perMib }, nodes)
  const managed = spread(plain.memory.nodes[0]?.DMA32, PAGES_PER_MIB.managed)
  const free = spread(plain.freeAtStart[0]?.DMA32, PAGES_PER_MIB.free)
  return {
    ...plain,
    name: differences.name ?? `${Math.round(ram)} MiB`,
    cpus: nodes?.cpuNodes.length ?? differences.cpus ?? plain.cpus,
    memory: {
      ...plain.memory,
      nodes: managed,
      ...(differences.cma === undefined ? {} : { cma: placedCmaAreas(managed, differences.cma) }),
      ...(nodes === undefined ? {} : { cpuNodes: nodes.cpuNodes }),
      ...(nodes?.distances === undefined ? {} : { distances: nodes.distances }),
      ...(differences.lruGen === true ? { lruGen: true } : {}),
      ...(differences.rules === undefined ? {} : { rules: differences.rules }),
      ...(minFreeKbytes === undefined ? {} : { minFreeKbytes }),
      ...(watermarkScaleFactor === undefined ? {} : { watermarkScaleFactor }),
      ...(watermarkBoostFactor === undefined ? {} : { watermarkBoostFactor }),
      ...(zoneReclaimMode === undefined ? {} : { zoneReclaimMode }),
      ...(swappiness === undefined ? {} : { swappiness }),
    },
    freeAtStart: free,
    sysctls,
    // Setting the sysctl sets the limit too (mm/page-writeback.c, writeback_set_ratelimit).
    bootDirtyLimit: Math.round(
      (plain.bootDirtyLimit * sysctls.dirtyRatio) / plain.sysctls.dirtyRatio,
    ),
    swap: differences.swap ?? null,
    cgroups: differences.cgroups ?? [],
    disk: { ...plain.disk, ...differences.disk },
  }
}
