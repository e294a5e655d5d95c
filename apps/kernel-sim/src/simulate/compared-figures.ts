/** Compared figures: what policies are compared by, the workloads' own figures first. */
import { cgroupFigure } from './measure/cgroups.js'
import type { SimulationResult } from './result.js'

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
const OF_CGROUPS = [
  'memory.events.high',
  'memory.events.max',
  'memory.events.oom',
  'memory.events.oom_kill',
  'reclaimed',
  'throttled_ms',
] as const

/** The figures of the workloads of a run, as far as it has them, of its memory cgroups, and of memory. */
export function comparedFigures({
  workloads,
  facts,
  cgroups = [],
}: Pick<SimulationResult, 'workloads' | 'facts' | 'cgroups'>): readonly string[] {
  const own = workloads.flatMap((workload) =>
    OF_WORKLOADS.map((key) => `${workload}.0.${key}`).filter((name) => facts[name] !== undefined),
  )
  const groups = cgroups.flatMap(({ path }) => OF_CGROUPS.map((key) => cgroupFigure(path, key)))
  return [...own, ...groups, ...OF_MEMORY]
}
