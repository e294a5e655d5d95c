/**
 * Fingerprint: eight hex digits that stand for the names and bits of a domain's restrictions. Two services that have the
 * same version number and different flags would read one restriction as another; their fingerprints differ.
 */

/**
 * FNV-1a, 32 bits, of `NAME:bit` for each restriction, in the order of the bits. It finds mistakes; against an
 * attacker, who can compute it, a decoder relies on what it checks, not on this.
 */
export function fingerprintOf(restrictions: { readonly [flag: string]: number }): string {
  const text = Object.entries(restrictions)
    .sort(([, a], [, b]) => a - b)
    .map(([flag, bit]) => `${flag}:${bit}`)
    .join()
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
