/** Kernel of a machine file: whose rules the page allocator follows where kernels differ. All else of a machine is 6.1's. */
import { type AllocatorRules, RULES_6_1, RULES_6_18 } from '@scopemask/allocator'
import type { Complaints, Kind } from './kinds.js'
import { scalar } from './kinds.js'
import type { Place, Tree } from './tree.js'

const RULES = { '6.1': RULES_6_1, '6.18': RULES_6_18 } as const

export type KernelName = keyof typeof RULES

const NAMES = Object.keys(RULES) as KernelName[]

/** What `kernel:` takes: without quotes, YAML has a number there. */
export const KERNEL: Kind<KernelName> = scalar({
  takes: `one of ${NAMES.join(', ')}`,
  schema: { enum: [...NAMES, ...NAMES.map(Number)] },
  make: (_, text) => NAMES.find((name) => name === text),
})

/** The rules of a machine; undefined where it says nothing of them, and they are those of 6.1. */
export function rulesOf(
  said: { readonly kernel: KernelName | undefined; readonly defragMode: number | undefined },
  place: Place | Tree,
  complaints: Complaints,
): AllocatorRules | undefined {
  const { kernel, defragMode } = said
  if (defragMode !== undefined && kernel !== '6.18') {
    return complaints.add(
      place,
      'sysctls.defrag_mode is there since Linux 6.15: kernel: 6.18 has it, and 6.1, which is the default, has not',
    )
  }
  if (kernel === undefined) return undefined
  const rules = RULES[kernel]
  return defragMode === 1 ? { ...rules, defragMode: true } : rules
}
