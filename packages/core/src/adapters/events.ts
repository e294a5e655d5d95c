/**
 * Events: listeners that run in the context that registered them, not in that of whoever fires. `EventEmitter` and
 * `EventTarget` alike, so also `AbortSignal`, `MessagePort` and sockets.
 * @module events
 */
import type { Context } from '../context.js'
import { bind } from '../current.js'

/** A listener of any event. */
export type Listener = (...args: never) => unknown

/** `EventEmitter`, as far as this file has to know it. */
export interface EmitterLike {
  /** Registers a listener. */
  on(type: string | symbol, listener: (...args: unknown[]) => void): unknown
  /** Removes a listener. */
  off(type: string | symbol, listener: (...args: unknown[]) => void): unknown
}

/** `EventTarget`, as far as this file has to know it. */
export interface TargetLike {
  /** Registers a listener. */
  addEventListener(type: string, listener: (event: unknown) => void): void
  /** Removes a listener. */
  removeEventListener(type: string, listener: (event: unknown) => void): void
}

/** Registers listeners on behalf of a context. Made by {@link listening}. */
export interface Listening {
  /** Registers a listener, which runs with the context as the current one. */
  on(type: string, listener: Listener): this
  /** Removes a listener by the function that was registered. On an EventEmitter its own `off` does so too. */
  off(type: string, listener: Listener): this
}

/**
 * Registers listeners on behalf of a context:
 *
 * ```ts
 * const events = listening(context, socket).on('data', onData)
 * events.off('data', onData)
 * ```
 */
export function listening<N extends string>(
  context: Context<N>,
  source: EmitterLike | TargetLike,
): Listening {
  const emits = 'on' in source
  const add = emits ? source.on.bind(source) : source.addEventListener.bind(source)
  const remove = emits ? source.off.bind(source) : source.removeEventListener.bind(source)
  /** What stands for each listener, by type. */
  const bound = new Map<string, Map<Listener, Listener>>()
  return {
    on(type, listener) {
      const ofType = bound.get(type) ?? new Map<Listener, Listener>()
      bound.set(type, ofType)
      // The same function twice: an EventEmitter calls it twice, an EventTarget once.
      const known = emits ? undefined : ofType.get(listener)
      const standIn = known ?? Object.assign(bind(context, listener), { listener })
      ofType.set(listener, standIn)
      add(type, standIn as () => void)
      return this
    },
    off(type, listener) {
      const standIn = bound.get(type)?.get(listener)
      // An emitter knows a stand-in by its `listener`, and removes the latest first, as its own listeners.
      if (standIn !== undefined) remove(type, (emits ? listener : standIn) as () => void)
      if (!emits) bound.get(type)?.delete(listener)
      return this
    },
  }
}
