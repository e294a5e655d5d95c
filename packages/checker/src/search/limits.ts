/** Limits: what a search may take, and which limit it has reached. */
import { BLOCK } from './block.js'
import type { Cursor } from './cursor.js'
import type { KeptTable } from './kept-states.js'
import { MAX_STATES } from './state-table.js'

/**
 * What a search may take: a limit that stops it makes the verdict `bounded`. Limits are looked at between blocks of states, so a
 * search may go a little beyond; where it stops is the same each time, but for seconds. That does not depend on how many threads there are,
 * nor, where states are in memory, on whether the search has gone on from a snapshot.
 */
export interface Limits {
  /** How many states may be kept, at most 134 million; in a store, 2,147 million. */
  readonly maxStates?: number
  /** How many steps deep. */
  readonly maxDepth?: number
  /** How many seconds one run may take. By default unlimited: a verdict should not depend on how busy the machine is. */
  readonly maxSeconds?: number
  /** How many megabytes the table of states may take, each 1,000,000 bytes. While it grows it needs up to half as much again. */
  readonly maxMegabytes?: number
  /** How many gigabytes a store may take, each 1,000,000,000 bytes. By default unlimited. */
  readonly maxGigabytes?: number
}

/** The limits of a search that is given none. */
export const DEFAULT_LIMITS = {
  /** 20 million states. */
  maxStates: 20_000_000,
  /** Any depth. */
  maxDepth: Number.POSITIVE_INFINITY,
  /** Any time. */
  maxSeconds: Number.POSITIVE_INFINITY,
  /** 2,000 megabytes, each 1,000,000 bytes. */
  maxMegabytes: 2000,
  /** Any number of gigabytes. */
  maxGigabytes: Number.POSITIVE_INFINITY,
} as const satisfies Limits

/** The limit that a search has reached, or may outgrow within the block that comes; null while there is none. */
export function limitReached(
  limits: Required<Limits>,
  table: KeptTable,
  { state, depth, levelEnd }: Cursor,
  seconds: number,
): keyof Limits | null {
  const { maxStates, maxDepth, maxSeconds } = limits
  const more = 4 * Math.min(BLOCK, levelEnd - state)
  const isStored = 'storedFor' in table
  const soon = table.size + more + (isStored ? table.pending : 0)
  if (table.size > maxStates || soon > (isStored ? table.capacity : MAX_STATES)) return 'maxStates'
  if (depth > maxDepth) return 'maxDepth'
  if (seconds > maxSeconds) return 'maxSeconds'
  return limitOfBytes(limits, table, more)
}

/** The limit of bytes that would be reached with so many states more. */
function limitOfBytes(
  { maxMegabytes, maxGigabytes }: Required<Limits>,
  table: KeptTable,
  more: number,
): keyof Limits | null {
  if ('storedFor' in table) {
    return table.storedFor(more) > maxGigabytes * 1e9 ? 'maxGigabytes' : null
  }
  return table.bytesFor(table.size + more) > maxMegabytes * 1e6 ? 'maxMegabytes' : null
}
