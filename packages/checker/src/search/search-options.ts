/** Search options: what a search is asked to do, and with what. */
import type { MicroStep } from '../run/step.js'
import type { Helpers } from './helpers.js'
import type { Limits } from './limits.js'
import type { Allows } from './stepper.js'
import type { Store } from './store.js'

/** What a search is asked to do. */
export interface SearchOptions extends Limits {
  /** True to leave out interleavings that make no difference (partial-order.ts). By default yes. */
  readonly partialOrder?: boolean
  /** True if states that differ only in names count once (symmetry.ts). By default yes. */
  readonly symmetry?: boolean
  /** True to go on after the first deadlock and count them all. By default no. */
  readonly allDeadlocks?: boolean
  /** True to look for livelocks. By default yes. */
  readonly livelocks?: boolean
  /**
   * Leaves out ways in which operations can turn out, to see what depends on them. It must treat replicas alike, and goes with no
   * crew. By default all ways are taken.
   */
  readonly allows?: Allows
  /**
   * The steps after which the search begins: what follows from where they lead to is what is searched. By default none. States are
   * counted from there.
   */
  readonly from?: readonly Pick<MicroStep, 'task' | 'outcome'>[]
  /**
   * True to keep hashes of 64 bits instead of states, which takes less memory. States that have the same hash as another one are
   * missed, so that the verdict is never `safe`, but at best `safe*`. It looks for no livelocks, goes with no crew, and makes no snapshots. By
   * default states are kept.
   */
  readonly hashCompact?: boolean
  /**
   * Keeps the states elsewhere than in memory: see node/disk/. The search looks for no livelocks, goes with no crew, and makes no snapshots;
   * `maxMegabytes` is the store's to keep. What is said of states after the search is read from it. By default states are kept in memory.
   */
  readonly store?: Store | undefined
  /** Threads that help. By default none do. */
  readonly crew?: Helpers | undefined
  /** Is told now and then how far the search is. */
  readonly onProgress?: (states: number, depth: number) => void
}
