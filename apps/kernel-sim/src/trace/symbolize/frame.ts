/** Frame: a return address as recordings have it, in its parts. */

export interface FrameParts {
  readonly fn: string
  /** From the beginning of the function; undefined where the recording does not tell. */
  readonly offset: number | undefined
  /** The size of the function; undefined where the recording does not tell. */
  readonly size: number | undefined
  /** The address in the memory of the recorded kernel; undefined where the recording does not tell. */
  readonly address: bigint | undefined
}

const FRAME = /^(.*?)(?:\+(0x[\da-f]+|\d+)(?:\/(0x[\da-f]+))?|@([\da-f]+))?$/

/** `kthread+248`, `kthread+0xf8/0x120`, `kthread@ffffffff81389be8`, or `kthread` alone. */
export function frameParts(frame: string): FrameParts {
  const [, fn = frame, offset, size, address] = FRAME.exec(frame) ?? []
  return {
    fn,
    offset: offset === undefined ? undefined : Number(offset),
    size: size === undefined ? undefined : Number(size),
    address: address === undefined ? undefined : BigInt(`0x${address}`),
  }
}
