/** Machine spec: what a machine is made of. Pages are 4 KiB. */
import type { MemcgLimits, MemoryOptions } from '@scopemask/allocator'

/** What a page cache, a program or reclaim uses the CPU for, in ns. Each is a line of the table of the machine that was measured. */
export interface CpuCosts {
  /** read() of a page that is not cached, without reclaim: allocate, read in, copy. */
  readonly readMiss: number
  /** pread() of a cached page. */
  readonly readHit: number
  /** write() of a page. */
  readonly write: number
  /** kswapd, for each clean page that it frees on a long list. */
  readonly kswapdPage: number
  /** Direct reclaim, for each clean page that it frees on a long list. */
  readonly directPage: number
  /** First touch of a page of a program. */
  readonly anonFault: number
  /** Creating a file, writing 4 KiB, closing it, and unlinking another. */
  readonly createUnlink: number
  /** stat() of a file whose inode and dentry are cached. */
  readonly statHit: number
  /** A direct reclaim that looks at everything and frees nothing. */
  readonly vainReclaim: number
}

export interface DiskSpec {
  readonly bytesPerSecond: number
  /** ns a request takes beside its bytes. */
  readonly perRequest: number
  /** Requests that are accepted at once. */
  readonly queueDepth: number
  /** Requests that wait in the block layer beside them (nr_requests). */
  readonly blockLayerRequests: number
  readonly maxRequestBytes: number
  readonly readaheadBytes: number
  /** What is on it is encrypted (dm-crypt). */
  readonly crypt: boolean
  /** It is a file of another filesystem (a loop device). */
  readonly loop: boolean
}

/** The sysctls of /proc/sys/vm that are not the page allocator's. */
export interface VmSysctls {
  readonly dirtyRatio: number
  readonly dirtyBackgroundRatio: number
  readonly dirtyExpireCentisecs: number
  readonly dirtyWritebackCentisecs: number
  readonly vfsCachePressure: number
}

/** Swap space in compressed memory (zram). */
export interface SwapSpec {
  readonly pages: number
  /** Pages shrink to this part of their size, on average. */
  readonly ratio: number
  /** How many of 100 pages are of one value, and take no memory. */
  readonly sameFilledPercent: number
  /** What the CPU takes to compress a page, and to decompress one, ns. */
  readonly compress: number
  readonly decompress: number
}

/** A memory cgroup (Documentation/admin-guide/cgroup-v2.rst). Limits are pages; what is left out is as the kernel has it. */
export interface CgroupSpec extends MemcgLimits {
  /** Without a `/` in front; what is before the last `/` is the group that it is in. */
  readonly path: string
  /** memory.oom.group. */
  readonly oomGroup: boolean
}

export interface MachineSpec {
  readonly name: string
  readonly cpus: number
  readonly memory: MemoryOptions
  /** Pages free when a run begins, by node and by zone; the rest is the kernel's. */
  readonly freeAtStart: readonly Readonly<Record<string, number>>[]
  /** Of what is not free: pages of the file LRU that are in use for good, such as the superblock's buffers. */
  readonly pinnedFilePages: number
  /** The real-time program that measures, each half second. */
  readonly sampler: {
    /** Pages that it has in use for the whole run. */
    readonly pages: number
    /** How long after each half second it runs, ns. */
    readonly lag: number
  }
  /** Pages of reclaimable slab that never go away. */
  readonly slabReclaimable: number
  readonly slabUnreclaimable: number
  readonly sysctls: VmSysctls
  /**
   * The dirty limit that the kernel set when it was started, with more memory free than later; it is followed down slowly
   * (mm/page-writeback.c, dom->dirty_limit). Pages.
   */
  readonly bootDirtyLimit: number
  /** Swap space; null where there is none. */
  readonly swap: SwapSpec | null
  /** Memory cgroups, each after the one that it is in; by default there are none. */
  readonly cgroups?: readonly CgroupSpec[]
  readonly disk: DiskSpec
  readonly costs: CpuCosts
}
