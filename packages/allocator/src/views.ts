/**
 * Views: what the kernel prints of its memory, in the kernel's own formats.
 * @module views
 */
export { buddyinfo } from './views/buddyinfo.js'
export { memInfo } from './views/mem-info.js'
export { type MeminfoExtras, meminfo } from './views/meminfo.js'
export { NODE_FILES, type NodeFiles, nodeFiles, numberList } from './views/node-files.js'
export { type OomKill, type OomReportTask, oomKilledLine, oomReport } from './views/oom-report.js'
export { type PageblockUse, pageblockUse } from './views/pageblock-use.js'
export { pagetypeinfo } from './views/pagetypeinfo.js'
export { slabinfo } from './views/slabinfo.js'
export {
  CMA_EVENTS,
  NODE_STATS,
  type NodeCounters,
  type NodeStat,
  NUMA_STATS,
  VM_EVENTS,
  type VmCounters,
  type VmEvent,
  ZONE_STATS,
  type ZoneCounters,
  type ZoneStat,
} from './views/vm-counters.js'
export { vmstat } from './views/vmstat.js'
export { zoneinfo } from './views/zoneinfo.js'
