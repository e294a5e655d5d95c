/** Protocol: the machine of the yardstick, as large as tests need. */
import { yardstick } from '../../bench/yardstick.js'
import { Kernel, policyNamed } from '../../src/kernel/kernel.js'
import type { Machine } from '../../src/machine/machine.js'

export function protocol(): Machine {
  const kernel = new Kernel(policyNamed('scope'))
  yardstick(kernel, { tasks: 3, workers: 2, policy: 'conveyed', mix: true })
  return kernel.seal()
}
