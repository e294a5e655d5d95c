/** Outcome: all that a user sees of a search, but for how long it took. */
import { scheduleTo } from '../../src/check/schedule.js'
import type { Search } from '../../src/check/search.js'
import { tokenOf } from '../../src/check/token.js'

export function outcome(search: Search) {
  const result = search.run()
  const end = result.deadlocks[0] ?? result.livelock
  const token =
    end === undefined || end === null ? '' : tokenOf(search.machine, scheduleTo(search, end))
  return { ...result, seconds: 0, token, misuse: result.misuse?.error.message }
}
