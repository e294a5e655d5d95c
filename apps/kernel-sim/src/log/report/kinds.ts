/** Kinds: every kind of report that is looked for. The first that a line begins is what it begins. */
import { allocationKind } from './kinds/allocation.js'
import { cpuKind } from './kinds/cpu.js'
import { flushKind } from './kinds/flush.js'
import { lockMisuseKind } from './kinds/lock-misuse.js'
import { lockdepKind } from './kinds/lockdep.js'
import { memoryKind } from './kinds/memory.js'
import { sleepKind } from './kinds/sleep.js'
import { taskKind } from './kinds/task.js'
import { unexplainedKind } from './kinds/unexplained.js'
import { workqueueKind } from './kinds/workqueue.js'
import type { ReportKind } from './report-kind.js'

export const KINDS: readonly ReportKind[] = [
  lockdepKind,
  taskKind,
  flushKind,
  workqueueKind,
  allocationKind,
  cpuKind,
  sleepKind,
  lockMisuseKind,
  memoryKind,
  unexplainedKind,
]
