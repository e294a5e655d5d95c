/** Kernel log: what the kernel of a machine prints, with the time of each line, as dmesg shows it; when it is full, the oldest lines go. */
import { US } from '../time.js'

/** CONFIG_LOG_BUF_SHIFT is 17. */
const SIZE = 2 ** 17

export class KernelLog {
  /** When time begins, on the clock of who adds, ns. */
  origin = 0
  #lines: string[] = []
  #length = 0

  /** @param now on the clock, ns @param text one line or more */
  add(now: number, text: string): void {
    const at = Math.max(0, now - this.origin)
    const seconds = String(Math.floor(at / 1e9)).padStart(5)
    const micros = String(Math.floor((at % 1e9) / US)).padStart(6, '0')
    for (const line of text.trimEnd().split('\n')) {
      this.#lines.push(`[${seconds}.${micros}] ${line}\n`)
      this.#length += line.length + 16
    }
    let gone = 0
    for (; this.#length > SIZE; gone++) this.#length -= (this.#lines[gone] ?? '').length
    if (gone > 0) this.#lines = this.#lines.slice(gone)
  }

  get text(): string {
    return this.#lines.join('')
  }
}
