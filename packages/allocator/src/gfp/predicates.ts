/** Predicates of a request (include/linux/gfp.h, 6.1 and 6.18). */
import { __GFP_DIRECT_RECLAIM, __GFP_IO, __GFP_THISNODE } from './flags.js'

/** Returns true if the request may sleep (gfpflags_allow_blocking). */
export function gfpflagsAllowBlocking(gfp: number): boolean {
  return (gfp & __GFP_DIRECT_RECLAIM) !== 0
}

/** Returns true if compaction may run for the request (gfp_compaction_allowed, with CONFIG_COMPACTION). */
export function gfpCompactionAllowed(gfp: number): boolean {
  return (gfp & __GFP_IO) !== 0
}

/** ZONELIST_FALLBACK: the zones of all nodes, nearest first. */
export const ZONELIST_FALLBACK = 0
/** ZONELIST_NOFALLBACK: the zones of one node. */
export const ZONELIST_NOFALLBACK = 1

/** Which list of zones the request walks (gfp_zonelist, with CONFIG_NUMA). */
export function gfpZonelist(gfp: number): typeof ZONELIST_FALLBACK | typeof ZONELIST_NOFALLBACK {
  return (gfp & __GFP_THISNODE) !== 0 ? ZONELIST_NOFALLBACK : ZONELIST_FALLBACK
}
