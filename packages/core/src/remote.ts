/**
 * Remote: a conveyance as plain data, for a queue, a thread, a process or a host that is not ours. What comes
 * back in is hostile until it is decoded: it may add restrictions of this domain, and nothing else.
 *
 * The header form is `name/version/mask`, the mask in lower-case hex: `jobs/1/3`. Each conveyance
 * has exactly one.
 */
import { type Context, Step } from './context.js'
import { Conveyance, type ConveyanceData } from './conveyance.js'
import type { Domain } from './domain.js'
import { ownData, quote, refuse } from './hostile.js'

export { DecodeError, type DecodeReason } from './errors.js'

/** The longest header form: a domain name of 64 characters, a version of 5 digits, a mask of 8. */
const MAX_LENGTH = 64 + 1 + 5 + 1 + 8

/** The header form of a conveyance. Grants are not in it. */
export function encode(conveyance: ConveyanceData): string {
  return `${conveyance.domain}/${conveyance.version}/${conveyance.mask.toString(16)}`
}

/**
 * A conveyance from outside: its header form, or the object that a clone or JSON made of it.
 * It never has grants.
 *
 * @throws DecodeError for anything that is not exactly a conveyance of this domain and version, or that
 * has bits other than restrictions; `reason` says which. No other error is thrown, whatever the input does.
 */
export function decode<N extends string>(domain: Domain<N>, input: unknown): Conveyance<N> {
  const data = typeof input === 'string' ? parse(domain, input) : read(domain, input)
  if (data.domain !== domain.name) {
    throw refuse(domain, 'wrong-domain', `it is for domain ${quote(data.domain)}`)
  }
  if (data.version !== domain.version) {
    throw refuse(
      domain,
      'wrong-version',
      `it is for version ${data.version}, not ${domain.version}`,
    )
  }
  const { mask } = data
  const unknown = (mask & ~domain.known) >>> 0
  if (unknown !== 0) {
    throw refuse(domain, 'unknown-bits', `0x${unknown.toString(16)} are no flags`)
  }
  const others = mask & ~domain.restrictions
  if (others !== 0) {
    throw refuse(
      domain,
      'not-conveyable',
      `${domain.format(domain.from(others))} is no restriction, and nothing else is taken from outside`,
    )
  }
  return new Conveyance(domain, received(domain, mask | 0))
}

/** What arrived, as the beginning of a way; null for nothing. */
function received<N extends string>(domain: Domain<N>, own: number): Context<N> | null {
  if (own === 0) return null
  const site = domain.watched ? domain.site(undefined, decode) : undefined
  const birth = { own, outer: null, from: null, site }
  return new Step(domain, birth, { kind: 'received', opened: own, name: domain.name })
}

function parse<N extends string>(domain: Domain<N>, text: string): ConveyanceData {
  if (text.length > MAX_LENGTH) {
    throw refuse(domain, 'oversize', `${text.length} characters, and ${MAX_LENGTH} are possible`)
  }
  const match = /^([A-Za-z][\w.-]*)\/(0|[1-9]\d{0,4})\/(0|[1-9a-f][\da-f]{0,7})$/.exec(text)
  if (match === null) throw refuse(domain, 'malformed', `${quote(text)} is not name/version/mask`)
  const [, name = '', version, mask = ''] = match
  return { domain: name, version: Number(version), mask: Number.parseInt(mask, 16) }
}

/** Reads own data properties only: no getter, no inherited value, no surplus. */
function read<N extends string>(domain: Domain<N>, input: unknown): ConveyanceData {
  const [name, version, mask] = ownData(domain, input, ['domain', 'version', 'mask'])
  if (typeof name !== 'string' || !isUint32(version) || !isUint32(mask)) {
    throw refuse(domain, 'malformed', 'domain takes a string, version and mask integers of 32 bits')
  }
  if (name.length > MAX_LENGTH) {
    throw refuse(domain, 'oversize', `a domain name of ${name.length} characters`)
  }
  return { domain: name, version, mask }
}

function isUint32(value: unknown): value is number {
  return typeof value === 'number' && value >>> 0 === value
}
