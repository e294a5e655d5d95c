/** Misuse: what an error says of a scope that was closed wrongly: both scopes, by name and place, and the way out. */
import type { Mask } from './flags.js'
import { opening } from './place.js'

/** A scope or a section, as far as it has to be described. */
export interface Described {
  readonly name: string
  /** The flags that it was opened with. */
  readonly opened: number
  readonly label: string | undefined
  readonly stack: string | undefined
}

/**
 * How a scope was closed, twice, before one inside it, or within a scope of the context that runs; or that a context was
 * used inside a section of it.
 */
export type Misuse = 'twice' | 'before' | 'within' | 'outside'

/** What each is called, and the way out. */
const misuses: Readonly<Record<Misuse, readonly [what: string, wayOut: string]>> = {
  twice: ['closed twice', 'a task closes each of its scopes once; transfer moves scopes'],
  before: ['closed before', 'tasks that run at once need a Context each, or a Task each'],
  within: ['closed within', 'a task needs its own context, transfer moves scopes'],
  outside: [
    'used inside the more restricted',
    'use the context that run gave to the function, or hand off',
  ],
}

/** Puts a misuse into words. */
export function describe<N extends string>(
  domain: { format(mask: Mask<N>): string },
  scope: Described,
  misuse: Misuse,
  other: Described | undefined,
): string {
  const words = ({ name, opened, label, stack }: Described): string =>
    `scope ${domain.format(opened as Mask<N>)} "${label ?? ''}" of ${name} (${opening(stack)})`
  const [what, wayOut] = misuses[misuse]
  return `${words(scope)} ${what}${other ? ` ${words(other)}` : ''} (${wayOut})`
}
