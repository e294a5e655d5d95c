/** Compact result: what compaction says of itself (include/linux/compaction.h, enum compact_result, 6.1). Higher wins among zones. */

/** No zone had free pages enough to work with, or the request must not start I/O. */
export const COMPACT_SKIPPED = 1
/** It has failed lately, and is not tried again so soon. */
export const COMPACT_DEFERRED = 2
/** Goes on. */
export const COMPACT_CONTINUE = 4
/** A whole zone was compacted, in vain. */
export const COMPACT_COMPLETE = 5
/** Part of a zone was compacted, in vain. */
export const COMPACT_PARTIAL_SKIPPED = 6
/** It had to stop: there was nowhere to move pages to, before the zone was done. */
export const COMPACT_CONTENDED = 7
/** There is a block now. */
export const COMPACT_SUCCESS = 8

/** Compacts the whole zone, and all pageblocks of it (MIN_COMPACT_PRIORITY). */
export const COMPACT_PRIO_SYNC_FULL = 0
/** The usual (DEF_COMPACT_PRIORITY), and the most for costly orders (MIN_COMPACT_COSTLY_PRIORITY). */
export const COMPACT_PRIO_SYNC_LIGHT = 1
/** Only what is cheap (INIT_COMPACT_PRIORITY). */
export const COMPACT_PRIO_ASYNC = 2
