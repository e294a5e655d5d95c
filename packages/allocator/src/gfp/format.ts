/** Format: gfp flags as the kernel prints them, and back. */
import type { FlagName, GfpLayout } from './layout.js'

/** A text that is not a gfp of its layout. The message names the part and where it stands. */
export class GfpParseError extends Error {
  /** Where the unknown part starts, counted from 0. */
  readonly position: number

  /** @internal */
  constructor(message: string, position: number) {
    super(message)
    this.name = 'GfpParseError'
    this.position = position
  }
}

/** What `%pGg` prints (lib/vsprintf.c, format_flags): names joined by `|`, what is left in hex, nothing for 0. */
export function formatGfp(layout: GfpLayout, gfp: number): string {
  return join(layout.printk, gfp)
}

/** What the tracepoints print (kernel/trace/trace_output.c, trace_print_flags_seq): the same, and `none` for 0 (GFP_NOWAIT before 4.6). */
export function formatGfpTrace(layout: GfpLayout, gfp: number): string {
  return (gfp | 0) === 0 ? layout.none : join(layout.trace, gfp)
}

function join(names: readonly FlagName[], gfp: number): string {
  const parts: string[] = []
  let rest = gfp | 0
  for (const [name, mask] of names) {
    if (rest === 0) break
    if ((rest & mask) !== mask) continue
    parts.push(name)
    rest &= ~mask
  }
  if (rest !== 0) parts.push(`0x${(rest >>> 0).toString(16)}`)
  return parts.join('|')
}

/**
 * The flags that a text of either form stands for: names of the layout and hex numbers, joined by `|`, in any order.
 * Names that the kernel's headers have and it never prints itself are understood too.
 *
 * @throws GfpParseError for a name that this kernel does not have, or anything else.
 */
export function parseGfp(layout: GfpLayout, text: string): number {
  if (text === '' || text === 'none') return 0
  let gfp = 0
  let position = 0
  for (const part of text.split('|')) {
    if (/^0x[\da-f]{1,8}$/i.test(part)) gfp |= Number.parseInt(part, 16)
    else {
      const mask = Object.hasOwn(layout.flags, part) ? layout.flags[part] : undefined
      if (mask === undefined) {
        const what = JSON.stringify(part.slice(0, 64))
        throw new GfpParseError(
          `${what} at position ${position} is no gfp flag of Linux ${layout.kernel}`,
          position,
        )
      }
      gfp |= mask
    }
    position += part.length + 1
  }
  return gfp >>> 0
}
