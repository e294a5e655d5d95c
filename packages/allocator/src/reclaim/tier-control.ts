/**
 * Tier control: which type of pages is evicted, and which tiers of it are protected (mm/vmscan.c, positive_ctrl_err, get_tier_idx and
 * get_type_to_scan, 6.1.192). It is a feedback loop: refaults are what is measured, and the first tier is what the others are compared with, since
 * it is never protected.
 */
import {
  GEN_ANON,
  GEN_FILE,
  type GenType,
  type LruGen,
  MAX_NR_TIERS,
  MIN_LRU_BATCH,
} from './lru-gen.js'

/** What is compared (struct ctrl_pos). */
interface Position {
  readonly refaulted: number
  /** Pages evicted or protected. */
  readonly total: number
  /** How much it counts. */
  readonly gain: number
}

/** What is evicted next. */
export interface Eviction {
  readonly type: GenType
  /** Tiers up to this one are evicted, those above are protected. */
  readonly tier: number
}

/** Returns true if `pv` has few refaults, or refaults relative to its gain no more often than `sp` (positive_ctrl_err). */
function positiveError(sp: Position, pv: Position): boolean {
  return (
    pv.refaulted < MIN_LRU_BATCH ||
    pv.refaulted * (sp.total + MIN_LRU_BATCH) * sp.gain <= (sp.refaulted + 1) * pv.total * pv.gain
  )
}

/** The last tier of a type that is evicted (get_tier_idx): a tier above is protected if it refaults twice as often as the first one. */
export function tierToEvict(gens: LruGen, lruvec: number, type: GenType): number {
  const sp = position(gens, lruvec, { type, tier: 0 }, 1)
  let tier = 1
  while (tier < MAX_NR_TIERS) {
    if (!positiveError(sp, position(gens, lruvec, { type, tier }, 2))) break
    tier++
  }
  return tier - 1
}

/**
 * The type whose first tier refaults less often, weighed by swappiness, and the last tier of it that refaults no more often than the first tier of the
 * other type (get_type_to_scan).
 */
export function typeToEvict(gens: LruGen, lruvec: number, swappiness: number): Eviction {
  const gain = [swappiness, 200 - swappiness] as const
  const first = (type: GenType) => position(gens, lruvec, { type, tier: 0 }, gain[type])
  const type = positiveError(first(GEN_ANON), first(GEN_FILE)) ? GEN_FILE : GEN_ANON
  const sp = first(type === GEN_FILE ? GEN_ANON : GEN_FILE)
  let tier = 1
  while (tier < MAX_NR_TIERS) {
    if (!positiveError(sp, position(gens, lruvec, { type, tier }, gain[type]))) break
    tier++
  }
  return { type, tier: tier - 1 }
}

/** read_ctrl_pos. */
function position(gens: LruGen, lruvec: number, { type, tier }: Eviction, gain: number): Position {
  return {
    refaulted: gens.refaulted(lruvec, type, tier),
    total: gens.total(lruvec, type, tier),
    gain,
  }
}
