/** Misuse: what an error says of a scope that was closed wrongly: both scopes, by name and place, and the way out. */
import type { Mask } from './flags.js'
import { labelOf, opening, type Site } from './place.js'

/** A scope, as far as it has to be described. */
export interface Described<N extends string> {
  readonly context: { readonly name: string }
  readonly mask: Mask<N>
  readonly site: Site
}

/** How a scope was closed: twice, before one inside it, or within a scope of the context that runs. */
export type Misuse = 'twice' | 'before' | 'within'

/** Puts a misuse into words. */
export function describe<N extends string>(
  domain: { format(mask: Mask<N>): string },
  scope: Described<N>,
  misuse: Misuse,
  other: Described<N> | undefined,
): string {
  const name = ({ context, mask, site }: Described<N>): string =>
    `scope ${domain.format(mask)} "${labelOf(site) ?? ''}" of ${context.name} (${opening(site)})`
  return `${name(scope)} closed ${misuse}${
    other ? ` ${name(other)}` : ''
  } (a task needs its own context, transfer moves scopes)`
}
