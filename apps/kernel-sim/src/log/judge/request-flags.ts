/** Request flags: the mode of a request by the names of its kernel, and as the bits that the rules of the page allocator work with. */
import {
  formatGfp,
  type GfpLayout,
  type GfpMeaning,
  gfpLayout,
  gfpMeaning,
  linux6_1,
  parseGfp,
} from '@scopemask/allocator'
import type { ExplainedGfp } from './explained.js'

export interface RequestFlags {
  readonly explained: ExplainedGfp
  readonly meaning: GfpMeaning
  /** The flags with the bits of 6.1. */
  readonly bits: number
  /** What is not sure about the names. */
  readonly note: string | undefined
  /** The kernel is older than 4.4, whose watermarks count blocks of lower orders. */
  readonly old: boolean
}

/** Versions that between them have all layouts of kernels that print a number only. */
const BEFORE_NAMES = ['3.0', '3.3', '3.8', '3.16', '4.1', '4.4', '4.5']
/** The same for kernels that print names, the latest first. */
const WITH_NAMES = [
  '6.18',
  '6.12',
  '6.6',
  '6.1',
  '5.15',
  '5.4',
  '4.19',
  '4.15',
  '4.12',
  '4.9',
  '4.6',
]

/**
 * @param names what the kernel printed
 * @param kernel `6.18.0-rc4`; undefined where the log does not say
 */
export function requestFlags(
  gfp: number,
  names: string | undefined,
  kernel: string | undefined,
): RequestFlags {
  const known = kernel === undefined ? undefined : layoutOf(kernel)
  const layout = agreeing(known, gfp, names) ?? guessed(gfp, names)
  const text = formatGfp(layout, gfp) || '0'
  const meaning = gfpMeaning(layout, gfp)
  return {
    explained: {
      mode: `0x${gfp.toString(16)}`,
      names: names ?? text,
      ...(known === undefined ? {} : { kernel: known.kernel }),
      class: meaning.class,
    },
    meaning,
    bits: translated(layout, gfp),
    note: noteOf({ gfp, names, kernel, known }),
    old: isBefore4_4(known ?? layout),
  }
}

function layoutOf(release: string): GfpLayout | undefined {
  try {
    return gfpLayout(release)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** The kernel's layout, if it says what the kernel printed: vendors move bits too. */
function agreeing(
  layout: GfpLayout | undefined,
  gfp: number,
  names: string | undefined,
): GfpLayout | undefined {
  if (layout === undefined || names === undefined) return layout
  return formatGfp(layout, gfp) === names ? layout : undefined
}

/** A layout that says what was printed; where only a number was, one that names all of its bits. */
function guessed(gfp: number, names: string | undefined): GfpLayout {
  const versions = names === undefined ? BEFORE_NAMES : WITH_NAMES
  for (const version of versions) {
    const layout = gfpLayout(version)
    const text = formatGfp(layout, gfp)
    if (names === undefined ? !text.includes('0x') : text === names) return layout
  }
  return gfpLayout(versions[0] ?? '6.1')
}

function noteOf({
  gfp,
  names,
  kernel,
  known,
}: {
  readonly gfp: number
  readonly names: string | undefined
  readonly kernel: string | undefined
  readonly known: GfpLayout | undefined
}): string | undefined {
  if (names !== undefined) {
    if (known === undefined) return undefined
    const own = formatGfp(known, gfp)
    return own === names
      ? undefined
      : `Linux ${known.kernel} would print ${own} for this number: the kernel is a vendor's, or has other options; what it printed counts.`
  }
  if (known !== undefined) return undefined
  const readings = new Map<string, string[]>()
  for (const version of BEFORE_NAMES) {
    const text = formatGfp(gfpLayout(version), gfp)
    readings.set(text, [...(readings.get(text) ?? []), version])
  }
  const all = [...readings].map(([text, versions]) => `${text} (${versions.join(', ')})`)
  return `${kernel === undefined ? 'The log does not say which kernel it is' : `Of Linux ${kernel} no flags are known`}: by version the number means ${all.join('; ')}.`
}

/** The same request in the bits of 6.1. Names that it does not have make no difference to what is computed. */
function translated(layout: GfpLayout, gfp: number): number {
  let bits = 0
  for (const [name, mask] of layout.printk) {
    if (!name.startsWith('__GFP_') && mask > 0xf) continue
    if ((gfp & mask) === mask && Object.hasOwn(linux6_1.flags, name)) {
      bits |= parseGfp(linux6_1, name)
    }
  }
  const { __GFP_DIRECT_RECLAIM, __GFP_KSWAPD_RECLAIM } = layout.flags
  if ((gfp & __GFP_DIRECT_RECLAIM) !== 0) bits |= linux6_1.flags.__GFP_DIRECT_RECLAIM
  if ((gfp & __GFP_KSWAPD_RECLAIM) !== 0) bits |= linux6_1.flags.__GFP_KSWAPD_RECLAIM
  return bits >>> 0
}

function isBefore4_4({ kernel }: GfpLayout): boolean {
  return /^(?:3\.|4\.[0-3](?: |$))/.test(kernel)
}
