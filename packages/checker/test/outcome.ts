/** Outcome: all that a user sees of a search, but for how long it took. */

import { tokenOf } from '../src/run/token.js'
import type { SearchResult } from '../src/search/result.js'
import { scheduleTo } from '../src/search/schedule.js'
import type { Search } from '../src/search/search.js'

export function outcome(search: Search) {
  return outcomeOf(search, search.run())
}

/** The same, of a search that has come to its end. */
export function outcomeOf(search: Search, result: SearchResult) {
  const end = result.deadlocks[0] ?? result.livelock
  const token =
    end === undefined || end === null ? '' : tokenOf(search.machine, scheduleTo(search, end))
  return { ...result, seconds: 0, token, misuse: result.misuse?.error.message }
}
