/**
 * Readahead: how much of a file is read before it is asked for (mm/readahead.c, 6.1.192, ondemand_readahead). A sequential reader has
 * a window ahead of it; when it reaches the mark in it, the next window is read.
 */

/** The window of an open file (struct file_ra_state). Pages. */
export interface Readahead {
  start: number
  size: number
  /** How many of them are left when the next window is to be read. */
  asyncSize: number
  /** The place of the last page read, -1 for none. */
  previous: number
  /** POSIX_FADV_RANDOM: no window. */
  random: boolean
}

export function newReadahead(): Readahead {
  return { start: 0, size: 0, asyncSize: 0, previous: -1, random: false }
}

/** What to read now: so many pages from a place on, with the mark at the one that is `mark` before the end; 0 for none. */
export interface Window {
  readonly start: number
  readonly size: number
  readonly mark: number
}

/** Asks of the page cache what the algorithm needs to know of it. */
export interface CachedPages {
  /** The first place from here on, within so many, that is not cached; -1 when all are. */
  nextMiss(from: number, within: number): number
  /** How many places right before this one, at most so many, are cached. */
  before(place: number, within: number): number
}

/**
 * Decides on a window.
 *
 * @param index the place that is asked for, which is not cached, or has the mark
 * @param wanted how many pages are asked for
 * @param max the largest window: 32 pages for 128 KiB
 * @param hit the page is cached and has the mark
 * @returns null when nothing is to be read
 */
export function ondemandReadahead(
  ra: Readahead,
  request: { readonly index: number; readonly wanted: number; readonly hit: boolean },
  max: number,
  cached: CachedPages,
): Window | null {
  const { index, wanted, hit } = request
  if (index === 0) return begin(ra, index, wanted, max)
  if (index === ra.start + ra.size - ra.asyncSize || index === ra.start + ra.size) {
    ra.start += ra.size
    ra.size = nextSize(ra.size, max)
    ra.asyncSize = ra.size
    return merged(ra, index, max)
  }
  if (hit) {
    // A mark that somebody else left: the window is what is cached from here on.
    const start = cached.nextMiss(index + 1, max)
    if (start < 0 || start - index > max) return null
    ra.start = start
    ra.size = nextSize(start - index + wanted, max)
    ra.asyncSize = ra.size
    return merged(ra, index, max)
  }
  if (wanted > max) return begin(ra, index, wanted, max)
  if (index - ra.previous <= 1 && index - ra.previous >= 0) return begin(ra, index, wanted, max)
  const history = cached.before(index, max)
  if (history > wanted) {
    // try_context_readahead: what is cached before it looks like a stream.
    const size = history >= index ? history * 2 : history
    ra.start = index
    ra.size = Math.min(size + wanted, max)
    ra.asyncSize = 1
    return merged(ra, index, max)
  }
  return { start: index, size: wanted, mark: 0 }
}

/** initial_readahead. */
function begin(ra: Readahead, index: number, wanted: number, max: number): Window {
  ra.start = index
  ra.size = initialSize(wanted, max)
  ra.asyncSize = ra.size > wanted ? ra.size - wanted : ra.size
  return merged(ra, index, max)
}

/** When the window begins with its own mark, the next one is read with it. */
function merged(ra: Readahead, index: number, max: number): Window {
  if (index === ra.start && ra.size === ra.asyncSize) {
    const more = nextSize(ra.size, max)
    if (ra.size + more <= max) {
      ra.asyncSize = more
      ra.size += more
    } else {
      ra.size = max
      ra.asyncSize = max >> 1
    }
  }
  return { start: ra.start, size: ra.size, mark: ra.asyncSize }
}

/** get_init_ra_size. */
function initialSize(wanted: number, max: number): number {
  const size = 2 ** Math.ceil(Math.log2(wanted))
  if (size <= max / 32) return size * 4
  return size <= max / 4 ? size * 2 : max
}

/** get_next_ra_size. */
function nextSize(size: number, max: number): number {
  if (size < max / 16) return 4 * size
  return size <= max / 2 ? 2 * size : max
}
