/**
 * Migratetypes with CONFIG_CMA (include/linux/mmzone.h, enum migratetype, 6.1 and 6.18): those of gfp/migratetype.ts, and two that no
 * request has. They are not constants of the package: without CONFIG_CMA there is no MIGRATE_CMA, and MIGRATE_ISOLATE is 4.
 */

/** The pageblock is part of a CMA area: movable pages may be there until somebody needs the area. */
export const MIGRATE_CMA = 4
/** Nothing is allocated from the pageblock: its pages are about to be moved, or taken away. */
export const MIGRATE_ISOLATE = 5
