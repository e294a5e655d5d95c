/** `kernel-sim gfp`: what the flags of a request are called in a kernel, and what they let it do. */
import { formatGfp, type GfpLayout, GfpParseError, gfpLayout, parseGfp } from '@scopemask/allocator'
import { type Command, InvalidArgumentError } from 'commander'
import { InputError } from '../input-error.js'
import { gfpInAllKernels, gfpInKernel } from '../report/log/gfp-text.js'

interface Options {
  readonly kernel?: GfpRelease
  readonly lockdep?: boolean
  readonly kasanHwTags?: boolean
}

/** A release that there is a layout for. */
type GfpRelease = string & { readonly layout: true }

const DETAILS = `
FLAGS is a number as a kernel prints it (mode:0x40c40), or names with | between them. Without
--kernel a number is read as each kernel from 3.0 to 6.18 reads it: bits moved between them.

Exit status: 0 when FLAGS were understood; 2 when they were not.

Examples:
  kernel-sim gfp 0x820 --kernel 6.6
  kernel-sim gfp 'GFP_NOFS|__GFP_NOFAIL' --kernel 6.18
  kernel-sim gfp 0x2080d0`

/** The last minor version of each major one. */
const VERSIONS: readonly (readonly [major: number, last: number])[] = [
  [3, 19],
  [4, 20],
  [5, 19],
  [6, 18],
]

export function gfp(program: Command): void {
  program
    .command('gfp')
    .summary('say what the gfp flags of a request are, in any kernel')
    .description(
      'Says what a gfp mode is called in a kernel, or what number names stand for, and what the request ' +
        'may do to get memory: reclaim, I/O, the filesystem, reserves; outside of scopes and in them.',
    )
    .argument('<FLAGS>', 'a number such as 0x40c40, or names such as GFP_NOFS')
    .option('--kernel <release>', 'a version from 3.0 to 6.18, or what uname -r says', release)
    .option('--lockdep', 'the kernel has CONFIG_LOCKDEP, which adds a flag')
    .option('--kasan-hw-tags', 'the kernel has CONFIG_KASAN_HW_TAGS, which adds flags')
    .addHelpText('after', DETAILS)
    .action(run)
}

function run(given: string, { kernel, lockdep = false, kasanHwTags = false }: Options): void {
  const config = { lockdep, kasanHwTags }
  const number = /^(?:mode:|gfp_mask=|gfp_flags=)?(0x[\da-f]{1,8})\b/i.exec(given)?.[1]
  if (kernel !== undefined) {
    const layout = gfpLayout(kernel, config)
    process.stdout.write(gfpInKernel(layout, number ? Number(number) >>> 0 : parsed(layout, given)))
    return
  }
  if (number === undefined) {
    throw new InputError(
      'names stand for other numbers in other kernels: give --kernel, such as --kernel 6.6',
    )
  }
  const value = Number(number) >>> 0
  process.stdout.write(gfpInAllKernels(value, groups(value, config)))
}

function parsed(layout: GfpLayout, names: string): number {
  try {
    return parseGfp(layout, names)
  } catch (error) {
    if (error instanceof GfpParseError) throw new InputError(error.message)
    throw error
  }
}

/** Kernels that read a number alike, one after the other. */
function groups(value: number, config: Parameters<typeof gfpLayout>[1]) {
  const found: { first: string; last: string; layout: GfpLayout; text: string }[] = []
  for (const [major, lastMinor] of VERSIONS) {
    for (let minor = 0; minor <= lastMinor; minor++) {
      const version = `${major}.${minor}`
      const layout = gfpLayout(version, config)
      const text = formatGfp(layout, value)
      const before = found.at(-1)
      if (before?.text === text) before.last = version
      else found.push({ first: version, last: version, layout, text })
    }
  }
  return found.map(({ first, last, layout }) => ({
    kernels: first === last ? first : `${first} to ${last}`,
    layout,
  }))
}

function release(text: string): GfpRelease {
  try {
    gfpLayout(text)
  } catch (error) {
    throw new InvalidArgumentError(error instanceof RangeError ? `There is ${error.message}.` : '')
  }
  return text as GfpRelease
}
