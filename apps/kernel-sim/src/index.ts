/**
 * The face of @scopemask/kernel-sim: what a scenario file imports, and what a program calls.
 * @packageDocumentation
 * @mergeModuleWith <project>
 */
export {
  __GFP_ACCOUNT,
  __GFP_FS,
  __GFP_HIGH,
  __GFP_IO,
  __GFP_KSWAPD_RECLAIM,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
  GFP_KERNEL,
  GFP_KERNEL_ACCOUNT,
  GFP_NOFS,
  GFP_NOIO,
  PF_KSWAPD,
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  type TaskFlags,
} from '@scopemask/allocator'
export type { Steps } from '@scopemask/checker/machine'
export { type CheckOptions, checkScenario, type ScenarioResult } from './check-scenario.js'
export { InputError } from './input-error.js'
export type { Pressure } from './kernel/cause.js'
export type { Fifo } from './kernel/data/fifo.js'
export type { ReferenceList } from './kernel/data/reference-list.js'
export type { Variable } from './kernel/data/variable.js'
export type { BlockDevice } from './kernel/fs/block-device.js'
export type { Journal, JournalOptions } from './kernel/fs/journal.js'
export type { Page } from './kernel/fs/page.js'
export type { Kernel } from './kernel/kernel.js'
export type { BitLock } from './kernel/lock/bit-lock.js'
export type { Mutex } from './kernel/lock/mutex.js'
export type { RwSemaphore } from './kernel/lock/rwsem.js'
export type { Spinlock } from './kernel/lock/spinlock.js'
export { __GFP_NOLOCKDEP, GFP_ATOMIC, GFP_NOWAIT } from './kernel/memory/gfp.js'
export type { Memcg, MemcgOptions } from './kernel/memory/memcg.js'
export type { MemoryLimit } from './kernel/memory/memory.js'
export type { Mempool } from './kernel/memory/mempool.js'
export {
  DEF_PRIORITY,
  type Scan,
  SHRINK_STOP,
  type ShrinkerOptions,
} from './kernel/memory/shrinkers.js'
export type {
  Chosen,
  Parameters,
  ParameterValue,
  ParameterValues,
  ValuesOf,
} from './kernel/parameters.js'
export type { Policy, PolicyName } from './kernel/policy.js'
export {
  type Description,
  type History,
  type Scenario,
  type ScenarioSpec,
  type Schedule,
  scenario,
} from './kernel/scenario.js'
export type { Completion } from './kernel/task/completion.js'
export type { Interrupt } from './kernel/task/interrupt.js'
export type { Process } from './kernel/task/process.js'
export type { Scopes } from './kernel/task/scopes.js'
export type { Timer } from './kernel/task/timer.js'
export type { Transaction } from './kernel/task/transaction.js'
export type { WaitQueue } from './kernel/task/wait-queue.js'
export type { Work } from './kernel/work/work.js'
export type { PoolOptions, WorkerPool } from './kernel/work/worker-pool.js'
export type { Workqueue, WorkqueueOptions } from './kernel/work/workqueue.js'
export type { Counterexample, Waiting } from './matrix/subject.js'
export {
  type GridOptions,
  type JobLimits,
  type MachineGrid,
  plan,
  type SampledGrid,
  type ScenarioGrid,
  type SweepPlan,
  type VariedParameters,
} from './sweep-plan.js'
