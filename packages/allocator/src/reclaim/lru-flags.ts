/** LRU flags: what is known of a page that reclaim may take (enum pageflags of include/linux/page-flags.h, as far as reclaim asks). */

/** Part of a file; the others are memory of programs, which has to be swapped out. */
export const PG_FILE = 0x01
/** On the active list. */
export const PG_ACTIVE = 0x02
/** Used since reclaim last looked. */
export const PG_REFERENCED = 0x04
/** To be written before it can be freed. */
export const PG_DIRTY = 0x08
/** Being written. */
export const PG_WRITEBACK = 0x10
/** Reclaim has met it while it could not be freed. */
export const PG_RECLAIM = 0x20
/** The filesystem has data of its own at the page: only it can release it, for requests with `__GFP_FS`. */
export const PG_PRIVATE = 0x40
/** Of a page without a file, the same bit: it has a slot of swap space, to which it is written before it is freed. */
export const PG_SWAPCACHE = 0x40
/** It was active once: when it comes back it belongs to the working set. */
export const PG_WORKINGSET = 0x80
