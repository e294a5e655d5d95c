/** Described: a scope or a section in the words of an error. */
import type { Mask } from './flags.js'
import { frameOf } from './place.js'

/** A scope or a section, as far as it has to be described. */
export interface Described {
  readonly name: string
  /** The flags that it was opened with. */
  readonly opened: number
  readonly label: string | undefined
  readonly stack: string | undefined
}

/** `scope NO_DISK "flush" of task (opened at commit (journal.ts:12:3))`. */
export function described<N extends string>(
  domain: { format(mask: Mask<N>): string },
  { name, opened, label = '', stack }: Described,
): string {
  const frame = frameOf(stack)
  const place = frame ? `opened ${frame}` : 'place not recorded: see recordPlaces'
  return `scope ${domain.format(opened as Mask<N>)} "${label}" of ${name} (${place})`
}
