/**
 * Learned prefix: a prefix of a form that nobody listed, found by what lines share. Where words with which a report begins
 * stand inside of a line, what precedes them may be a prefix. It is one if the next lines begin the same way: then words that
 * are the same stay, and numbers and names in their places may change.
 */

/** Words that only begin a line of the kernel's. */
const TITLE =
  /(?:INFO: task |WARNING: (?:possible|suspicious|CPU:|inconsistent|bad unlock|held lock|lock held|Nested lock)|\[ (?:INFO|BUG): |-+\[ cut here \]-+|={20,}$|BUG: (?:workqueue|sleeping|scheduling|soft lockup|KASAN|KMSAN|KCSAN|KFENCE|unable to handle|spinlock|Bad page|using )|workqueue: WQ_MEM_RECLAIM |Mem-Info:|watchdog: BUG: soft lockup|(?:rcu: )?INFO: rcu_|(?<=^|\s)\S+(?: invoked oom-killer: |: page allocation (?:failure|stalls))|(?:Memory cgroup o|O)ut of memory: Kill)/
const ANCHOR = new RegExp(`${TITLE.source}|Call [Tt]race:`)
/** A time of the kernel's inside of a line: what stands before it is a prefix, or another message. */
const INNER_TIME = /\[ *\d{1,7}\.\d{6}\](?=[\s[<.])/

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

  /**
   * What stands before a time inside of a line, where no prefix is known: it is one if the next lines have the same.
   * @returns where the time begins; -1 for none
   */
  beforeTime(text: string): number {
    const at = text.includes('[', 1) ? text.search(INNER_TIME) : -1
    if (at > 0 && at <= LONGEST) this.#suspectPrefix(text.slice(0, at))
    return at > 0 ? at : -1
  }

  /** Words with which a report begins may have a prefix. */
  #suspect(text: string): { readonly text: string; readonly found: boolean } {
    const at = text.search(ANCHOR)
    const before = text.slice(0, at)
    if (at <= 0 || at > LONGEST) return { text, found: false }
    if (/^(?: {2,}|\t)\s*$/.test(before)) return this.#takeIndentation(text, before)
    // A blank is the kernel's own, and prose is no more than words.
    if (!/[^\w\s]/.test(before)) return { text, found: false }
    this.#suspectPrefix(before)
    return { text: text.slice(at), found: true }
  }

  /** The whole log is indented, as code is in Markdown, where a title is; stacks have blanks of their own. */
  #takeIndentation(
    text: string,
    before: string,
  ): { readonly text: string; readonly found: boolean } {
    const rest = text.slice(before.length)
    if (rest.search(TITLE) !== 0) return { text, found: false }
    this.#know(new RegExp(`^${before}`))
    return { text: rest, found: true }
  }

  #suspectPrefix(before: string): void {
    const tokens = tokensOf(before)
    const form = new RegExp(`^${tokens.map(anyOf).join('')}`)
    this.#candidate = { tokens, form, patience: PATIENCE }
  }

  #learn(first: readonly string[], second: readonly string[]): void {
    this.#candidate = null
    const parts = first.map((token, i) => (token === second[i] ? exactly(token) : anyOf(token)))
    this.#know(new RegExp(`^${parts.join('')}`))
  }

  #know(form: RegExp): void {
    this.#known.unshift(form)
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
