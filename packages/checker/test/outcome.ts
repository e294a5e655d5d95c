/** Outcome: all that a user sees of a search, but for how long it took. */

import { tokenOf } from '../src/run/token.js'
import { scheduleTo } from '../src/search/schedule.js'
import type { Search } from '../src/search/search.js'

export function outcome(search: Search) {
  const result = search.run()
  const end = result.deadlocks[0] ?? result.livelock
  const token =
    end === undefined || end === null ? '' : tokenOf(search.machine, scheduleTo(search, end))
  return { ...result, seconds: 0, token, misuse: result.misuse?.error.message }
}
