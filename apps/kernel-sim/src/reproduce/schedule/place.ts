/** Place: where in an execution a step is. */
import type { Program } from '@scopemask/checker/search'
import type { Placed } from './contiguous.js'

/** Where in an execution a step is. */
export interface Place {
  readonly steps: readonly Placed[]
  readonly at: number
  readonly programs: readonly Program[]
}
