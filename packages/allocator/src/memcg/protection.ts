/**
 * Protection: how much of a group's memory reclaim leaves alone. What a group asks for (memory.min, memory.low) counts as far as the
 * groups above it afford it (mm/memcontrol.c, mem_cgroup_calculate_protection and effective_protection, 6.1.192; with the mount option
 * memory_recursiveprot, which systemd sets: what children do not ask for is shared by those who use more than they ask for).
 */
import type { MemCgroup } from './mem-cgroup.js'

/** Computes the effective protection of a group, when reclaim looks for pages in `root` and below. Groups above come first. */
export function calculateProtection(root: MemCgroup, group: MemCgroup): void {
  const { parent, memory } = group
  if (group === root || parent === null || memory.usage === 0) return
  if (parent === root) {
    group.effectiveMin = memory.min
    group.effectiveLow = memory.low
    return
  }
  const usage = memory.usage
  const parentUsage = parent.memory.usage
  group.effectiveMin = effectiveProtection({
    usage,
    parentUsage,
    setting: memory.min,
    parentEffective: parent.effectiveMin,
    siblingsProtected: parent.memory.childrenMin,
  })
  group.effectiveLow = effectiveProtection({
    usage,
    parentUsage,
    setting: memory.low,
    parentEffective: parent.effectiveLow,
    siblingsProtected: parent.memory.childrenLow,
  })
}

/**
 * Returns true if a group is not reclaimed, whatever happens. The one whose limit is in the way is not protected from itself: 6.1.192 takes for its
 * protection what reclaim for somebody else has computed last, which adb8213014b2 has mended in 6.2.
 */
export function isBelowMin(root: MemCgroup, group: MemCgroup): boolean {
  return isProtected(root, group) && group.effectiveMin >= group.usage
}

/** Returns true if a group is reclaimed only when there is nothing else. */
export function isBelowLow(root: MemCgroup, group: MemCgroup): boolean {
  return isProtected(root, group) && group.effectiveLow >= group.usage
}

function isProtected(root: MemCgroup, group: MemCgroup): boolean {
  return group !== root && group.parent !== null
}

/** Pages, as the kernel's function has them: of one group, of the one above it, and of all right below that. */
interface Claims {
  readonly usage: number
  readonly parentUsage: number
  readonly setting: number
  readonly parentEffective: number
  readonly siblingsProtected: number
}

/** effective_protection. */
function effectiveProtection(claims: Claims): number {
  const { usage, parentUsage, setting, parentEffective, siblingsProtected } = claims
  const own = Math.min(usage, setting)
  // They ask for more than there is: each gets its share.
  if (siblingsProtected > parentEffective) {
    return Math.floor((own * parentEffective) / siblingsProtected)
  }
  const shares =
    parentEffective > siblingsProtected && parentUsage > siblingsProtected && usage > own
  if (!shares) return own
  const unclaimed = parentEffective - siblingsProtected
  return own + Math.floor((unclaimed * (usage - own)) / (parentUsage - siblingsProtected))
}
