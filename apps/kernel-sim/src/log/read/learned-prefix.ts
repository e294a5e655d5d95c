/**
 * Learned prefix: a prefix of a form that nobody listed, found by what lines share. Where words with which a report begins
 * stand inside of a line, what precedes them may be a prefix. It is one if the next lines begin the same way: then words that
 * are the same stay, and numbers and names in their places may change.
 */

/** Words that only begin a line of the kernel's. */
const ANCHOR =
  /(?:INFO: task |WARNING: possible |WARNING: CPU: |WARNING: inconsistent lock state|-+\[ cut here \]-+|BUG: workqueue lockup|workqueue: WQ_MEM_RECLAIM |Call [Tt]race:|Mem-Info:|watchdog: BUG: soft lockup|BUG: soft lockup|(?:rcu: )?INFO: rcu_)/

const LONGEST = 96
/** How many lines may stand between the first two with the prefix. */
const PATIENCE = 3
/** A log has few forms of prefixes. */
const MOST = 4

export class LearnedPrefixes {
  readonly #known: RegExp[] = []
  #candidate: {
    readonly tokens: readonly string[]
    readonly form: RegExp
    patience: number
  } | null = null

  /** A line that has no known prefix, without the learned one. */
  strip(text: string): { readonly text: string; readonly found: boolean } {
    for (const form of this.#known) {
      const match = form.exec(text)
      if (match !== null) return { text: text.slice(match[0].length), found: true }
    }
    if (this.#candidate !== null) {
      const match = this.#candidate.form.exec(text)
      if (match !== null) {
        this.#learn(this.#candidate.tokens, tokensOf(match[0]))
        return { text: text.slice(match[0].length), found: true }
      }
      if (text !== '' && --this.#candidate.patience === 0) this.#candidate = null
    }
    return this.#suspect(text)
  }

  /** Words with which a report begins may have a prefix. */
  #suspect(text: string): { readonly text: string; readonly found: boolean } {
    const at = text.search(ANCHOR)
    const before = text.slice(0, at)
    // Indentation is not a prefix, and prose is no more than words.
    if (at <= 0 || at > LONGEST || !/[^\w\s]/.test(before)) return { text, found: false }
    const tokens = tokensOf(before)
    const form = new RegExp(`^${tokens.map(anyOf).join('')}`)
    this.#candidate = { tokens, form, patience: PATIENCE }
    return { text: text.slice(at), found: true }
  }

  #learn(first: readonly string[], second: readonly string[]): void {
    this.#candidate = null
    const parts = first.map((token, i) => (token === second[i] ? exactly(token) : anyOf(token)))
    this.#known.unshift(new RegExp(`^${parts.join('')}`))
    this.#known.length = Math.min(this.#known.length, MOST)
  }
}

/** Words, runs of blanks, and single other characters. */
function tokensOf(text: string): string[] {
  return text.match(/\w+|\s+|[^\w\s]/g) ?? []
}

/** What may stand where this token does. */
function anyOf(token: string): string {
  if (/^\d+$/.test(token)) return '\\d+'
  if (/^\w+$/.test(token)) return '\\w+'
  return /^\s+$/.test(token) ? '\\s+?' : exactly(token)
}

function exactly(token: string): string {
  return token.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
