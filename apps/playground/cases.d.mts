import type { PolicyName } from '@scopemask/kernel-sim/workbench'

export function bundledCases(): {
  readonly cases: readonly {
    readonly number: string
    readonly name: string
    readonly summary: string
    readonly module: string
    readonly exported: string
  }[]
  readonly texts: Readonly<Record<string, string>>
  readonly policies: readonly PolicyName[]
}
