/**
 * Object charge: objects of slabs are charged to a group by the byte, and what its counter is charged for all of them are pages
 * (mm/memcontrol.c, obj_cgroup_charge, refill_obj_stock and obj_cgroup_uncharge, 6.1.192). Pages of slabs are nobody's, since objects of
 * several groups lie in one.
 *
 * What is left of a page is kept for the group. The kernel keeps it for a CPU, which may have less than a page more of each group.
 */

const PAGE_SIZE = 4096

/** What has been charged for objects: a copy. */
export type ObjectChargeState = readonly [bytes: number, pages: number]

/** The objects of a group. */
export class ObjectCharge {
  #bytes = 0
  #pages = 0

  /** Bytes of objects in use. */
  get bytes(): number {
    return this.#bytes
  }

  /** Pages that are charged for them. */
  get pages(): number {
    return this.#pages
  }

  /** Returns the pages that have to be charged before an object of so many bytes is; 0 if what is left of those charged is enough. */
  pagesFor(bytes: number): number {
    return this.#left >= bytes ? 0 : Math.ceil(bytes / PAGE_SIZE)
  }

  /** An object is in use. @param pages that have been charged for it */
  add(bytes: number, pages: number): void {
    this.#bytes += bytes
    this.#pages += pages
  }

  /** An object is free. Returns the pages that are to be uncharged: those that nothing is left in, once there is more than one page left. */
  remove(bytes: number): number {
    if (bytes > this.#bytes) {
      throw new RangeError(
        `${bytes} bytes of objects are uncharged, and ${this.#bytes} are charged`,
      )
    }
    this.#bytes -= bytes
    const pages = this.#left > PAGE_SIZE ? Math.floor(this.#left / PAGE_SIZE) : 0
    this.#pages -= pages
    return pages
  }

  /** Nobody needs what is left: returns the pages that are to be uncharged (drain_obj_stock). */
  drain(): number {
    const pages = Math.floor(this.#left / PAGE_SIZE)
    this.#pages -= pages
    return pages
  }

  /** What has been charged: a copy. */
  save(): ObjectChargeState {
    return [this.#bytes, this.#pages]
  }

  /** Puts it back. */
  load([bytes, pages]: ObjectChargeState): void {
    this.#bytes = bytes
    this.#pages = pages
  }

  get #left(): number {
    return this.#pages * PAGE_SIZE - this.#bytes
  }
}
