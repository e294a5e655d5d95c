/**
 * Strictness: how close a simulated figure has to come to the recorded one. What follows from sizes and rules alone is to be within
 * 10 %; what depends on the chaos of a kernel, within 2 times; and extremes only in the right order.
 */

export type Strictness = 'within 10 %' | 'within 2x' | 'order only'

interface Rule {
  readonly strictness: Strictness
  /** Of which workloads, by the beginning of the configuration's name. */
  readonly workload: RegExp
  readonly figure: RegExp
}

const ANY = /^/
const STREAM = 'write|read|warm|cycle|scan|cache'

/** The first that fits counts. */
const RULES: readonly Rule[] = [
  { strictness: 'within 10 %', workload: ANY, figure: new RegExp(`^(${STREAM})\\.\\d+\\.MB_s$`) },
  { strictness: 'within 10 %', workload: ANY, figure: /^elapsed_s$/ },
  { strictness: 'within 10 %', workload: ANY, figure: /^pgsteal_kswapd$/ },
  { strictness: 'within 10 %', workload: /^W[28]-/, figure: /^stolen_per_kswapd_run$/ },
  { strictness: 'within 10 %', workload: /^W8-/, figure: /^stall_reclaimed_p50$/ },
  { strictness: 'within 10 %', workload: /^W[1268]-/, figure: /^reclaim_efficiency$/ },
  { strictness: 'within 10 %', workload: /^W[1-6]-/, figure: /^direct_share$/ },
  { strictness: 'within 10 %', workload: ANY, figure: /^bdp_(bg_)?thresh_mean$/ },
  { strictness: 'within 10 %', workload: ANY, figure: /^disk_(read|write)_(requests|mean_kb)$/ },
  { strictness: 'within 10 %', workload: /^W8-/, figure: /^workingset_refault_file$/ },
  { strictness: 'within 10 %', workload: /^W3-.*-def/, figure: /^(oom_first_s|stall_count)$/ },
  { strictness: 'within 10 %', workload: /^W3-/, figure: /^(oom_victim_anon_rss_kb|oom_kill)$/ },
  { strictness: 'within 10 %', workload: ANY, figure: /^burst_ms_median$/ },
  { strictness: 'within 10 %', workload: ANY, figure: /^journal_commits$/ },
  { strictness: 'within 2x', workload: /^W(8|10)-/, figure: /^(stall_count|stall_us_sum)$/ },
  { strictness: 'within 2x', workload: /^W3-.*-nofs/, figure: /^(stall_count|stall_us_sum)$/ },
  { strictness: 'within 2x', workload: ANY, figure: /^dirty_pause_ms_sum$/ },
  { strictness: 'within 2x', workload: /^W[14]-/, figure: /^mean_nr_(dirty|writeback)$/ },
  { strictness: 'within 2x', workload: /^W6-/, figure: /^(workingset_(refault|activate)_file)$/ },
  { strictness: 'within 2x', workload: /^W6-/, figure: /^hot\.\d+\.miss_share$/ },
  { strictness: 'within 2x', workload: ANY, figure: /^shrink_super_cache_scan_freed$/ },
  { strictness: 'within 2x', workload: ANY, figure: /^fsync.*lat_us_(mean|p50|p90)$/ },
  { strictness: 'within 2x', workload: ANY, figure: /^kswapd_cpu_ms$/ },
  { strictness: 'within 2x', workload: /^W[15]-/, figure: /^pageoutrun$/ },
  { strictness: 'order only', workload: ANY, figure: /^stall_us_max$/ },
  { strictness: 'order only', workload: ANY, figure: /^write\.\d+\.lat_us_(p99|max)$/ },
  { strictness: 'order only', workload: ANY, figure: /^kswapd_full_sleeps$/ },
  { strictness: 'order only', workload: ANY, figure: /^compact_migrate_scanned$/ },
  { strictness: 'order only', workload: ANY, figure: /^stall_zero_progress$/ },
]

/** How strict a figure of a configuration is held; null for one that is not. */
export function strictnessOf(config: string, figure: string): Strictness | null {
  const rule = RULES.find((each) => each.workload.test(config) && each.figure.test(figure))
  return rule?.strictness ?? null
}
