/** Keep: what must stay true of a scenario while somebody repairs it. */

import type { Scenario } from '@scopemask/kernel-sim'
import type { PolicyName } from '@scopemask/kernel-sim/workbench'

export interface Keep {
  readonly says: string
}

export function lostKeeps(
  _scenario: Scenario,
  _policies: readonly PolicyName[],
  keeps: readonly Keep[],
): Keep[] {
  return keeps.filter(() => false)
}
