/**
 * Guard: what a model's code is given instead of shared objects themselves, so that a call whose steps are never taken is
 * noticed. `mutex.lock()` without `yield*` makes a generator that nobody runs: types do not see that, and the model
 * would be searched as if the line were not there.
 *
 * A guarded object is a proxy. What its functions return as steps is counted as open until `yield*` takes it, and objects that
 * they return are guarded too. What is given to its functions is unwrapped, so that behind the guard all is as without it.
 */
import { noSuchMember } from './no-such-member.js'
import { MachineObject } from './object.js'
import type { Steps } from './operation.js'

/** A call whose steps nobody has taken yet. */
export interface OpenCall {
  /** The name of the function that was called. */
  readonly name: string
  /** Where it was made; null when nobody has traced it. */
  readonly made: Error | null
}

/** Gives a model's code shared objects that count the calls whose steps are never taken. A machine has one. */
export class Guard {
  /** True to note where calls are made: while a model is built, and when a call was found open. It takes long. */
  traces = true
  readonly #proxies = new WeakMap<object, object>()
  readonly #targets = new WeakMap<object, object>()
  readonly #open = new Set<OpenCall>()

  /** The guarded form of an object: the same one each time. */
  of<T extends object>(target: T): T {
    const known = this.#proxies.get(target)
    if (known !== undefined) return known as T
    const functions = new Map<PropertyKey, unknown>()
    const proxy = new Proxy(target, {
      get: (_, property) => {
        const value: unknown = Reflect.get(target, property, target)
        if (value === undefined && !(property in target)) {
          const wrong = noSuchMember(target, property)
          if (wrong !== null) throw wrong
        }
        if (typeof value !== 'function' || property === 'constructor') return this.#guarded(value)
        let guarded = functions.get(property)
        if (guarded === undefined) {
          guarded = this.#call(value as Callable, String(property), target)
          functions.set(property, guarded)
        }
        return guarded
      },
    })
    this.#proxies.set(target, proxy)
    this.#targets.set(proxy, target)
    return proxy
  }

  /** Takes the first call that is open, if there is one, and forgets all. */
  takeOpen(): OpenCall | undefined {
    const [first] = this.#open
    this.#open.clear()
    return first
  }

  /** A function that behaves as `call` does, behind the guard. */
  #call(call: Callable, name: string, target: unknown): Callable {
    return (...args) =>
      this.#guarded(
        call.apply(
          target,
          args.map((arg) => this.#bare(arg)),
        ),
        name,
      )
  }

  #guarded(value: unknown, name = ''): unknown {
    if (typeof value === 'function')
      return this.#call(value as Callable, value.name || name, undefined)
    if (typeof value !== 'object' || value === null || value instanceof MachineObject) return value
    if (isSteps(value)) return this.#counted(value, name)
    const prototype: unknown = Object.getPrototypeOf(value)
    const isPlain = prototype === null || prototype === Object.prototype
    return isPlain || Symbol.iterator in value ? value : this.of(value)
  }

  /** Steps that count as open until they are taken. */
  #counted(steps: Steps<unknown>, name: string): Steps<unknown> {
    const open: OpenCall = { name, made: this.traces ? new Error() : null }
    this.#open.add(open)
    const resume = (act: () => IteratorResult<never, unknown>): IteratorResult<never, unknown> => {
      this.#open.delete(open)
      const step = act()
      return step.done ? { done: true, value: this.#guarded(step.value) } : step
    }
    const counted = {
      next: (given: unknown) => resume(() => steps.next(given) as never),
      return: (value: unknown) => resume(() => steps.return(value) as never),
      throw: (thrown: unknown) => resume(() => steps.throw(thrown) as never),
      [Symbol.iterator]: () => counted,
    }
    return counted as unknown as Steps<unknown>
  }

  /** What was guarded, in arrays and plain objects too. */
  #bare(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value
    const target = this.#targets.get(value)
    if (target !== undefined) return target
    if (Array.isArray(value)) return value.map((each) => this.#bare(each))
    if (Object.getPrototypeOf(value) !== Object.prototype) return value
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.#bare(each)]))
  }
}

type Callable = (...args: unknown[]) => unknown

function isSteps(value: object): value is Steps<unknown> {
  return Symbol.iterator in value && typeof (value as Partial<Steps<unknown>>).next === 'function'
}
