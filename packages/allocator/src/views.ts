/**
 * Views: what the kernel prints of its memory, in the kernel's own formats.
 * @module views
 */
export { buddyinfo } from './views/buddyinfo.js'
export { memInfo } from './views/mem-info.js'
export { pagetypeinfo } from './views/pagetypeinfo.js'
export { slabinfo } from './views/slabinfo.js'
export type { NodeCounters, VmCounters, VmEvent, ZoneCounters } from './views/vm-counters.js'
export { vmstat } from './views/vmstat.js'
export { zoneinfo } from './views/zoneinfo.js'
