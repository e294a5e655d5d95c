/**
 * Zram swap: the swap space of a machine, in compressed memory. What reclaim takes of a program is compressed into pages of the same memory, by whoever
 * reclaims and in its time; a fault that needs it decompresses it, and gives the slot back (mm/memory.c, do_swap_page, for SWP_SYNCHRONOUS_IO, 6.1.192).
 *
 * How far a page shrinks follows from which page of which program it is, and stays so. That, and what the compressor costs, are what the machine says:
 * the machine that was measured has no swap.
 */
import {
  __GFP_MOVABLE,
  NO_SWAP_ENTRY,
  type PageAllocator,
  PF,
  PF_MEMALLOC,
  SAME_FILLED,
  SwapSpace,
  Zram,
} from '@scopemask/allocator'
import { Task as CoreTask } from '@scopemask/core/task'
import type { SwapSpec } from '../machine-spec.js'

const PAGE_SIZE = 4096
/** Of a page that is not there: `SWAPPED - entry`, where a page that has never been there has -1. */
const SWAPPED = -2

/** Returns true if what a program has at a place is in swap space. */
export function isSwapped(place: number): boolean {
  return place <= SWAPPED
}

export class ZramSwap {
  readonly space: SwapSpace
  readonly zram: Zram
  /** Pages that went to swap, and that came back (pswpout, pswpin). */
  swappedOut = 0
  swappedIn = 0
  readonly #memory: PageAllocator
  readonly #spec: SwapSpec
  /** By page: its slot, -1 for none. */
  readonly #entryOf: Int32Array
  /** By slot: what reclaim has left with it. */
  readonly #shadows: Int32Array
  /** What reclaimers have to be charged for. */
  #compressions = 0

  /** @param memory is asked for pages only once something is swapped out */
  constructor(memory: PageAllocator, spec: SwapSpec) {
    const { pages } = spec
    const task = new CoreTask(PF, { name: 'zram0', mask: PF_MEMALLOC })
    this.#memory = memory
    this.#spec = spec
    this.zram = new Zram(pages, {
      // Pages of zsmalloc do not move here, as those of a kernel without CONFIG_COMPACTION: they stay out of CMA areas.
      alloc: (gfp) => memory.alloc(task, memory.zones.cma ? (gfp & ~__GFP_MOVABLE) >>> 0 : gfp, 0),
      free: (page) => memory.free(page, 0),
    })
    this.space = new SwapSpace([{ pages, zram: this.zram }], memory.memcgs)
    this.#entryOf = new Int32Array(memory.frames.pages).fill(NO_SWAP_ENTRY)
    this.#shadows = new Int32Array(pages)
  }

  /** Gives a page a slot (add_to_swap). */
  add(page: number): boolean {
    const entry = this.space.alloc(page)
    this.#entryOf[page] = entry
    return entry !== NO_SWAP_ENTRY
  }

  /** Compresses a page into its slot. @param content tells pages apart: a page with the same one shrinks as far */
  write(page: number, content: number): boolean {
    const written = this.space.write(this.#entryOf[page] as number, this.#bytes(content))
    if (written) this.swappedOut++
    return written
  }

  /** A page is gone from memory. Returns what its program has at its place from now on. */
  lost(page: number, shadow: number): number {
    const entry = this.#entryOf[page] as number
    this.#entryOf[page] = NO_SWAP_ENTRY
    if (entry === NO_SWAP_ENTRY) return -1
    this.#shadows[entry] = shadow
    return SWAPPED - entry
  }

  /** A page moves to another one: its slot is that one's. */
  moved(from: number, to: number): void {
    this.#entryOf[to] = this.#entryOf[from] as number
    this.#entryOf[from] = NO_SWAP_ENTRY
  }

  /** A page of a program is about to be freed by its program: its slot is too, if it has one. */
  dropped(page: number): void {
    const entry = this.#entryOf[page] as number
    if (entry === NO_SWAP_ENTRY) return
    this.#entryOf[page] = NO_SWAP_ENTRY
    this.space.release(entry)
  }

  /** What is at a place in swap space is needed by nobody any more. */
  discard(place: number): void {
    this.space.release(SWAPPED - place)
  }

  /** A fault has read what is at a place into a page. Returns the flags that the page starts with. */
  bringIn(place: number, page: number): number {
    const entry = SWAPPED - place
    this.space.read(entry)
    this.swappedIn++
    const { node } = this.#memory.zones.zoneOf(page)
    const shadow = this.#shadows[entry] as number
    const group = this.#memory.memcgs.of(page).number
    const flags = this.#memory.workingset.refault({ node, shadow, file: false, group })
    this.space.release(entry)
    return flags
  }

  /** What compressing and decompressing has taken so far, ns. */
  get time(): number {
    const { compressions, decompressions } = this.zram.work
    return compressions * this.#spec.compress + decompressions * this.#spec.decompress
  }

  /** What a fault takes to decompress what is at a place, ns. */
  decompressTime(place: number): number {
    return this.zram.isCompressed(SWAPPED - place) ? this.#spec.decompress : 0
  }

  /** The time that compressing has taken since this was last asked, ns: whoever reclaims has spent it. */
  takeTime(): number {
    const { compressions } = this.zram.work
    const time = (compressions - this.#compressions) * this.#spec.compress
    this.#compressions = compressions
    return time
  }

  /** So many bytes a page shrinks to: some are of one value, the others between a half and one and a half of what the ratio says. */
  #bytes(content: number): number {
    const { ratio, sameFilledPercent } = this.#spec
    const hash = mixed(content)
    if (hash % 100 < sameFilledPercent) return SAME_FILLED
    const share = (Math.floor(hash / 100) % 1000) / 1000
    return Math.min(PAGE_SIZE, Math.max(1, Math.round((PAGE_SIZE / ratio) * (0.5 + share))))
  }
}

/** A number of 31 bits that differs in many bits for numbers that differ in one (the finalizer of MurmurHash3). */
function mixed(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 1
}
