/** Run report: all that a report says of one cell on one kernel. Every form of it is made of this. */
import type { Explained } from '../../log/judge/explained.js'
import type { Judgement } from '../../reproduce/judge/judge.js'
import type { Prediction } from '../../reproduce/judge/prediction.js'

export interface RunReport {
  readonly prediction: Prediction
  readonly judgement: Judgement
  /** What the kernel itself reported. */
  readonly reports: readonly Explained[]
  /** True if the kernel has lockdep, so that its silence says something. */
  readonly hasLockdep: boolean
  /** What is not the kernel's own, but made of the same primitives. */
  readonly standIns: readonly { readonly object: string; readonly why: string }[]
  /** What ran the machine's instructions. */
  readonly accelerator: 'kvm' | 'tcg'
}
