/**
 * HTTP header: a conveyance in a header named `scopemask`: `scopemask: jobs/1/d5fd4ba1/3`. It works on `Headers`, on
 * what Node's http sends and receives, and on plain records. One header carries one domain: a second domain
 * needs a header name of its own.
 * @module http-header
 */
import type { Context } from '../context.js'
import type { Conveyance } from '../conveyance.js'
import type { Domain } from '../domain.js'
import { ConveyanceError } from '../errors.js'
import { attempt, isData, ownValue, refuse } from '../hostile.js'
import { decode } from '../remote.js'
import { outgoing, type RemotePolicy } from './outgoing.js'

export type { RemotePolicy } from './outgoing.js'

/** `Headers` of fetch, as far as this file has to know it. */
export interface HeadersLike {
  /** The header of this name, null or undefined when there is none. */
  get(name: string): string | null | undefined
  /** Sets a header, in place of one that was there. */
  set(name: string, value: string): void
}

/** What Node's `ServerResponse` and `ClientRequest` have in common. */
export interface OutgoingMessageLike {
  /** The header of this name, undefined when there is none. */
  getHeader(name: string): number | string | readonly string[] | undefined
  /** Sets a header, in place of one that was there. */
  setHeader(name: string, value: string): unknown
}

/** Headers by name, in any case: what Node's `IncomingMessage.headers` is, and `fetch` takes. */
export type HeaderRecord = Record<string, number | string | readonly string[] | undefined>

/** How a header is read. */
export interface ReadOptions {
  /** The name of the header, `scopemask` by default. */
  readonly name?: string
  /** True if its absence is an error: a sender always writes it, so one that is missing was lost. */
  readonly required?: boolean
}

const NAME = 'scopemask'

/**
 * Sets the header to what the policy conveys from the context at this moment.
 * @throws ConveyanceError when the header carries a conveyance of another domain.
 */
export function writeHeader<N extends string>(
  headers: HeadersLike | OutgoingMessageLike | HeaderRecord,
  context: Context<N>,
  policy: RemotePolicy,
  name: string = NAME,
): void {
  const text = (before: unknown): string => {
    if (before !== undefined && before !== null) assertSame(context.domain, name, `${before}`)
    return outgoing(context, policy, 'http-header')
  }
  if (isHeaders(headers)) headers.set(name, text(headers.get(name)))
  else if (isOutgoingMessage(headers)) headers.setHeader(name, text(headers.getHeader(name)))
  else {
    const [spelling = name, ...others] = spellingsOf(headers, name)
    headers[spelling] = text(headers[spelling])
    for (const other of others) delete headers[other]
  }
}

/**
 * The conveyance in a header, or undefined where there is no such header.
 * @throws DecodeError for anything in it that is not exactly one conveyance of this domain, for a header that cannot be
 * read without calling something, and, where it is required, for none.
 */
export function readHeader<N extends string>(
  domain: Domain<N>,
  headers: Pick<HeadersLike, 'get'> | HeaderRecord,
  { name = NAME, required = false }: ReadOptions = {},
): Conveyance<N> | undefined {
  const found = attempt(() => find(headers, name))
  if (found === undefined) {
    throw refuse(domain, 'malformed', `the header ${name} cannot be read as plain data`)
  }
  const { count, value } = found
  if (count === 0) {
    if (required) throw refuse(domain, 'missing', `there is no header ${name}`)
    return undefined
  }
  if (count > 1) throw refuse(domain, 'malformed', `${count} headers ${name}`)
  if (typeof value !== 'string') throw refuse(domain, 'malformed', `the header ${name} is not text`)
  return decode(domain, value)
}

/**
 * How many values the headers have for a name, and the first; undefined for what is not plain data, which must not pass
 * for no header. Only the length of an array counts, however long.
 */
function find(
  headers: Pick<HeadersLike, 'get'> | HeaderRecord,
  name: string,
): { readonly count: number; readonly value: unknown } | undefined {
  const spellings = isReadable(headers) ? [] : spellingsOf(headers, name)
  if (!spellings.every((spelling) => isData(headers, spelling))) return undefined
  if (spellings.length === 0 && !isReadable(headers) && name in headers) return undefined
  const values = isReadable(headers)
    ? [headers.get(name)]
    : spellings.map((spelling) => ownValue(headers, spelling))
  const [value, ...others] = values.filter((value) => value !== undefined && value !== null)
  if (others.length === 0 && Array.isArray(value)) {
    if (value.length > 0 && !isData(value, '0')) return undefined
    return { count: Number(value.length), value: ownValue(value, '0') }
  }
  return { count: value === undefined ? 0 : 1 + others.length, value }
}

/** The keys of a record that name the header, also such as are not enumerable: case does not count. */
function spellingsOf(headers: HeaderRecord, name: string): readonly string[] {
  return Reflect.ownKeys(headers).filter(
    (key): key is string => typeof key === 'string' && key.toLowerCase() === name.toLowerCase(),
  )
}

function assertSame<N extends string>(domain: Domain<N>, name: string, before: string): void {
  if (before.startsWith(`${domain.name}/`)) return
  throw new ConveyanceError(
    `the header ${name} carries another conveyance: ${domain.name} needs a name of its own`,
  )
}

function isReadable(headers: object): headers is Pick<HeadersLike, 'get'> {
  return 'get' in headers && typeof headers.get === 'function'
}

function isHeaders(headers: object): headers is HeadersLike {
  return isReadable(headers) && 'set' in headers && typeof headers.set === 'function'
}

function isOutgoingMessage(headers: object): headers is OutgoingMessageLike {
  return 'setHeader' in headers && typeof headers.setHeader === 'function'
}
