/** Protocol: the machine of the yardstick, as large as tests need. */
import { yardstick } from '../../../apps/kernel-sim/bench/yardstick.js'
import { Kernel } from '../../../apps/kernel-sim/src/kernel/kernel.js'
import { policyNamed } from '../../../apps/kernel-sim/src/kernel/policy.js'
import type { Machine } from '../src/machine/machine.js'

export function protocol(): Machine {
  const kernel = new Kernel(policyNamed('scope'))
  yardstick(kernel, { tasks: 3, workers: 2, policy: 'conveyed', mix: true })
  return kernel.seal()
}
