/**
 * Frame: a line of a stack as kernels of all times print it, as data and back: `xfs_ilock+0x14b/0x2b0 [xfs]`, with an address in
 * brackets before it (until 4.11), with the file behind it (decode_stacktrace.sh), with `? ` where the unwinder is not sure.
 */

export interface Frame {
  readonly fn: string
  /** `0x14b/0x2b0`: where in the function, and how long it is. */
  readonly offset?: string
  /** What stands in brackets: the module, maybe with its build id. */
  readonly module?: string
  /** `fs/xattr.c:577`, or any other path. */
  readonly source?: string
  /** It is part of the frame below it: the compiler put it there. */
  readonly inlined?: true
  /** The unwinder found it on the stack, and does not know whether it is a caller. */
  readonly unsure?: true
  /** `<ffffffff81666600>` without the brackets. */
  readonly address?: string
  /** What arm64 marks a frame with: `(C)`, `(P)`. */
  readonly mark?: string
  /** What decode_stacktrace.sh puts in place of the offset: `kernel/sched/core.c:5376 (discriminator 4)`. */
  readonly decoded?: string
}

/** Which stack a frame is the first of, where kernels before 4.11 put that on its line: `<IRQ>  [<…>] `, `<<EOE>>  [<…>] `. */
const MARK = /^\s*<{1,2}(?:IRQ|NMI|SOFTIRQ|EOI|EOE|TASK|UNK|#[A-Z]+)>{1,2} +(?=\S)/
const FRAME =
  /^\s*(?:\[<(?<address>[\da-f]+)>\] ?)?(?<unsure>\? )?(?<fn>[A-Za-z_$][\w.$]*)(?:\+(?<offset>0x[\da-f]+\/0x[\da-f]+))?(?: \[(?!inline\])(?<module>[^\]]+)\])?(?: (?<source>[\w./+-]+\.[chSs](?:pp|xx)?:\d+|[\w./+-]+:\?))?(?<inlined> \[inline\])?(?: \[(?<later>[\w-]+)\])?(?: \((?<mark>[A-Z]{1,2}|unreliable)\))?\s*$/

const DECODED =
  /^\s*(?<unsure>\? )?(?<fn>[A-Za-z_$][\w.$]*) \((?<decoded>[\w./+-]+:(?:\d+|\?)[^)]*(?:\([^)]*\)[^)]*)*)\)(?: (?<module>\w+))?\s*$/

/** A line of a stack; null where it is something else. A name alone is one only where something marks it as a frame. */
export function parseFrame(line: string): Frame | null {
  if (line.length > 400) return null
  const text = line.includes('> ') ? line.replace(MARK, '') : line
  const groups = FRAME.exec(text)?.groups
  if (groups === undefined) return parseDecoded(text)
  const { fn = '', offset, source, address, mark } = groups
  const module = groups.module ?? groups.later
  if (offset === undefined && source === undefined && address === undefined) return null
  return {
    fn,
    ...(offset === undefined ? {} : { offset }),
    ...(module === undefined ? {} : { module }),
    ...(source === undefined ? {} : { source }),
    ...(groups.inlined === undefined ? {} : { inlined: true as const }),
    ...(groups.unsure === undefined ? {} : { unsure: true as const }),
    ...(address === undefined ? {} : { address }),
    ...(mark === undefined ? {} : { mark }),
  }
}

function parseDecoded(text: string): Frame | null {
  const groups = DECODED.exec(text)?.groups
  if (groups === undefined) return null
  const { fn = '', decoded = '', module } = groups
  return {
    fn,
    decoded,
    ...(module === undefined ? {} : { module }),
    ...(groups.unsure === undefined ? {} : { unsure: true as const }),
  }
}

/** The frame as a kernel prints it, without indentation. */
export function printFrame(frame: Frame): string {
  const { fn, offset, module, source, inlined, unsure, address, mark, decoded } = frame
  if (decoded !== undefined) {
    return `${unsure ? '? ' : ''}${fn} (${decoded})${module === undefined ? '' : ` ${module}`}`
  }
  return [
    address === undefined ? '' : `[<${address}>] `,
    unsure ? '? ' : '',
    fn,
    offset === undefined ? '' : `+${offset}`,
    module === undefined ? '' : ` [${module}]`,
    source === undefined ? '' : ` ${source}`,
    inlined ? ' [inline]' : '',
    mark === undefined ? '' : ` (${mark})`,
  ].join('')
}
