/**
 * Stack text: the stacks of the text formats, a frame a line. The same ones come again and again, so each is taken
 * apart once. A stack may go on in the next block of bytes; until its end is seen nothing is known about it.
 */
import type { Stack } from '../stack.js'
import { ByteTable } from './byte-table.js'

/** The frames of a stack, as they stand in the text. */
export interface StackText {
  readonly stack: Stack
  readonly lines: number
  /** Lines among them that are no frames, counted from 0. */
  readonly strange: readonly { readonly at: number; readonly text: string }[]
}

export class StackTexts {
  readonly #table: ByteTable<StackText>
  #unfinished = ''

  /** @param read takes the lines of a stack apart. */
  constructor(read: (lines: readonly string[]) => StackText) {
    this.#table = new ByteTable((text) => {
      const lines = text.split('\n')
      if (lines.at(-1) === '') lines.pop()
      return read(lines)
    })
  }

  /** Frames that end here, or that `goOn`: then they are kept until more come, and undefined is returned. */
  take(bytes: Buffer, start: number, end: number, goOn: boolean): StackText | undefined {
    if (!goOn && this.#unfinished === '') return this.#table.get(bytes, start, end)
    this.#unfinished += bytes.toString('utf8', start, end)
    return goOn ? undefined : this.finish()
  }

  /** The frames that were kept, if any: they do not go on. */
  finish(): StackText | undefined {
    if (this.#unfinished === '') return undefined
    const bytes = Buffer.from(this.#unfinished)
    this.#unfinished = ''
    return this.#table.get(bytes, 0, bytes.length)
  }
}
