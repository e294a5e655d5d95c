/** Compared figures: what policies are compared by, the workloads' own figures first. */
import { CGROUP } from './measure/cgroups.js'
import type { Facts } from './measure/facts.js'

const OF_WORKLOADS = ['ops_s', 'lat_us_p99'] as const

const OF_MEMORY = [
  'burst_ms_median',
  'stall_count',
  'stall_us_sum',
  'stall_zero_progress',
  'direct_share',
  'pgsteal_kswapd',
  'kswapd_cpu_ms',
  'shrink_super_cache_scan_freed',
  'shrink_super_cache_scan_refused',
  'oom_kill',
  'fallback_unmovable',
  'fallback_reclaimable',
  'pageblocks_mixed',
  'cma_alloc_success',
  'cma_alloc_fail',
] as const

/** Of each memory cgroup. */
const OF_CGROUPS = /\.(?:memory\.events\.(?:max|high|oom|oom_kill)|reclaimed|throttled_ms)$/

/** The figures of these workloads, as far as a run has them, of memory cgroups, and of memory. */
export function comparedFigures(workloads: readonly string[], facts: Facts): readonly string[] {
  const own = workloads.flatMap((workload) =>
    OF_WORKLOADS.map((key) => `${workload}.0.${key}`).filter((name) => facts[name] !== undefined),
  )
  const groups = Object.keys(facts).filter(
    (name) => name.startsWith(CGROUP) && OF_CGROUPS.test(name),
  )
  return [...own, ...groups, ...OF_MEMORY]
}
