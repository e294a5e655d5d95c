/**
 * Source coverage: how far a recording went. It shows call sites that were exercised; the source has all of them. Joined by the
 * function that a call site stands in: what the compiler put into another function cannot be found this way, and shows as
 * not exercised.
 */
import { plainName } from '../trace/attribute/plain-name.js'
import { bySite, type ExplicitSiteFact, type Verdict } from './call-sites.js'
import type { SourceSite } from './source-sites.js'

/** What the recording says of a place in the source; `not-exercised` where it has no request of its function. */
export type SourceVerdict = Verdict | 'not-exercised'

export interface SourceSiteFact extends SourceSite {
  /** Undefined for a scope. */
  readonly verdict: SourceVerdict | undefined
}

/** The places in one directory that pass a flag, by what the recording says of them; and how many scopes it opens. */
export interface DirectoryFact {
  readonly directory: string
  readonly flags: number
  readonly always: number
  readonly sometimes: number
  readonly never: number
  readonly unknown: number
  readonly notExercised: number
  readonly scopes: number
}

export interface SourceFacts {
  readonly files: number
  readonly sites: readonly SourceSiteFact[]
  /** The largest first. */
  readonly directories: readonly DirectoryFact[]
}

/** @param files how many files were looked at. */
export function sourceFacts(
  files: number,
  found: readonly SourceSite[],
  explicit: readonly ExplicitSiteFact[],
): SourceFacts {
  const verdicts = new Map(bySite(explicit).map(({ site, verdict }) => [plainName(site), verdict]))
  const sites: SourceSiteFact[] = found.map((site) => ({
    ...site,
    verdict: site.kind === 'scope' ? undefined : (verdicts.get(site.fn) ?? 'not-exercised'),
  }))
  const directories = new Map<string, SourceSiteFact[]>()
  for (const site of sites) {
    const directory = site.file.replace(/\/?[^/]*$/, '') || '.'
    const known = directories.get(directory)
    if (known === undefined) directories.set(directory, [site])
    else known.push(site)
  }
  return {
    files,
    sites,
    directories: [...directories]
      .map(([directory, all]) => directoryFact(directory, all))
      .sort((a, b) => b.flags - a.flags),
  }
}

function directoryFact(directory: string, sites: readonly SourceSiteFact[]): DirectoryFact {
  const of = (verdict: SourceVerdict) => sites.filter((site) => site.verdict === verdict).length
  const scopes = sites.filter(({ kind }) => kind === 'scope').length
  return {
    directory,
    flags: sites.length - scopes,
    always: of('always'),
    sometimes: of('sometimes'),
    never: of('never'),
    unknown: of('unknown'),
    notExercised: of('not-exercised'),
    scopes,
  }
}
