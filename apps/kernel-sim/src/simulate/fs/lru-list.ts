/** LRU list: numbers in the order in which they were last met; one that was used again has a second chance (mm/list_lru.c). */

const OFF = -1

export class LruList {
  /** Links by number, shifted by one: 0 is the list itself. */
  #next = new Int32Array(1)
  #previous = new Int32Array(1)
  #referenced = new Uint8Array(1)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Puts a number on the list, or marks it as used again when it is there. */
  use(number: number): void {
    this.#makeRoom(number)
    const at = number + 1
    if (this.#next[at] !== OFF) {
      this.#referenced[at] = 1
      return
    }
    this.#referenced[at] = 0
    this.#append(at)
    this.#length++
  }

  /** Takes a number off, if it is there. */
  remove(number: number): void {
    const at = number + 1
    if (at >= this.#next.length || this.#next[at] === OFF) return
    this.#unlink(at)
    this.#next[at] = OFF
    this.#length--
  }

  /** Meets so many, from the one met longest ago: those used again go to the end, the others leave the list and are freed. */
  scan(count: number, free: (number: number) => void): void {
    for (let i = Math.min(count, this.#length); i > 0; i--) {
      const at = this.#next[0] as number
      if (at === 0) return
      this.#unlink(at)
      if (this.#referenced[at] === 1) {
        this.#referenced[at] = 0
        this.#append(at)
        continue
      }
      this.#next[at] = OFF
      this.#length--
      free(at - 1)
    }
  }

  #append(at: number): void {
    const last = this.#previous[0] as number
    this.#next[last] = at
    this.#previous[at] = last
    this.#next[at] = 0
    this.#previous[0] = at
  }

  #unlink(at: number): void {
    const next = this.#next[at] as number
    const previous = this.#previous[at] as number
    this.#next[previous] = next
    this.#previous[next] = previous
  }

  #makeRoom(number: number): void {
    const length = this.#next.length
    if (number + 1 < length) return
    const longer = Math.max(1024, 2 * length, number + 2)
    const grown = (old: Int32Array, fill: number): Int32Array<ArrayBuffer> => {
      const links = new Int32Array(longer).fill(fill)
      links.set(old)
      return links
    }
    this.#next = grown(this.#next, OFF)
    this.#previous = grown(this.#previous, 0)
    const referenced = new Uint8Array(longer)
    referenced.set(this.#referenced)
    this.#referenced = referenced
  }
}
