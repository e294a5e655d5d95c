/** Other lines: lines of a log that belong to no known report, counted by their first words. */
import type { LogLine } from '../read/log-line.js'

/** So many beginnings are told apart; the rest is counted together. */
const MOST = 2048

export interface OtherLines {
  /** The first words, numbers as `N`; the most frequent first. */
  readonly words: string
  readonly count: number
  readonly first: number
}

export class OtherLineCounter {
  readonly #counts = new Map<string, { count: number; readonly first: number }>()
  #rest = 0
  #restFirst = 0

  add({ text, line }: LogLine): void {
    const words = firstWords(text)
    if (words === '') return
    const known = this.#counts.get(words)
    if (known !== undefined) known.count++
    else if (this.#counts.size < MOST) this.#counts.set(words, { count: 1, first: line })
    else {
      if (this.#rest === 0) this.#restFirst = line
      this.#rest++
    }
  }

  counts(): OtherLines[] {
    const all = [...this.#counts].map(([words, { count, first }]) => ({ words, count, first }))
    all.sort((a, b) => b.count - a.count || a.first - b.first)
    if (this.#rest > 0) all.push({ words: '(others)', count: this.#rest, first: this.#restFirst })
    return all
  }
}

/** `usb N-N: new`: three words of a line, in which numbers do not count. */
function firstWords(text: string): string {
  const words = text.trim().slice(0, 80).split(/\s+/, 3)
  return words
    .join(' ')
    .replace(/\b(?:0x)?[\da-f]*\d[\da-f]*\b/gi, 'N')
    .slice(0, 48)
}
