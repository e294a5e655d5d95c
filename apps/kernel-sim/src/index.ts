/** The face of @scopemask/kernel-sim: what a scenario file imports. */
export {
  __GFP_FS,
  __GFP_IO,
  GFP_KERNEL,
  GFP_NOFS,
  GFP_NOIO,
  PF_KSWAPD,
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  type TaskFlags,
} from '@scopemask/allocator'
export {
  __GFP_NOLOCKDEP,
  type Kernel,
  type Policy,
  type PolicyName,
  type Scenario,
  scenario,
} from './kernel/kernel.js'
export type { Steps } from './machine/operation.js'
