/** Kernels: the layouts there are, by version. */
import type { GfpConfig, GfpLayout } from './layout.js'
import { layout6_1 } from './layouts/v6-1.js'
import { layout6_18 } from './layouts/v6-18.js'

const LAYOUTS: ReadonlyMap<string, (config: GfpConfig) => GfpLayout> = new Map<
  string,
  (config: GfpConfig) => GfpLayout
>([
  ['6.1', layout6_1],
  ['6.18', layout6_18],
])

/** The layout of Linux 6.1 as Debian configures it for amd64. Its type knows every flag of that kernel. */
export const linux6_1 = layout6_1({})

/** The layout of Linux 6.18, without CONFIG_LOCKDEP and CONFIG_KASAN_HW_TAGS. Its type knows every flag of that kernel. */
export const linux6_18 = layout6_18({})

/**
 * The layout of a kernel, in the configuration given.
 *
 * @param release a version such as `6.18`, or what `uname -r` says, such as `6.18.44-amd64`
 * @throws RangeError for a version without a layout. No other version is taken instead: bits and names move.
 */
export function gfpLayout(release: string, config: GfpConfig = {}): GfpLayout {
  const version = /^\d+\.\d+(?![^.+_-])/.exec(release)?.[0] ?? ''
  const layout = LAYOUTS.get(version)
  if (layout === undefined) {
    const known = [...LAYOUTS.keys()].join(', ')
    throw new RangeError(`no gfp layout for Linux "${release.slice(0, 64)}": there are ${known}`)
  }
  return layout(config)
}
