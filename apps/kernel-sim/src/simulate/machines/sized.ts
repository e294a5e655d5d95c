/**
 * Sized: a machine like the one that was measured, of another size, with other CPUs, another disk or other sysctls. What its kernel
 * leaves free is what a line through the sizes that were measured says.
 */
import type { AllocatorRules } from '@scopemask/allocator'
import type { DiskSpec, MachineSpec, SwapSpec, VmSysctls } from '../machine-spec.js'
import { type CmaSpec, placedCmaAreas } from './cma-areas.js'
import { plainMachine } from './plain.js'

const MIB = 1024 * 1024
/** Memory below 4 GiB on x86: the rest of that is for devices (arch/x86/kernel/setup.c; QEMU's machines leave 3 GiB). */
const BELOW_4G = 3072

/** The sysctls of /proc/sys/vm that decide about watermarks. */
export interface WatermarkSysctls {
  /** KiB; by default what the kernel chooses for the size. */
  readonly minFreeKbytes?: number
  /** In 1/10,000 of a zone; by default 10. */
  readonly watermarkScaleFactor?: number
  /** In 1/10,000 of the high watermark; by default 0, as on the machine that was measured. */
  readonly watermarkBoostFactor?: number
  /** How readily pages of programs are swapped out, 0 to 200; by default 60. */
  readonly swappiness?: number
}

/** What is not as on the machine that was measured. */
export interface Differences {
  readonly name?: string
  readonly cpus?: number
  /** Pages are in generations (MGLRU); by default on active and inactive lists, as on the machine that was measured. */
  readonly lruGen?: boolean
  /** By default none. */
  readonly swap?: SwapSpec
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
  const { minFreeKbytes, watermarkScaleFactor, watermarkBoostFactor, swappiness, ...vm } =
    differences.sysctls ?? {}
  const sysctls = { ...plain.sysctls, ...vm }
  const managed = plain.memory.nodes[0]?.DMA32 ?? 0
  const free = plain.freeAtStart.DMA32 ?? 0
  const low = ram <= BELOW_4G ? 1 : BELOW_4G / ram
  const zones = (pages: number) =>
    low === 1
      ? { DMA32: pages }
      : { DMA32: Math.round(pages * low), Normal: pages - Math.round(pages * low) }
  return {
    ...plain,
    name: differences.name ?? `${Math.round(ram)} MiB`,
    cpus: differences.cpus ?? plain.cpus,
    memory: {
      ...plain.memory,
      nodes: [zones(managed)],
      ...(differences.cma === undefined
        ? {}
        : { cma: placedCmaAreas([zones(managed)], differences.cma) }),
      ...(differences.lruGen === true ? { lruGen: true } : {}),
      ...(differences.rules === undefined ? {} : { rules: differences.rules }),
      ...(minFreeKbytes === undefined ? {} : { minFreeKbytes }),
      ...(watermarkScaleFactor === undefined ? {} : { watermarkScaleFactor }),
      ...(watermarkBoostFactor === undefined ? {} : { watermarkBoostFactor }),
      ...(swappiness === undefined ? {} : { swappiness }),
    },
    freeAtStart: zones(free),
    sysctls,
    // Setting the sysctl sets the limit too (mm/page-writeback.c, writeback_set_ratelimit).
    bootDirtyLimit: Math.round(
      (plain.bootDirtyLimit * sysctls.dirtyRatio) / plain.sysctls.dirtyRatio,
    ),
    swap: differences.swap ?? null,
    disk: { ...plain.disk, ...differences.disk },
  }
}
