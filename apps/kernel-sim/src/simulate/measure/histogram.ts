/** Histogram: how often which latencies occurred, in 8 buckets for each octave: a quantile is the middle of its bucket, 6% off at most. */
const PER_OCTAVE = 8
const OCTAVES = 44

export class Histogram {
  readonly #buckets = new Float64Array(OCTAVES * PER_OCTAVE)
  count = 0
  sum = 0
  max = 0

  /** @param value ns, 0 or more */
  add(value: number): void {
    this.count++
    this.sum += value
    if (value > this.max) this.max = value
    const bucket = bucketOf(value)
    this.#buckets[bucket] = (this.#buckets[bucket] as number) + 1
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count
  }

  /** The latency that this share of all does not exceed, ns: the middle of its bucket, or the largest value if that is less. */
  quantile(share: number): number {
    const wanted = share * this.count
    let seen = 0
    for (let bucket = 0; bucket < this.#buckets.length; bucket++) {
      seen += this.#buckets[bucket] as number
      if (seen >= wanted && seen > 0) return Math.min(middle(bucket), this.max)
    }
    return this.max
  }

  /** The buckets that are not empty: the middle of each, ns, and how many values it has. */
  buckets(): { readonly value: number; readonly count: number }[] {
    return Array.from(this.#buckets, (count, bucket) => ({ value: middle(bucket), count })).filter(
      ({ count }) => count > 0,
    )
  }
}

function bucketOf(value: number): number {
  if (value < 1) return 0
  const octave = Math.floor(Math.log2(value))
  return Math.min(
    octave * PER_OCTAVE + Math.floor((value / 2 ** octave - 1) * PER_OCTAVE),
    OCTAVES * PER_OCTAVE - 1,
  )
}

function middle(bucket: number): number {
  const octave = Math.floor(bucket / PER_OCTAVE)
  return 2 ** octave * (1 + ((bucket % PER_OCTAVE) + 0.5) / PER_OCTAVE)
}
