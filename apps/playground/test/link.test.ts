/** Links hold what is shared, and are read with suspicion. */
import { deflateRawSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { LinkError, linkTo, readLink, type Shared } from '../src/page/link.js'

// The page has them from its build.
vi.mock('../src/page/policies.js', () => ({ POLICY_NAMES: ['unrestricted', 'scope'] }))

const shared: Shared[] = [
  { scenario: { number: '5b' }, walk: null },
  { scenario: { number: '4' }, walk: { policy: 'scope', token: '00~1K.zz_-', at: 2 } },
  { scenario: { text: 'const ä = "\u{1f512}"\n'.repeat(2000) }, walk: null },
]

/** A link that anybody could have made. */
const made = (json: unknown): string =>
  `link=${deflateRawSync(JSON.stringify(json)).toString('base64url')}`

describe('a link', () => {
  it.each(shared)('comes back as it was', async (each) => {
    const hash = await linkTo(each)
    expect(hash).toMatch(/^link=[\w-]+$/)
    expect(await readLink(hash)).toEqual(each)
  })

  it('is short for a long text that says little', async () => {
    expect((await linkTo(shared[2] as Shared)).length).toBeLessThan(400)
  })

  it.each(['', 'tour', 'case-4/scope/step-3'])('is not what "%s" is', async (hash) => {
    expect(await readLink(hash)).toBeNull()
  })

  it.each([
    ['link=', /damaged/],
    ['link=%%%', /letters/],
    ['link=AAAA', /damaged/],
    [`link=${'A'.repeat(100_001)}`, /too long/],
    [made('text').slice(0, -3), /damaged/],
    [made(null), /no scenario/],
    [made('text'), /no scenario/],
    [made([]), /version/],
    [made({ v: 1 }), /no scenario/],
    [made({ v: 1, number: 4 }), /no scenario/],
    [made({ v: 1, text: 'x', walk: null }), /no scenario/],
    [made({ v: 1, text: 'x', walk: { policy: 'toString', token: '', at: 0 } }), /policy/],
    [made({ v: 1, text: 'x', walk: { policy: 'scope', token: '"', at: 0 } }), /cannot be walked/],
    [made({ v: 1, text: 'x', walk: { policy: 'scope', token: '', at: '1' } }), /cannot be walked/],
    [made({ v: 1, text: 'x', walk: { policy: 'scope', token: '', at: 0.5 } }), /cannot be walked/],
    [made({ v: 1, text: '\0'.repeat(3e5) }), /more than a scenario/],
  ])('is refused in a sentence: %.30s', async (hash, sentence) => {
    const reading = readLink(hash)
    await expect(reading).rejects.toThrow(LinkError)
    await expect(reading).rejects.toThrow(sentence)
  })
})
