/** Protocol: what the page asks its engine, a worker, and what the engine reports. All of it is plain data. */
import type { CaseRow, Exhibit, PolicyName, Walk, Way } from '@scopemask/kernel-sim/workbench'
import type { Keep } from './tour/keep.js'

/** A scenario as a script: what the page has made of the text in the editor. */
export interface Script {
  readonly code: string
  /** What is counted as the scenario's number in reports: that of a bundled case, or empty. */
  readonly number: string
}

export type Request =
  | {
      readonly kind: 'check'
      readonly script: Script
      readonly policies: readonly PolicyName[]
      /** What the scenario has to do still, under which policy, beside its verdicts. */
      readonly keeps: { readonly policy: PolicyName; readonly all: readonly Keep[] }
    }
  | {
      readonly kind: 'walk'
      readonly script: Script
      readonly policy: PolicyName
      readonly way: Way
      /** The place of the move to take from there. */
      readonly take?: number
    }

export type Report =
  /** How far a check is. */
  | {
      readonly kind: 'progress'
      readonly cell: string
      readonly states: number
      readonly depth: number
    }
  /** The scenario's own code begins to run, or has come back. */
  | { readonly kind: 'code'; readonly runs: boolean }
  | {
      readonly kind: 'checked'
      readonly row: CaseRow
      readonly exhibits: readonly Exhibit[]
      /** For each keep of the request whether it is kept. */
      readonly kept: readonly boolean[]
    }
  | { readonly kind: 'walked'; readonly walk: Walk }
  | Fault

/** What is wrong with a scenario. */
export interface Fault {
  readonly kind: 'fault'
  /** One sentence, or the words of an error that the scenario has thrown. */
  readonly message: string
  /** The line of the editor, from 1; null when that is not known. */
  readonly line: number | null
}
