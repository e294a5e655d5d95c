/**
 * Flags: a mask is a set of named bits of one domain. See domain.ts for what the bits mean.
 */

declare const maskOf: unique symbol

/**
 * A set of flags of the domain named `N`, as an int32. Masks of two domains are different types.
 * `a | b` is a plain number to the type checker: use {@link union}, or `domain.mask('A', 'B')`.
 */
export type Mask<N extends string = string> = number & { readonly [maskOf]: N }

/** The union of masks of one domain. */
export function union<N extends string>(...masks: Mask<N>[]): Mask<N> {
  let bits = 0
  for (const mask of masks) bits |= mask
  return bits as Mask<N>
}
