/**
 * Zram: a block device in compressed memory, to swap to (drivers/block/zram/zram_drv.c, __zram_bvec_write and zram_free_page, 6.1.192). What it
 * stores takes pages of the machine that it is to help: it allocates while memory is reclaimed. A page of one value that repeats takes nothing; one that
 * hardly shrinks is stored as it is.
 */
import {
  __GFP_HIGHMEM,
  __GFP_KSWAPD_RECLAIM,
  __GFP_MOVABLE,
  __GFP_NOWARN,
  GFP_NOIO,
} from '../gfp/flags.js'
import { NO_HANDLE, Zsmalloc, type ZsPages, zsHugeClassSize } from './zsmalloc.js'

/** What is written has this size when it is a page of one value that repeats (ZRAM_SAME). */
export const SAME_FILLED = 0
const PAGE_SIZE = 4096
/** Without reclaim at first, since a compressor is held that belongs to the CPU; and with it, if that fails. */
const FAST = (__GFP_KSWAPD_RECLAIM | __GFP_NOWARN | __GFP_HIGHMEM | __GFP_MOVABLE) >>> 0
const SLOW = (GFP_NOIO | __GFP_HIGHMEM | __GFP_MOVABLE) >>> 0

/** Its figures, by the names of /sys/block/zram0/mm_stat; bytes, and pages where it says so. */
export interface ZramStat {
  /** Bytes of what is stored, before compression. */
  readonly orig_data_size: number
  /** Bytes of what is stored, compressed. */
  readonly compr_data_size: number
  /** Bytes that it has taken from the page allocator, what is lost between objects included. */
  readonly mem_used_total: number
  /** The most of that. */
  readonly mem_used_max: number
  /** Pages of one value. */
  readonly same_pages: number
  /** Pages that are stored as they are. */
  readonly huge_pages: number
}

/** The work that it had: whoever simulates a CPU charges time for it. */
export interface ZramWork {
  /** Pages compressed, those included that had to be compressed a second time. */
  readonly compressions: number
  /** Pages decompressed. */
  readonly decompressions: number
  /** Writes that had to wait for memory (io_stat and debug_stat: writestall). */
  readonly writestalls: number
}

/** A slot that nothing is in, one of a page of one value, and one of a page that is stored as it is: beside handles. */
const EMPTY = -1
const SAME = -2

/** The device. */
export class Zram {
  readonly #pool: Zsmalloc
  readonly #hugeSize = zsHugeClassSize()
  /** By slot: a handle, or what else is there. */
  readonly #handles: Int32Array
  /** By slot: bytes, compressed. */
  readonly #sizes: Uint16Array
  #stored = 0
  #bytes = 0
  #same = 0
  #huge = 0
  #most = 0
  #compressions = 0
  #decompressions = 0
  #writestalls = 0

  /**
   * @param slots its size (disksize), pages
   * @param source where pages come from: the page allocator, for a task that frees memory (PF_MEMALLOC)
   */
  constructor(slots: number, source: ZsPages) {
    this.#pool = new Zsmalloc(source)
    this.#handles = new Int32Array(slots).fill(EMPTY)
    this.#sizes = new Uint16Array(slots)
  }

  /**
   * Stores a page.
   * @param bytes what it shrinks to, 1 to 4096; {@link SAME_FILLED} for a page of one value
   * @returns false when there is no memory for it: then what the slot had is there still
   */
  write(slot: number, bytes: number): boolean {
    if (bytes === SAME_FILLED) {
      this.free(slot)
      this.#handles[slot] = SAME
      this.#same++
      this.#stored++
      return true
    }
    const size = bytes >= this.#hugeSize ? PAGE_SIZE : Math.max(1, Math.ceil(bytes))
    this.#compressions++
    let handle = this.#pool.malloc(size, FAST)
    if (handle === NO_HANDLE) {
      this.#writestalls++
      handle = this.#pool.malloc(size, SLOW)
      if (handle === NO_HANDLE) return false
      if (size !== PAGE_SIZE) this.#compressions++
    }
    this.#most = Math.max(this.#most, this.#pool.pages)
    this.free(slot)
    this.#handles[slot] = handle
    this.#sizes[slot] = size
    this.#bytes += size
    this.#stored++
    if (size === PAGE_SIZE) this.#huge++
    return true
  }

  /** Reads a page: what was compressed is decompressed. */
  read(slot: number): void {
    if (this.isCompressed(slot)) this.#decompressions++
  }

  /** Returns true if reading a slot takes a decompression. */
  isCompressed(slot: number): boolean {
    return (this.#handles[slot] as number) >= 0 && this.#sizes[slot] !== PAGE_SIZE
  }

  /** Nobody needs what is in a slot (zram_free_page). */
  free(slot: number): void {
    const handle = this.#handles[slot] as number
    if (handle === EMPTY) return
    this.#handles[slot] = EMPTY
    this.#stored--
    if (handle === SAME) {
      this.#same--
      return
    }
    const size = this.#sizes[slot] as number
    this.#bytes -= size
    if (size === PAGE_SIZE) this.#huge--
    this.#pool.free(handle)
  }

  /** Pages of memory that it has taken. */
  get pages(): number {
    return this.#pool.pages
  }

  /** The work that it had so far. */
  get work(): ZramWork {
    return {
      compressions: this.#compressions,
      decompressions: this.#decompressions,
      writestalls: this.#writestalls,
    }
  }

  /** Its figures. */
  get stat(): ZramStat {
    return {
      orig_data_size: this.#stored * PAGE_SIZE,
      compr_data_size: this.#bytes,
      mem_used_total: this.#pool.pages * PAGE_SIZE,
      mem_used_max: this.#most * PAGE_SIZE,
      same_pages: this.#same,
      huge_pages: this.#huge,
    }
  }
}
