/**
 * Short search: most searches are over before it would pay to watch each step of a scenario's code. So the beginning of a search is watched as
 * a whole, with the building of what is searched; what takes too long is thrown away and done once more, step by step.
 */
import type { Search, SearchResult } from '@scopemask/checker/search'

/** How many states a search has at most that is watched as a whole. */
const MOST_STATES = 5_000

/** The result of a search, if it is a short one; null for one that has more states, and can go on. */
export function shortResult(search: Search): SearchResult | null {
  while (search.table.size < MOST_STATES) {
    const result = search.advance()
    if (result !== null) return result
  }
  return null
}
