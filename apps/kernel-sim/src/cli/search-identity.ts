/**
 * Search identity: what a search is of, the same for all runs that may go on with each other's work; and what is said where a search that was saved
 * cannot be gone on with.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ChangedMachine, DamagedFile } from '@scopemask/checker/node'
import { InputError } from '../input-error.js'
import type { Policy } from '../kernel/policy.js'
import { titled } from '../report/check/titled.js'
import type { Case } from '../scenarios/catalogue.js'
import { packageVersion } from './package-version.js'

/** Where a search that was saved lies. */
export interface Place {
  readonly path: string
  /** What else can be named in its stead. */
  readonly kind: 'file' | 'folder'
}

/** What a search is of. */
export interface SearchIdentity {
  readonly scenario: string
  readonly policy: string
  readonly partialOrder: boolean
  readonly symmetry: boolean
  /** What the scenario's text comes to: the version of this package and, of a scenario of the user's own, a hash of its file. */
  readonly source: string
}

/** @param given what the user has called the scenario. */
export function identityOf(
  given: string,
  { number, scenario }: Case,
  {
    policy,
    partialOrder,
    symmetry,
  }: Pick<SearchIdentity, 'partialOrder' | 'symmetry'> & { readonly policy: Policy },
): SearchIdentity {
  const version = packageVersion()
  return {
    scenario: titled(scenario),
    policy: policy.name,
    partialOrder,
    symmetry,
    source: number === '' ? `${version} ${fileHash(given)}` : version,
  }
}

/** Returns true if one can go on with the other's work. */
export function isSame(one: SearchIdentity, other: SearchIdentity): boolean {
  return difference(one, other) === null && one.source === other.source
}

/** @throws InputError when a search is another one, which says what another. */
export function assertSame(
  found: SearchIdentity,
  wanted: SearchIdentity,
  { path, kind }: Place,
): void {
  const what = difference(found, wanted)
  if (what !== null) {
    throw new InputError(
      `${path} is of ${what.found}, not ${what.wanted}: name another ${kind}, or remove it to start over`,
    )
  }
  if (found.source !== wanted.source) throw changed(path)
}

/** What is wrong with a search that was saved, as the user has to be told; anything else as it is. */
export function asUnusable(thrown: unknown, { path, kind }: Place): unknown {
  if (thrown instanceof ChangedMachine) return changed(path)
  if (!(thrown instanceof DamagedFile)) return thrown
  const { versions, fault } = thrown
  if (versions !== null) {
    return new InputError(
      `${path} is a checkpoint of version ${versions.found}, and this kernel-sim reads version ${versions.readable}: remove it to start over`,
    )
  }
  return new InputError(
    fault === 'foreign' && kind === 'file'
      ? `${path} is not a checkpoint of kernel-sim: name another file, or one that does not exist yet`
      : `${path} is damaged: remove it to start over`,
  )
}

/** What is not the same, but for the text of the scenario. */
function difference(
  found: SearchIdentity,
  wanted: SearchIdentity,
): { readonly found: string; readonly wanted: string } | null {
  for (const say of [cell, reductions]) {
    if (say(found) !== say(wanted)) return { found: say(found), wanted: say(wanted) }
  }
  return null
}

function cell({ scenario, policy }: SearchIdentity): string {
  return `${scenario} under ${policy}`
}

function reductions({ partialOrder, symmetry }: SearchIdentity): string {
  return `${partialOrder ? 'with' : 'without'} partial order and ${symmetry ? 'with' : 'without'} symmetry`
}

function changed(path: string): InputError {
  return new InputError(
    `${path} is of this scenario before it was changed, or of another version of kernel-sim: remove it to start over`,
  )
}

function fileHash(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
