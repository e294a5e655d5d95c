/** Turn: what an actor does when its gate is opened, beside what that comes to in the model. */
import type { MachineObject } from '@scopemask/checker/machine'
import type { KernelOperation } from '../../kernel/operation.js'
import type { Actor } from '../module/cast.js'

/** What an actor does in a turn. */
export type Deed =
  | { readonly kind: 'operation'; readonly operation: KernelOperation }
  | { readonly kind: 'allocation'; readonly gfp: number }
  | { readonly kind: 'begins' | 'finishes'; readonly work: MachineObject }
  | { readonly kind: 'interrupt'; readonly operation: KernelOperation }

/** A turn of an actor. */
export interface Turn {
  readonly actor: Actor
  readonly deed: Deed
  readonly outcome: number
  /** What it comes to in the model, as the function in C says it; -1 where the execution ends before that. */
  readonly result: number
  /** For an allocation: whether memory is tight, and whether it fails. */
  readonly pressed: boolean
  readonly fails: boolean
  /** True if it may try again and again until somebody else has done something. */
  readonly spins: boolean
  /** True if the actor sleeps there. */
  readonly blocks: boolean
  /** True if the actor must not sleep then, so that it does this right after what came before. */
  readonly within: boolean
}

/**
 * Something that happens by itself: the delay of an item is over, a worker may take it, or a request that is under way wants kswapd. The
 * object is the item, or what says that kswapd is wanted.
 */
export interface Event {
  readonly happens: 'expires' | 'admitted' | 'wakes kswapd'
  readonly object: MachineObject
}

export interface Plan {
  readonly turns: readonly (Turn | Event)[]
  /** True if kthreadd finds memory tight. */
  readonly tight: boolean
}
