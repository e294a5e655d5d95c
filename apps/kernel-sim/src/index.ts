/**
 * The face of @scopemask/kernel-sim: what a scenario file imports, and what a program calls.
 * @packageDocumentation
 * @mergeModuleWith <project>
 */
export {
  __GFP_FS,
  __GFP_HIGH,
  __GFP_IO,
  __GFP_KSWAPD_RECLAIM,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
  GFP_KERNEL,
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
export type { Kernel } from './kernel/kernel.js'
export { __GFP_NOLOCKDEP, GFP_ATOMIC, GFP_NOWAIT } from './kernel/memory/gfp.js'
export type { Policy, PolicyName } from './kernel/policy.js'
export { type History, type Scenario, scenario } from './kernel/scenario.js'
export type { Counterexample, Waiting } from './matrix/subject.js'
