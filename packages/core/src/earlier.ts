/**
 * Earlier: versions of a domain that came before and whose conveyances are still taken: jobs that were queued before a
 * deploy. Each of their restrictions means restrictions of today; one that meant nothing would be lifted in silence, so
 * it is refused here and not when the job arrives.
 */
import type { Bits, Domain, EarlierVersion } from './domain.js'

/**
 * From now on `decode` takes conveyances of this version too, and gives what they mean today. Whoever defines the domain
 * calls it, beside the definition.
 *
 * @throws RangeError for a version or a bit that is taken or out of range, or a flag that means no restriction of today.
 */
export function acceptEarlier<N extends string, F extends string>(
  domain: Domain<N, F>,
  earlier: EarlierVersion<F>,
): void {
  const { name, flags } = domain
  const { version, restrictions, now = {} } = earlier
  const versions = [domain, ...domain.earlier].map(({ version }) => version)
  if ((version & 0xffff) !== version || versions.includes(version)) {
    throw new RangeError(`version ${version} of ${name} is taken, or not 0 to 65535`)
  }
  assertBits(`${name}/${version}`, restrictions)
  for (const flag of Object.keys({ ...restrictions, ...now })) {
    const names: readonly string[] = [now[flag] ?? flag].flat()
    const restricts = (name: string) => domain.restrictions & (flags[name as F] ?? 0)
    if (!(flag in restrictions) || names.length === 0 || !names.every(restricts)) {
      throw new RangeError(
        `${flag} of ${name}/${version} means ${names} now, which is not a restriction: say what it means in now`,
      )
    }
  }
  domain.earlier.push(earlier)
}

/** The restrictions of today that one of an earlier version means: those that it names, or the one of its name. */
export function meaning(
  { flags }: { readonly flags: { readonly [flag: string]: number } },
  { now = {} }: Pick<EarlierVersion, 'now'>,
  flag: string,
): number {
  let mask = 0
  for (const name of [now[flag] ?? flag].flat()) mask |= flags[name] ?? 0
  return mask
}

function assertBits(what: string, restrictions: Bits<string>): void {
  let known = 0
  for (const [flag, bit] of Object.entries(restrictions)) {
    if ((bit & 31) !== bit || known & (1 << bit)) {
      throw new RangeError(`${flag} of ${what}: bit ${bit} is taken or not 0 to 31`)
    }
    known |= 1 << bit
  }
}
