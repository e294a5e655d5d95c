/** Watermark crossings: how often the free pages of a zone of the model sank below its watermarks. */
import type { Zone, ZoneLabel } from '@scopemask/allocator'

/** What the watermarks of the model's zone saw. */
export interface WatermarkCrossings {
  readonly zone: ZoneLabel
  readonly low: number
  readonly min: number
  /** The fewest free pages. */
  readonly fewest: number
  /** How often the free pages sank below. */
  readonly belowLow: number
  readonly belowMin: number
  /** Where they first sank below low. */
  readonly firstLine: number | undefined
}

/** Watches the watermarks of a zone. */
export class ZoneWatch {
  readonly #zone: Zone
  #fewest: number
  #belowLow = 0
  #belowMin = 0
  #wasBelowLow = false
  #wasBelowMin = false
  #firstLine: number | undefined

  constructor(zone: Zone) {
    this.#zone = zone
    this.#fewest = zone.freePages
  }

  look(line: number): void {
    const { freePages, watermarks } = this.#zone
    if (freePages < this.#fewest) this.#fewest = freePages
    const belowLow = freePages < watermarks.low
    const belowMin = freePages < watermarks.min
    if (belowLow && !this.#wasBelowLow) {
      this.#belowLow++
      this.#firstLine ??= line
    }
    if (belowMin && !this.#wasBelowMin) this.#belowMin++
    this.#wasBelowLow = belowLow
    this.#wasBelowMin = belowMin
  }

  result(): WatermarkCrossings {
    const { name, watermarks } = this.#zone
    return {
      zone: name,
      low: watermarks.low,
      min: watermarks.min,
      fewest: this.#fewest,
      belowLow: this.#belowLow,
      belowMin: this.#belowMin,
      firstLine: this.#firstLine,
    }
  }
}
