/** Histogram: how often which latencies occurred, in buckets for each octave: with 8 of them, a quantile, the middle of its bucket, is 6% off at most. */
const OCTAVES = 44

export class Histogram {
  readonly #perOctave: number
  readonly #buckets: Float64Array
  #zeros = 0
  count = 0
  sum = 0
  max = 0

  constructor(perOctave = 8) {
    this.#perOctave = perOctave
    this.#buckets = new Float64Array(OCTAVES * perOctave)
  }

  /** @param value ns, 0 or more */
  add(value: number): void {
    this.count++
    this.sum += value
    if (value > this.max) this.max = value
    if (value < 1) {
      this.#zeros++
      return
    }
    const bucket = this.#bucketOf(value)
    this.#buckets[bucket] = (this.#buckets[bucket] as number) + 1
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count
  }

  /** The latency that this share of all does not exceed, ns: the middle of its bucket, or the largest value if that is less. */
  quantile(share: number): number {
    const wanted = share * this.count
    if (wanted <= this.#zeros) return 0
    let seen = this.#zeros
    for (let bucket = 0; bucket < this.#buckets.length; bucket++) {
      seen += this.#buckets[bucket] as number
      if (seen >= wanted) return Math.min(this.#middle(bucket), this.max)
    }
    return this.max
  }

  /** The buckets that are not empty: the middle of each, ns, and how many values it has. Values below 1 are in none. */
  buckets(): { readonly value: number; readonly count: number }[] {
    return Array.from(this.#buckets, (count, bucket) => ({
      value: this.#middle(bucket),
      count,
    })).filter(({ count }) => count > 0)
  }

  #bucketOf(value: number): number {
    const isShort = value < 2 ** 31
    const octave = isShort ? 31 - Math.clz32(value) : Math.floor(Math.log2(value))
    const begins = isShort ? 1 << octave : 2 ** octave
    const bucket = Math.floor((value / begins - 1) * this.#perOctave)
    return Math.min(octave * this.#perOctave + bucket, this.#buckets.length - 1)
  }

  #middle(bucket: number): number {
    const octave = Math.floor(bucket / this.#perOctave)
    return 2 ** octave * (1 + ((bucket % this.#perOctave) + 0.5) / this.#perOctave)
  }
}
