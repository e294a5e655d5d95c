/**
 * Slab layout: how large the objects and slabs of a cache are, and how much its CPUs keep at hand (mm/slub.c,
 * calculate_sizes, calculate_order and set_cpu_partial, 6.1.192).
 */
import { MAX_ORDER } from '../pages/watermark.js'

export const PAGE_SIZE = 4096

const CACHE_LINE = 64
const POINTER = 8
/** Larger slabs are costly to get; only objects that fit no smaller one have them. */
const SLUB_MAX_ORDER = 3

/** What is known of a cache before it has any slab. */
export interface SlabLayout {
  /** The bytes of an object, with what alignment adds. */
  readonly size: number
  /** The order that slabs should have. */
  readonly order: number
  /** The order that will do when there is no block of {@link order}: enough for one object. */
  readonly minOrder: number
  /** How many slabs a CPU keeps beside the one that it allocates from. */
  readonly cpuPartialSlabs: number
  /** How many slabs with free objects are kept, even if all of their objects are. */
  readonly minPartial: number
}

/** The smallest order whose blocks have so many bytes (get_order). */
export function orderOf(bytes: number): number {
  return Math.max(0, Math.ceil(Math.log2(bytes / PAGE_SIZE)))
}

/** How many objects of a size a slab of an order has. */
export function objectsOf(order: number, size: number): number {
  return Math.floor((PAGE_SIZE << order) / size)
}

/**
 * The layout of a cache.
 *
 * @param size of an object, bytes
 * @param align of an object, bytes, a power of two
 * @param hwcacheAlign true if objects begin with a cache line, as far as they are not much smaller
 * @throws RangeError when an object does not fit the largest block there is, or has no size.
 */
export function slabLayout(
  size: number,
  align: number,
  hwcacheAlign: boolean,
  cpus: number,
): SlabLayout {
  if (!Number.isInteger(size) || size < 1 || size > PAGE_SIZE << (MAX_ORDER - 1)) {
    throw new RangeError(`objects have 1 to ${PAGE_SIZE << (MAX_ORDER - 1)} bytes, not ${size}`)
  }
  let alignment = Math.max(align, POINTER)
  if (hwcacheAlign) {
    let line = CACHE_LINE
    while (size <= line / 2) line /= 2
    alignment = Math.max(alignment, line)
  }
  const aligned = Math.ceil(size / alignment) * alignment
  const order = slabOrder(aligned, cpus)
  return {
    size: aligned,
    order,
    minOrder: orderOf(aligned),
    cpuPartialSlabs: cpuPartialSlabs(aligned, order),
    minPartial: Math.min(Math.max(Math.floor(Math.floor(Math.log2(aligned)) / 2), 5), 10),
  }
}

/**
 * The order of a cache's slabs: the smallest that has enough objects, more of them the more CPUs there are, and wastes
 * little; a sixteenth, if that can be had.
 */
function slabOrder(size: number, cpus: number): number {
  const enough = 4 * (33 - Math.clz32(cpus))
  for (let least = Math.min(enough, objectsOf(SLUB_MAX_ORDER, size)); least > 1; least--) {
    for (let fraction = 16; fraction >= 4; fraction /= 2) {
      const order = orderThatWastes(size, least, SLUB_MAX_ORDER, fraction)
      if (order <= SLUB_MAX_ORDER) return order
    }
  }
  const order = orderThatWastes(size, 1, SLUB_MAX_ORDER, 1)
  return order <= SLUB_MAX_ORDER ? order : orderOf(size)
}

/** calc_slab_order; one more than `most` when there is none. */
function orderThatWastes(size: number, least: number, most: number, fraction: number): number {
  let order = orderOf(least * size)
  while (order <= most) {
    const bytes = PAGE_SIZE << order
    if (bytes % size <= Math.floor(bytes / fraction)) break
    order++
  }
  return order
}

/** Small objects are allocated more often: of them a CPU keeps more. Half of each slab is supposed to be free. */
function cpuPartialSlabs(size: number, order: number): number {
  const objects = size >= PAGE_SIZE ? 6 : size >= 1024 ? 24 : size >= 256 ? 52 : 120
  return Math.ceil((objects * 2) / objectsOf(order, size))
}
