/**
 * Flags: a mask is a set of named bits of one domain. See domain.ts for what the bits mean.
 */

declare const maskOf: unique symbol

/**
 * A set of flags of the domain named `N`, as an int32. Masks of two domains are different types: the brand takes and
 * returns `N`, so that neither is assignable to the other, nor both to a common one. `a | b` is a plain number
 * to the type checker: use {@link union}, or `domain.mask('A', 'B')`.
 */
export type Mask<N extends string = string> = number & {
  /** The brand: it is there for the type checker alone. */
  readonly [maskOf]: (domain: N) => N
}

/**
 * The union of masks of one domain.
 * @throws RangeError for anything that is not an int32, as a misspelt flag is in JavaScript.
 */
export function union<N extends string>(...masks: Mask<N>[]): Mask<N> {
  let bits = 0
  for (const mask of masks) {
    if ((mask | 0) !== mask) throw new RangeError(`${mask} is not a mask: is a flag misspelt?`)
    bits |= mask
  }
  return bits as Mask<N>
}
