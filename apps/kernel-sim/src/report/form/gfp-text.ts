/** Gfp text: flags as a report shows them, by the names of Linux 6.18. */
import { formatGfp, linux6_18 } from '@scopemask/allocator/gfp'

export function gfpText(flags: number): string {
  return flags === 0 ? 'nothing' : formatGfp(linux6_18, flags)
}
