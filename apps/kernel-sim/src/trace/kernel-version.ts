/**
 * Kernel version: what a recording tells of the kernel that it is of. Some name its release; of others what their tracepoints print tells
 * how old it is at least or at most. Scopes are younger than the flags that they replace, so that it matters.
 */

/** A version such as `4.12`. */
export type Version = `${number}.${number}`

export interface KernelVersion {
  /** `6.18.44`, as the recording says; undefined where it does not. */
  readonly release: string | undefined
  /** It is older than this: it prints what later kernels do not. */
  readonly before: Version | undefined
  /** It is this or a later one: it prints what earlier kernels do not. */
  readonly since: Version | undefined
}

/** Of a recording that tells nothing. */
export const UNKNOWN_KERNEL: KernelVersion = {
  release: undefined,
  before: undefined,
  since: undefined,
}

/** A kernel of this release, such as `6.1.0-56-cloud-amd64`. */
export function kernelOfRelease(release: string): KernelVersion {
  return /^\d+\.\d+/.test(release) ? { ...UNKNOWN_KERNEL, release } : UNKNOWN_KERNEL
}

/** Returns true if the kernel is older than a version, false if it is not, undefined if the recording does not tell. */
export function isBefore(
  { release, before, since }: KernelVersion,
  version: Version,
): boolean | undefined {
  if (release !== undefined) return compare(release, version) < 0
  if (before !== undefined && compare(before, version) <= 0) return true
  return since !== undefined && compare(since, version) >= 0 ? false : undefined
}

function compare(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => text.split('.').map((part) => Number.parseInt(part, 10)))
  return (x?.[0] ?? 0) - (y?.[0] ?? 0) || (x?.[1] ?? 0) - (y?.[1] ?? 0)
}

/** What names the release: our recorder's first line, and the header of perf script. */
const RELEASE = /"kernel":\s*"Linux (\d+\.\d+[^\s"]*)|^[>\s]*#\s*os release\s*:\s*(\d+\.\d+\S*)/m

/** A flag without underscores as kernels before 4.6 print it, which is no name of several flags (show_gfp_flags in include/trace/events/gfpflags.h). */
const WITHOUT_UNDERSCORES =
  /gfp_flags=\(?(?:[A-Z_]+\|)*GFP_(?:WAIT|HIGH|IO|FS|COLD|NOWARN|REPEAT|NOFAIL|NORETRY|COMP|ZERO|NOMEMALLOC|MEMALLOC|HARDWALL|THISNODE|RECLAIMABLE|MOVABLE|NOTRACK|NO_KSWAPD|OTHER_NODE|WRITE)(?![A-Z_])/

/** What came with a version, the latest first. */
const CAME: readonly (readonly [version: Version, text: RegExp])[] = [
  // include/trace/events/kmem.h: b347aa7b5747.
  ['6.0', /\bgfp_flags=\S+ (?:node=-?\d+ )?accounted=(?:true|false)/],
  // include/trace/events/mmflags.h: dcda9b04713c.
  ['4.13', /\b__GFP_RETRY_MAYFAIL\b/],
  // The names of the source: 420adbe9fc1a.
  ['4.6', /gfp_flags=\S*\b__GFP_/],
]

/** What the first lines of a text tell. */
export function kernelOfText(beginning: string): KernelVersion {
  const found = RELEASE.exec(beginning)
  const release = found?.[1] ?? found?.[2]
  if (release !== undefined) return { ...UNKNOWN_KERNEL, release }
  if (WITHOUT_UNDERSCORES.test(beginning)) return { ...UNKNOWN_KERNEL, before: '4.6' }
  const since = CAME.find(([, text]) => text.test(beginning))?.[0]
  return since === undefined ? UNKNOWN_KERNEL : { ...UNKNOWN_KERNEL, since }
}
