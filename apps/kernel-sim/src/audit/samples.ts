/** Samples: how often a thing was seen with each stack, so that a finding can show the most frequent ones. */
import type { Stack } from '../trace/stack.js'
import type { Recordings } from './recordings.js'

/** A stack that stands for others like it. */
export interface StackSample {
  readonly count: number
  /** The functions, innermost first. */
  readonly functions: readonly string[]
  /** The return addresses, as `function+offset`; the functions again where the recording has no offsets. */
  readonly frames: readonly string[]
  /** The line of the first event with it, and the number of its recording, from 0. */
  readonly line: number
  readonly recording: number
}

/** How many different stacks are counted for one thing; events with further ones only count in sum. */
const LIMIT = 256

/** How many different stacks are counted for all things together, the first one of each not counted. */
const ALL = 1 << 15

/** What the samples of one audit may keep together, and the recordings that they come from. */
export class SampleBudget {
  readonly recordings: Recordings
  #left = ALL

  constructor(recordings: Recordings) {
    this.recordings = recordings
  }

  /** Returns true if there is room for one more. */
  take(): boolean {
    return this.#left > 0 && this.#left-- > 0
  }
}

interface Seen {
  count: number
  readonly stack: Stack
  readonly line: number
  readonly recording: number
}

export class Samples {
  readonly #budget: SampleBudget
  readonly #seen = new Map<string, Seen>()

  constructor(budget: SampleBudget) {
    this.#budget = budget
  }

  /** @param path tells apart what is counted: by default all functions of the stack. */
  add(stack: Stack | undefined, line: number, count = 1, path = stack?.path ?? ''): void {
    if (stack === undefined) return
    const seen = this.#seen.get(path)
    if (seen !== undefined) seen.count += count
    else if (this.#seen.size === 0 || (this.#seen.size < LIMIT && this.#budget.take())) {
      this.#seen.set(path, { count, stack, line, recording: this.#budget.recordings.current })
    }
  }

  /** How many different paths there were, and how many of them another has too. */
  paths(other: Samples): { readonly all: number; readonly shared: number } {
    let shared = 0
    for (const path of this.#seen.keys()) if (other.#seen.has(path)) shared++
    return { all: this.#seen.size, shared }
  }

  /** All stacks that are kept. */
  stacks(): Stack[] {
    return [...this.#seen.values()].map(({ stack }) => stack)
  }

  /** The most frequent ones. */
  top(count = 3): StackSample[] {
    return [...this.#seen.values()]
      .sort((a, b) => b.count - a.count || a.recording - b.recording || a.line - b.line)
      .slice(0, count)
      .map(({ count, stack, line, recording }) => ({
        count,
        functions: stack.functions,
        frames: stack.frames,
        line,
        recording,
      }))
  }
}
