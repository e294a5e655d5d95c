/**
 * Stack: a kernel stack as it was recorded, innermost frame first. The same few thousand stacks come again and again,
 * so each is taken apart once and then shared.
 */
import { type CallSite, callSiteOn } from './attribute/call-site.js'
import { isInterruptEntry } from './attribute/interrupt.js'
import { scopesHeldBy } from './attribute/scope-holders.js'
import { Names } from './names.js'

export class Stack {
  /** The functions. */
  readonly functions: readonly string[]
  /**
   * The return addresses as `function+offset`; `function@address` where only the address is known, the function alone where
   * the format has neither.
   */
  readonly frames: readonly string[]
  /** True if outer frames are missing. */
  readonly truncated: boolean
  /** True if it was taken in an interrupt or softirq: then the task below it did not do what the event says. */
  readonly interrupt: boolean
  /** For the stack of a request: who asked for memory. */
  readonly callSite: CallSite | undefined
  /** The task flags that functions on it hold. */
  readonly held: number
  #path: string | undefined
  #callPath: string | undefined

  /** @param names keeps what other stacks have too. */
  constructor(frames: readonly string[], truncated: boolean, names: Names) {
    this.frames = frames.map((frame) => names.of(frame))
    this.functions = frames.map((frame) => names.of(functionOf(frame)))
    this.truncated = truncated
    this.interrupt = this.functions.some(isInterruptEntry)
    this.callSite = callSiteOn(this.functions)
    this.held = scopesHeldBy(this.functions)
  }

  /** The functions as one text: equal for stacks that differ in offsets only. */
  get path(): string {
    return (this.#path ??= this.functions.join(';'))
  }

  /**
   * The call path of a request: the frames from the call site outwards. Return addresses count, since one function may call
   * another inside a scope here and outside of it there.
   */
  get callPath(): string {
    const { site } = this.callSite ?? {}
    return (this.#callPath ??=
      site === undefined ? '' : this.frames.slice(this.functions.indexOf(site)).join(';'))
  }

  /**
   * Returns true if this stack was taken inside the call of the function at `at` of `outer`: that function is on this stack,
   * and everything outside of it is the same, return addresses included. Of truncated stacks only what
   * both have can be compared.
   */
  isInside(outer: Stack, at = 0): boolean {
    const entry = outer.functions[at]
    const { functions } = this
    if (entry === undefined) return false
    if (!this.truncated && !outer.truncated) {
      return this.#callsFrom(functions.length - (outer.frames.length - at), outer, at)
    }
    for (let i = functions.indexOf(entry); i >= 0; i = functions.indexOf(entry, i + 1)) {
      if (this.#callsFrom(i, outer, at)) return true
    }
    return false
  }

  /** Returns true if the frame at `i` is that at `at` of `outer`, called from the same place. */
  #callsFrom(i: number, outer: Stack, at: number): boolean {
    if (i < 0 || this.functions[i] !== outer.functions[at]) return false
    const common = Math.min(this.frames.length - i, outer.frames.length - at)
    for (let k = 1; k < common; k++) {
      if (this.frames[i + k] !== outer.frames[at + k]) return false
    }
    return common > 1
  }
}

/** `kthread+248`, `kthread@ffffffff81389be8` → `kthread`. */
function functionOf(frame: string): string {
  const end = Math.max(frame.lastIndexOf('+'), frame.lastIndexOf('@'))
  return end < 0 ? frame : frame.slice(0, end)
}

/**
 * How many different stacks are remembered, and how many characters of them. Beyond that the table starts over: slower,
 * never wrong.
 */
const LIMIT = 1 << 15
const CHARACTERS = 1 << 24

/** Gives out one Stack for equal stacks. */
export class StackTable {
  readonly #stacks = new Map<string, Stack>()
  readonly #names = new Names()
  #characters = 0

  /** The stack that `text` spells: frames joined by `;`, innermost first. */
  intern(text: string, truncated: boolean): Stack {
    const key = truncated ? `${text};` : text
    let stack = this.#stacks.get(key)
    if (stack === undefined) {
      stack = new Stack(text.split(';'), truncated, this.#names)
      this.#characters += key.length
      if (this.#stacks.size === LIMIT || this.#characters > CHARACTERS) {
        this.#stacks.clear()
        this.#characters = key.length
      }
      this.#stacks.set(key, stack)
    }
    return stack
  }
}
