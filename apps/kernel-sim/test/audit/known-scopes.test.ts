/** Known scopes: what a recording without task flags borrows from one with them. */
import { describe, expect, it } from 'vitest'
import { Audit } from '../../src/audit/audit.js'
import { KnownScopes } from '../../src/audit/known-scopes.js'
import { GFP_NOFS, NOFS, read, Trace } from './trace.js'

const request = (...functions: string[]) =>
  '          wl-a-1     [000] ..... 1.000001: kmalloc: call_site=f+0x1/0x2 ptr=0 bytes_req=8 bytes_alloc=8 gfp_flags=GFP_NOFS\n' +
  `          wl-a-1     [000] ..... 1.000002: <stack trace>\n${functions.map((name) => ` => ${name}\n`).join('')}`

async function borrow(text: string) {
  const known = new KnownScopes()
  const flags = { gfp: GFP_NOFS }
  const recorded = new Trace()
    .kmalloc({ ...flags, fl: NOFS, st: '__kmalloc_noprof+100;f+1;scoped+2;sys+3' })
    .kmalloc({ ...flags, st: '__kmalloc_noprof+100;f+1;bare+2;sys+3' })
    .kmalloc({ ...flags, st: '__kmalloc_noprof+100;f+1;both+2;sys+3' })
    .kmalloc({ ...flags, fl: NOFS, st: '__kmalloc_noprof+100;f+1;both+9;sys+3' })
    .kmalloc({ ...flags, fl: NOFS, st: '__kmalloc_noprof+100;f+1;handle_softirqs+9;sys+3' })
  for (const event of (await read(recorded.text)).events) known.learn(event)
  const audit = new Audit({ known })
  for (const event of (await read(text)).events) audit.add(event)
  return { known, facts: audit.facts() }
}

describe('scopes of another recording', () => {
  it('are borrowed by call path, whatever is inside the allocator', async () => {
    const { facts, known } = await borrow(
      request('__kmalloc_other', 'f', 'scoped', 'sys') +
        request('__kmalloc_noprof', 'f', 'bare', 'sys') +
        request('__kmalloc_noprof', 'f', 'both', 'sys') +
        request('__kmalloc_noprof', 'f', 'elsewhere', 'sys') +
        request('__kmalloc_noprof', 'f', 'handle_softirqs', 'sys'),
    )
    expect(known.paths).toBe(2)
    expect(facts.requests.flagsFrom).toEqual({
      recorded: 0,
      page: 0,
      stack: 0,
      borrowed: 2,
      unknown: 3,
    })
    expect(facts.callSites.requests).toMatchObject({
      requests: 5,
      covered: 1,
      uncovered: 1,
      unknown: 2,
      interrupt: 1,
    })
  })

  it('make a judgement possible, and worth a step less', async () => {
    const { facts } = await borrow(
      Array.from({ length: 30 }, () =>
        request('k', 'f', 'scoped', 'sys').replace('=> k', '=> __kmalloc'),
      ).join(''),
    )
    expect(facts.callSites.explicit).toMatchObject([
      { verdict: 'always', confidence: 'weak', inferred: 30 },
    ])
  })
})
