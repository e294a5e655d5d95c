/**
 * Plain: the small virtual machine on which a real Linux 6.1.192 was measured, one CPU that executes an instruction a nanosecond, a
 * disk of exact service time, no swap. Sizes are what its /proc/zoneinfo said.
 */
import type { CpuCosts, DiskSpec, MachineSpec, VmSysctls } from '../machine-spec.js'
import { US } from '../time.js'

/** Measured on it: what the CPU takes for an operation. */
const PLAIN_COSTS: CpuCosts = {
  readMiss: 4.74 * US,
  readHit: 2.43 * US,
  write: 9.82 * US,
  kswapdPage: 2.4 * US,
  directPage: 2.32 * US,
  anonFault: 2.94 * US,
  createUnlink: 221.18 * US,
  statHit: 4.35 * US,
  vainReclaim: 257.34 * US,
}

/** 500 us + bytes / 25 MB/s, one at a time, 16 accepted at once. */
export const PLAIN_DISK: DiskSpec = {
  bytesPerSecond: 25_000_000,
  perRequest: 500 * US,
  queueDepth: 16,
  // nr_requests is 16: a request without one of the 16 tags is not made.
  blockLayerRequests: 0,
  maxRequestBytes: 256 * 1024,
  readaheadBytes: 128 * 1024,
  crypt: false,
  loop: false,
}

/**
 * The measuring process takes about 230 of the free pages. When it takes a sample at the beginning of a burst on 256 MiB, where
 * nothing stalls, 781 pages have been touched, each in 2.94 us.
 */
const SAMPLER = { pages: 230, lag: 781 * 2.94 * US }

const SYSCTLS: VmSysctls = {
  dirtyRatio: 20,
  dirtyBackgroundRatio: 10,
  dirtyExpireCentisecs: 3000,
  dirtyWritebackCentisecs: 500,
  vfsCachePressure: 100,
}

/**
 * Of 128 and 256 MiB: pages that the zone manages, pages free when a run begins, min_free_kbytes, and the dirty limit that the kernel
 * came with (nr_dirty_threshold as a real-time process reads it is 5/4 of the threshold and 1/32 of that limit).
 */
const SIZES = {
  128: { managed: 23_188, free: 16_792, minFreeKbytes: 1206, bootDirtyLimit: 4064 },
  256: { managed: 55_396, free: 48_679, minFreeKbytes: 1871, bootDirtyLimit: 10_016 },
} as const

/** Pages that there are more with each MiB. */
export const PAGES_PER_MIB = {
  managed: (SIZES[256].managed - SIZES[128].managed) / 128,
  free: (SIZES[256].free - SIZES[128].free) / 128,
} as const

/** @param ram MiB: 128, 256, or any other, where the sizes are what a line through both says */
export function plainMachine(ram: number, disk: Partial<DiskSpec> = {}): MachineSpec {
  const share = (ram - 128) / 128
  const between = (key: 'managed' | 'free' | 'bootDirtyLimit') =>
    Math.round(SIZES[128][key] + share * (SIZES[256][key] - SIZES[128][key]))
  const managed = between('managed')
  const known = ram === 128 || ram === 256 ? SIZES[ram].minFreeKbytes : undefined
  // calculate_min_free_kbytes: of the pages above the high watermark, which is 1.5 times what it says.
  const minFreeKbytes = known ?? Math.floor(Math.sqrt(managed * 0.9865 * 64))
  return {
    name: `plain-${ram}`,
    cpus: 1,
    memory: { nodes: [{ DMA32: managed }], minFreeKbytes, watermarkBoostFactor: 0 },
    freeAtStart: [{ DMA32: between('free') }],
    pinnedFilePages: 18,
    sampler: SAMPLER,
    slabReclaimable: 2264,
    slabUnreclaimable: 1426,
    sysctls: SYSCTLS,
    bootDirtyLimit: between('bootDirtyLimit'),
    swap: null,
    disk: { ...PLAIN_DISK, ...disk },
    costs: PLAIN_COSTS,
  }
}
