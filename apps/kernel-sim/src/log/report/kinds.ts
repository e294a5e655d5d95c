/** Kinds: every kind of report that is looked for. */
import { allocationKind } from './kinds/allocation.js'
import { cpuKind } from './kinds/cpu.js'
import { flushKind } from './kinds/flush.js'
import { lockdepKind } from './kinds/lockdep.js'
import { taskKind } from './kinds/task.js'
import { workqueueKind } from './kinds/workqueue.js'
import type { ReportKind } from './report-kind.js'

export const KINDS: readonly ReportKind[] = [
  lockdepKind,
  taskKind,
  flushKind,
  workqueueKind,
  allocationKind,
  cpuKind,
]
