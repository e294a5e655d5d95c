/**
 * Stack text: the stacks of the text formats, a frame a line. The same ones come again and again, so each is taken
 * apart once. A stack may go on in the next block of bytes; until its end is seen nothing is known about it.
 */
import { Names } from '../names.js'
import type { Stack } from '../stack.js'
import { ByteTable, fromText, viewOf } from './byte-table.js'

/** The frames of a stack, as they stand in the text. */
export interface StackText {
  readonly stack: Stack
  readonly lines: number
  /** Lines among them that are no frames, counted from 0. */
  readonly strange: readonly { readonly at: number; readonly text: string }[]
  /** The tracepoint that recorded it, or the class of tracepoints, if the innermost frame tells. */
  readonly probe: string | undefined
  /** How many bytes of the text are lines of the stack, if other lines follow that were taken for frames. */
  readonly cut?: number | undefined
  /** True if it has addresses, and no name of a function. */
  readonly unnamed?: boolean
}

/** A stack, and its text if that was kept from one block of bytes to the next. */
export interface FoundStack extends StackText {
  readonly kept?: Buffer
}

/** No stack is as long as this, in bytes: what goes on beyond is taken for another one. */
const LONGEST = 1 << 20

export class StackTexts {
  readonly #table: ByteTable<StackText>
  #unfinished: Buffer[] = []
  #length = 0

  /** @param read takes the lines of a stack apart. */
  constructor(read: (lines: readonly string[], names: Names) => StackText) {
    const names = new Names()
    this.#table = new ByteTable(
      fromText((text) => {
        const lines = text.split('\n')
        if (lines.at(-1) === '') lines.pop()
        return read(lines, names)
      }),
    )
  }

  /** True if frames are kept, which may go on. */
  get goesOn(): boolean {
    return this.#length > 0
  }

  /** Frames that end here, or that `goOn`: then they are kept until more come, and undefined is returned. */
  take(bytes: DataView, start: number, end: number, goOn: boolean): FoundStack | undefined {
    if (!goOn && this.#length === 0) return this.#table.get(bytes, start, end)
    this.#unfinished.push(
      Buffer.from(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)),
    )
    this.#length += end - start
    return goOn && this.#length < LONGEST ? undefined : this.finish()
  }

  /** The frames that were kept, if any: they do not go on. */
  finish(): FoundStack | undefined {
    if (this.#length === 0) return undefined
    const bytes = Buffer.concat(this.#unfinished)
    this.#unfinished = []
    this.#length = 0
    const found = this.#table.get(viewOf(bytes), 0, bytes.length)
    return found.cut === undefined ? found : { ...found, kept: bytes }
  }
}
