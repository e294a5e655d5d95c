/**
 * Remote: a conveyance as plain data, for a queue, a thread, a process or a host that is not ours. What comes
 * back in is hostile until it is decoded: it may add restrictions of this domain, and nothing else.
 *
 * The header form is `name/version/flags/mask`, the fingerprint of the flags in eight hex digits, the mask in
 * lower-case hex: `jobs/1/d5fd4ba1/3`. Each conveyance has exactly one.
 * @module remote
 */
import { Context } from './context.js'
import { Conveyance, type ConveyanceData } from './conveyance.js'
import type { Domain } from './domain.js'
import { meaning } from './earlier.js'
import { fingerprintOf } from './fingerprint.js'
import { ownData, quote, refuse } from './hostile.js'
import type { StepKind } from './origin.js'

export type { EarlierVersion } from './domain.js'
export { acceptEarlier } from './earlier.js'
export { DecodeError, type DecodeReason } from './errors.js'

/** The longest header form: a domain name of 64 characters, a version of 5 digits, a fingerprint and a mask of 8. */
const MAX_LENGTH = 64 + 1 + 5 + 1 + 8 + 1 + 8

/** The header form of a conveyance. Grants are not in it. */
export function encode(conveyance: ConveyanceData): string {
  const { domain, version, flags, mask } = conveyance
  return `${domain}/${version}/${flags}/${mask.toString(16)}`
}

/**
 * A conveyance from outside: its header form, or the object that a clone or JSON made of it.
 * It never has grants. One of an earlier version that the domain lists comes back as one of this version.
 *
 * @throws DecodeError for anything that is not exactly a conveyance of this domain, of this version or one that it
 * lists, with the same flags, or that has bits other than restrictions; `reason` says which. No other error is thrown,
 * whatever the input does.
 */
export function decode<N extends string>(domain: Domain<N>, input: unknown): Conveyance<N> {
  const data = typeof input === 'string' ? parse(domain, input) : read(domain, input)
  if (data.domain !== domain.name) {
    throw refuse(domain, 'wrong-domain', `it is for domain ${quote(data.domain)}`)
  }
  const mask = data.version === domain.version ? ofThis(domain, data) : ofEarlier(domain, data)
  return new Conveyance(domain, received(domain, mask | 0))
}

/** The mask of data of this version. */
function ofThis<N extends string>(domain: Domain<N>, { flags, mask }: ConveyanceData): number {
  assertFlags(domain, flags, domain.fingerprint)
  const unknown = (mask & ~domain.known) >>> 0
  if (unknown !== 0) {
    throw refuse(domain, 'unknown-bits', `0x${unknown.toString(16)} has no flags`)
  }
  const others = mask & ~domain.restrictions
  if (others !== 0) {
    throw refuse(
      domain,
      'not-conveyable',
      `${domain.format(domain.from(others))} is not a restriction, and nothing else is taken from outside`,
    )
  }
  return mask
}

/** What the mask of data of an earlier version means now. */
function ofEarlier<N extends string>(
  domain: Domain<N>,
  { version, flags, mask }: ConveyanceData,
): number {
  const earlier = domain.earlier.find((earlier) => earlier.version === version)
  if (earlier === undefined) {
    const versions = [domain, ...domain.earlier].map(({ version }) => version)
    throw refuse(
      domain,
      'wrong-version',
      `it is for version ${version}, not ${versions.join(', ')}`,
    )
  }
  assertFlags(domain, flags, fingerprintOf(earlier.restrictions))
  let unknown = mask
  let now = 0
  for (const [flag, bit] of Object.entries(earlier.restrictions)) {
    if ((mask & (1 << bit)) === 0) continue
    unknown &= ~(1 << bit)
    now |= meaning(domain, earlier, flag)
  }
  if (unknown !== 0) {
    throw refuse(domain, 'unknown-bits', `0x${(unknown >>> 0).toString(16)} has no flags`)
  }
  return now
}

function assertFlags<N extends string>(domain: Domain<N>, flags: string, expected: string): void {
  if (flags === expected) return
  throw refuse(
    domain,
    'other-flags',
    `its version has the flags ${quote(flags)} there and ${expected} here: flags that changed need a new version`,
  )
}

/** What arrived, as the beginning of a way; null for nothing. */
function received<N extends string>(domain: Domain<N>, own: number): Context<N> | null {
  if (own === 0) return null
  const site = domain.watched ? domain.site(own, undefined, decode) : undefined
  return new Received(domain, undefined, { own, outer: null, from: null, site })
}

/** The beginning of a way that was not here. */
class Received<in out N extends string> extends Context<N> {
  override get kind(): StepKind {
    return 'received'
  }

  override get name(): string {
    return this.domain.name
  }
}

function parse<N extends string>(domain: Domain<N>, text: string): ConveyanceData {
  if (text.length > MAX_LENGTH) {
    throw refuse(domain, 'oversize', `${text.length} characters, and ${MAX_LENGTH} are possible`)
  }
  const match =
    /^([A-Za-z][\w.-]*)\/(0|[1-9]\d{0,4})\/([\da-f]{8})\/(0|[1-9a-f][\da-f]{0,7})$/.exec(text)
  if (match === null) {
    throw refuse(domain, 'malformed', `${quote(text)} is not name/version/flags/mask`)
  }
  const [, name = '', version, flags = '', mask = ''] = match
  return { domain: name, version: Number(version), flags, mask: Number.parseInt(mask, 16) }
}

/** Reads own data properties only: no getter, no inherited value, no surplus. */
function read<N extends string>(domain: Domain<N>, input: unknown): ConveyanceData {
  const names = ['domain', 'version', 'flags', 'mask']
  const [name, version, flags, mask] = ownData(domain, input, names)
  if (typeof name !== 'string' || !isUint32(version) || !isUint32(mask)) {
    throw refuse(domain, 'malformed', 'domain takes a string, version and mask integers of 32 bits')
  }
  if (name.length > MAX_LENGTH) {
    throw refuse(domain, 'oversize', `a domain name of ${name.length} characters`)
  }
  if (typeof flags !== 'string' || flags.length !== 8) {
    throw refuse(domain, 'malformed', 'flags takes a fingerprint of 8 hex digits')
  }
  return { domain: name, version, flags, mask }
}

function isUint32(value: unknown): value is number {
  return typeof value === 'number' && value >>> 0 === value
}
