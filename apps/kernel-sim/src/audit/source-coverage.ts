/**
 * Source coverage: how far a recording went. It shows call sites that were exercised; the source has all of them. They are joined by
 * file and line where these are known. Else by the function that a call site stands in: what the compiler put into another function
 * cannot be found that way, and shows as not exercised.
 */
import { plainName } from '../trace/attribute/plain-name.js'
import type { SourceLine, SourceLines } from '../trace/symbolize/source-line.js'
import { bySite, type ExplicitSiteFact, type Verdict, verdictOf } from './call-sites.js'
import type { RequestStack } from './request-stacks.js'
import type { SourceSite } from './source-sites.js'

/** What the recording says of a place in the source; `not-exercised` where it has no request of it. */
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
  /** What the places were found by in the recording. */
  readonly joinedBy: 'line' | 'function'
  readonly sites: readonly SourceSiteFact[]
  /** The largest first. */
  readonly directories: readonly DirectoryFact[]
}

/** What a kernel tree, or a part of one, has. */
export interface SourceTree {
  /** The path of its folder. */
  readonly folder: string
  /** How many files were looked at. */
  readonly files: number
  readonly sites: readonly SourceSite[]
}

/** What a recording has to join with. */
export interface Exercised {
  readonly explicit: readonly ExplicitSiteFact[]
  readonly stacks: readonly RequestStack[]
  /** The lines of the frames on the stacks, where they are known. */
  readonly lines: SourceLines | undefined
}

export function sourceFacts(tree: SourceTree, recorded: Exercised): SourceFacts {
  const { lines } = recorded
  const verdictAt =
    lines === undefined ? byFunction(recorded.explicit) : byLine(tree, recorded.stacks, lines)
  const sites: SourceSiteFact[] = tree.sites.map((site) => ({
    ...site,
    verdict: site.kind === 'scope' ? undefined : verdictAt(site),
  }))
  const directories = new Map<string, SourceSiteFact[]>()
  for (const site of sites) {
    const directory = site.file.replace(/\/?[^/]*$/, '') || '.'
    const known = directories.get(directory)
    if (known === undefined) directories.set(directory, [site])
    else known.push(site)
  }
  return {
    files: tree.files,
    joinedBy: lines === undefined ? 'function' : 'line',
    sites,
    directories: [...directories]
      .map(([directory, all]) => directoryFact(directory, all))
      .sort((a, b) => b.flags - a.flags),
  }
}

function byFunction(explicit: readonly ExplicitSiteFact[]): (site: SourceSite) => SourceVerdict {
  const verdicts = new Map(bySite(explicit).map(({ site, verdict }) => [plainName(site), verdict]))
  return ({ fn }) => verdicts.get(fn) ?? 'not-exercised'
}

/** Requests that came through one place of the source. */
interface Sums {
  covered: number
  uncovered: number
  unknown: number
}

function byLine(
  { folder, sites }: SourceTree,
  stacks: readonly RequestStack[],
  lines: SourceLines,
): (site: SourceSite) => SourceVerdict {
  const onLine = new Map<number, SourceSite[]>()
  for (const site of sites) {
    if (site.kind === 'scope') continue
    const known = onLine.get(site.line)
    if (known === undefined) onLine.set(site.line, [site])
    else known.push(site)
  }
  const sums = new Map<SourceSite, Sums>()
  for (const row of stacks) {
    if (row.coverage === undefined) continue
    for (const site of placesOf(row, lines, (at) =>
      (onLine.get(at.line) ?? []).filter((site) => isSameFile(folder, site.file, at.file)),
    )) {
      const sum = sums.get(site) ?? { covered: 0, uncovered: 0, unknown: 0 }
      if (row.coverage === 'covered') sum.covered += row.requests
      else if (row.coverage === 'unknown') sum.unknown += row.requests
      else sum.uncovered += row.requests
      sums.set(site, sum)
    }
  }
  return (site) => {
    const sum = sums.get(site)
    return sum === undefined ? 'not-exercised' : verdictOf(sum.covered, sum.uncovered, sum.unknown)
  }
}

/** The places that a request came through: where it allocates, and where the flag was passed on the way there. */
function placesOf(
  { stack, class: gfpClass }: RequestStack,
  lines: SourceLines,
  sitesAt: (line: SourceLine) => readonly SourceSite[],
): Set<SourceSite> {
  const places = new Set<SourceSite>()
  const first = stack.callSite === undefined ? 0 : stack.functions.indexOf(stack.callSite.site)
  for (const [i, frame] of stack.frames.slice(first).entries()) {
    for (const line of lines.get(frame) ?? []) {
      for (const site of sitesAt(line)) {
        if (!site.word.endsWith(gfpClass)) continue
        if (i === 0 || site.kind === 'passed-on') places.add(site)
      }
    }
  }
  return places
}

/** Returns true if a file of the tree is the one that debug information names, from the top of the kernel tree. */
function isSameFile(folder: string, file: string, named: string): boolean {
  return (
    file === named ||
    `${folder}/${file}`.endsWith(`/${named}`) ||
    // The tree may lie elsewhere than it is called.
    (file.includes('/') && named.endsWith(`/${file}`))
  )
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
