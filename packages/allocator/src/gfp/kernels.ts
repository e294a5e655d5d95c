/** Kernels: the layouts there are, by version. */
import {
  type CommonFlag,
  type GfpConfig,
  type GfpLayout,
  type KernelLayout,
  kernelVersion,
} from './layout.js'
import { layout3_0 } from './layouts/v3-0.js'
import { layout4_4 } from './layouts/v4-4.js'
import { layout5_1 } from './layouts/v5-1.js'
import { layout6_1 } from './layouts/v6-1.js'
import { layout6_3 } from './layouts/v6-3.js'
import { layout6_10 } from './layouts/v6-10.js'
import { layout6_18 } from './layouts/v6-18.js'

/** From which version on there is which layout, the latest first. */
const LAYOUTS: readonly (readonly [
  since: number,
  layout: (version: number, config: GfpConfig) => GfpLayout,
])[] = [
  [kernelVersion(6, 12, 11), (version, config) => layout6_18(config, version)],
  [kernelVersion(6, 10), layout6_10],
  [kernelVersion(6, 3), layout6_3],
  [kernelVersion(5, 18), (version, config) => layout6_1(config, version)],
  [kernelVersion(5, 1), layout5_1],
  [kernelVersion(4, 4), layout4_4],
  [kernelVersion(3, 0), layout3_0],
]

/** The last minor version of each major one; 6.18 is the last that is known. */
const LAST_MINOR: ReadonlyMap<number, number> = new Map([
  [3, 19],
  [4, 20],
  [5, 19],
  [6, 18],
])

/** The layout of Linux 6.1 as Debian configures it for amd64. Its type knows every flag of that kernel. */
export const linux6_1: KernelLayout<
  | CommonFlag
  | '__GFP_RETRY_MAYFAIL'
  | '__GFP_ZEROTAGS'
  | '__GFP_ATOMIC'
  | '__GFP_SKIP_ZERO'
  | '__GFP_SKIP_KASAN_UNPOISON'
  | '__GFP_SKIP_KASAN_POISON'
  | 'GFP_TRANSHUGE_LIGHT'
> = layout6_1({})

/** The layout of Linux 6.18, without CONFIG_LOCKDEP and CONFIG_KASAN_HW_TAGS. Its type knows every flag of that kernel. */
export const linux6_18: KernelLayout<
  | CommonFlag
  | '__GFP_RETRY_MAYFAIL'
  | '__GFP_ZEROTAGS'
  | '__GFP_SKIP_ZERO'
  | '__GFP_SKIP_KASAN'
  | '__GFP_NO_OBJ_EXT'
  | 'GFP_TRANSHUGE_LIGHT'
> = layout6_18({})

/**
 * The layout of a kernel from 3.0 to 6.18, in the configuration given. What a vendor changed in its kernel is not known.
 *
 * @param release a version such as `6.18`, or what `uname -r` says, such as `6.18.44-amd64`
 * @throws RangeError for a version that has none. No other version is taken instead: bits and names move.
 */
export function gfpLayout(release: string, config: GfpConfig = {}): GfpLayout {
  const [, major, minor, patch] =
    /^(\d{1,2})\.(\d{1,3})(?:\.(\d{1,5}))?(?![^.+_-])/.exec(release) ?? []
  const version = kernelVersion(Number(major), Number(minor), Number(patch ?? 0))
  const known = Number(minor) <= (LAST_MINOR.get(Number(major)) ?? -1)
  const found = known ? LAYOUTS.find(([since]) => version >= since) : undefined
  if (found === undefined) {
    throw new RangeError(
      `no gfp layout for Linux "${release.slice(0, 64)}": there are those of 3.0 to 6.18`,
    )
  }
  return found[1](version, config)
}
