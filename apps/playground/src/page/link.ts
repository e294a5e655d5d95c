/**
 * Link: what the page shows, as a text for the address: the scenario, the policy and the way through it. It is JSON, deflated, in
 * letters that need no escape. Links come from anybody: whatever is wrong with one is said in a sentence.
 */
import type { PolicyName } from '@scopemask/kernel-sim/workbench'
import { POLICY_NAMES } from './policies.js'

/** What a link holds. */
export interface Shared {
  /** A bundled case by number, or a text of one's own. */
  readonly scenario: { readonly number: string } | { readonly text: string }
  /** The way that is walked, and how far; null when nobody walks. */
  readonly walk: {
    readonly policy: PolicyName
    readonly token: string
    readonly at: number
  } | null
}

/** What is wrong with a link. */
export class LinkError extends Error {}

/** How long a link and what it holds may be, in characters. */
const MAX_LINK = 100_000
const MAX_TEXT = 200_000
const NAME = 'link='
const VERSION = 1

/** The part of an address after `#`. */
export async function linkTo({ scenario, walk }: Shared): Promise<string> {
  const json = JSON.stringify({ v: VERSION, ...scenario, ...(walk === null ? {} : { walk }) })
  const deflated = await through(
    new CompressionStream('deflate-raw'),
    new TextEncoder().encode(json),
  )
  return NAME + toBase64Url(deflated)
}

/**
 * What a link holds; null for an address that is not a link.
 * @param hash the part of the address after `#`.
 * @throws LinkError when it is one and cannot be read.
 */
export async function readLink(hash: string): Promise<Shared | null> {
  if (!hash.startsWith(NAME)) return null
  const letters = hash.slice(NAME.length)
  if (letters.length > MAX_LINK) throw new LinkError('The link is too long to be one of this page.')
  if (!/^[\w-]*$/.test(letters))
    throw new LinkError('The link has letters that none of this page has.')
  let json: unknown
  try {
    const inflated = await through(new DecompressionStream('deflate-raw'), fromBase64Url(letters))
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(inflated))
  } catch (thrown) {
    if (thrown instanceof LinkError) throw thrown
    throw new LinkError('The link is damaged: was it cut off?')
  }
  return checked(json)
}

function checked(json: unknown): Shared {
  const { v, number, text, walk } = fieldsOf(json)
  if (v !== VERSION) throw new LinkError('The link is of another version of this page.')
  if (typeof text === 'string') return { scenario: { text }, walk: checkedWalk(walk) }
  if (typeof number === 'string') return { scenario: { number }, walk: checkedWalk(walk) }
  throw new LinkError('The link holds no scenario.')
}

function checkedWalk(walk: unknown): Shared['walk'] {
  if (walk === undefined) return null
  const { policy, token, at } = fieldsOf(walk)
  const known = POLICY_NAMES.find((name) => name === policy)
  if (known === undefined) throw new LinkError('The link names a policy that there is not.')
  if (typeof token !== 'string' || !/^[\w~.-]*$/.test(token) || !Number.isInteger(at)) {
    throw new LinkError('The link holds a way that cannot be walked.')
  }
  return { policy: known, token, at: Number(at) }
}

function fieldsOf(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null) throw new LinkError('The link holds no scenario.')
  return json as Record<string, unknown>
}

/** Sends bytes through a stream that makes others of them. @throws LinkError when there are too many of these. */
async function through(
  { readable, writable }: CompressionStream | DecompressionStream,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = writable.getWriter()
  // What goes wrong with the bytes comes out at the other end.
  writer.write(bytes).catch(() => {})
  writer.close().catch(() => {})
  const pieces: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  const reader = readable.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > MAX_TEXT) {
      await reader.cancel()
      throw new LinkError('The link holds more than a scenario can be long.')
    }
    pieces.push(value)
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer())
}

function toBase64Url(bytes: Uint8Array): string {
  let letters = ''
  for (const byte of bytes) letters += String.fromCharCode(byte)
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

function fromBase64Url(letters: string): Uint8Array<ArrayBuffer> {
  const binary = atob(letters.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0))
}
