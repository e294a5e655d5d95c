/** Call sites: who is judged, by which call paths, and how much the judgement is worth. */
import { describe, expect, it } from 'vitest'
import type { ExplicitSiteFact } from '../../src/audit/call-sites.js'
import { auditOf, GFP_KERNEL, GFP_NOFS, GFP_NOIO, MEMALLOC, NOFS, NOIO, Trace } from './trace.js'

async function sites(trace: Trace): Promise<readonly ExplicitSiteFact[]> {
  return (await trace.facts()).callSites.explicit
}

/** A request with GFP_NOFS from a call path. */
const from = (path: string, fl = 0) => ({ gfp: GFP_NOFS, fl, st: `__kmalloc_noprof+1;${path}` })

describe('a call site', () => {
  it.each([
    ['kmem_cache_alloc_noprof+1;site+2;caller+3', 'site'],
    ['__kmalloc_noprof+1;kvmalloc_node_noprof+2;site+3;caller+4', 'site'],
    ['__kmalloc_noprof+1;kstrdup+2;kstrdup_const+3;site+4;caller+5', 'site'],
    ['kmem_cache_alloc_noprof+1;mempool_alloc_noprof+2;site+3;caller+4', 'site'],
    ['kmem_cache_alloc_lru_noprof+1;xas_alloc+2;xas_create+3;xas_store+4;site+5;caller+6', 'site'],
    ['__kmalloc_noprof+1;__vmalloc_node_range_noprof+2;site+3;caller+4', 'site'],
    ['__kmalloc_noprof+1;pcpu_alloc_noprof.part.0+2;site+3;caller+4', 'site'],
    // What the list does not have is a call site itself: nothing is hidden.
    ['__kmalloc_noprof+1;new_helper+2;site+3', 'new_helper'],
    ['__kmalloc_noprof+1;rht_deferred_worker+2;process_one_work+3', 'rht_deferred_worker'],
  ])('is the first function that is not the allocator’s: %s', async (st, site) => {
    const found = await sites(new Trace().kmalloc({ gfp: GFP_NOFS, st }))
    expect(found).toMatchObject([{ site, requests: 1 }])
  })

  it('without a stack, or of the allocator alone, is where the tracepoint says', async () => {
    const found = await sites(
      new Trace()
        .event('kmalloc', { site: 'told', req: 8, alloc: 8, gfp: GFP_NOFS, node: -1 })
        .kmalloc({ gfp: GFP_NOFS, site: 'told', st: '__kmalloc_noprof+1' }),
    )
    expect(found).toMatchObject([{ site: 'told', caller: '?', requests: 2 }])
  })
})

describe('a judgement', () => {
  it('is made for each call path: what two callers do is not mixed', async () => {
    const trace = new Trace()
      .kmalloc(from('site+1;helper+2;covering+3', NOFS))
      .kmalloc(from('site+1;helper+2;covering+3', NOFS))
      .kmalloc(from('site+1;helper+2;bare+3'))
      .kmalloc(from('site+1;helper+2;both+3', NOFS))
      .kmalloc(from('site+1;helper+2;both+3'))
    const [found] = await sites(trace)
    expect(found).toMatchObject({
      verdict: 'sometimes',
      covered: 3,
      uncovered: 2,
      paths: { always: 1, sometimes: 1, never: 1 },
    })
    expect(
      found?.coveredFrom.map(({ functions, count, line }) => [functions[3], count, line]),
    ).toEqual([
      ['covering', 2, 1],
      ['both', 1, 4],
    ])
    expect(found?.uncoveredFrom.map(({ functions }) => functions[3])).toEqual(['bare', 'both'])
  })

  it('takes paths that differ inside the allocator only for one', async () => {
    const [found] = await sites(
      new Trace()
        .kmalloc({ gfp: GFP_NOFS, fl: NOFS, st: '__kmalloc_noprof+1;site+2;caller+3' })
        .kmalloc({
          gfp: GFP_NOFS,
          st: '__kmalloc_noprof+1;kvmalloc_node_noprof+4;site+2;caller+3',
        }),
    )
    expect(found?.paths).toEqual({ always: 0, sometimes: 1, never: 0 })
  })

  it.each([
    ['NOFS in a NOFS scope', GFP_NOFS, NOFS, 'always', 'NOFS'],
    ['NOFS in a NOIO scope, which is stronger', GFP_NOFS, NOIO, 'always', 'NOFS'],
    ['NOIO in a NOIO scope', GFP_NOIO, NOIO, 'always', 'NOIO'],
    ['NOIO in a NOFS scope, which is weaker', GFP_NOIO, NOFS, 'never', 'NOIO'],
    ['NOFS in no scope', GFP_NOFS, 0, 'never', 'NOFS'],
  ])('%s', async (_, gfp, fl, verdict, name) => {
    const [found] = await sites(new Trace().kmalloc({ gfp, fl }))
    expect(found).toMatchObject({ verdict, class: name })
  })

  it('does not count a task that cannot enter reclaim, nor an interrupt', async () => {
    const irq = 'handle_softirqs+4;__irq_exit_rcu+5;task+6'
    const [found] = await sites(
      new Trace()
        .kmalloc(from('site+1;caller+2', MEMALLOC))
        .kmalloc(from(`site+1;caller+2;${irq}`))
        .kmalloc(from('site+1;caller+2', NOFS)),
    )
    expect(found).toMatchObject({
      requests: 3,
      covered: 1,
      memalloc: 1,
      interrupt: 1,
      uncovered: 0,
      verdict: 'always',
    })
  })

  it('is made of no request with GFP_KERNEL or GFP_ATOMIC', async () => {
    const trace = new Trace().kmalloc({ gfp: GFP_KERNEL, fl: NOFS }).kmalloc({ gfp: 0x820 })
    expect(await sites(trace)).toEqual([])
    const { weakened } = (await trace.facts()).callSites
    expect(weakened).toEqual([
      { site: 'user', caller: 'do_syscall_64', scope: 'NOFS', requests: 1 },
    ])
  })

  it('takes no interrupt for a request that trusts the scope', async () => {
    const st = '__kmalloc_noprof+1;driver+2;handle_softirqs+4;user+5'
    const { callSites } = await new Trace().kmalloc({ fl: NOFS, st }).facts()
    expect(callSites.weakened).toEqual([])
  })

  it.each([
    [1, 'weak'],
    [29, 'weak'],
    [30, 'fair'],
    [299, 'fair'],
    [300, 'strong'],
  ])('of %s observations is %s', async (count, confidence) => {
    const trace = new Trace()
    for (let i = 0; i < count; i++) trace.kmalloc({ gfp: GFP_NOFS, fl: NOFS })
    expect(await sites(trace)).toMatchObject([{ covered: count, confidence, inferred: 0 }])
  })

  it('comes with the three most frequent call paths of each side', async () => {
    const trace = new Trace()
    for (let i = 1; i <= 6; i++) {
      for (let k = 0; k < i; k++) trace.kmalloc(from(`site+1;caller+2;path_${i}+3`, NOFS))
    }
    const [found] = await sites(trace)
    expect(found?.coveredFrom.map(({ functions, count }) => [functions.at(-1), count])).toEqual([
      ['path_6', 6],
      ['path_5', 5],
      ['path_4', 4],
    ])
    expect(found?.uncoveredFrom).toEqual([])
  })
})

describe('where task flags are not recorded', () => {
  const request = (time: number, flags: string, frames: readonly string[]) =>
    `            wl-a-1       [000] .....     1.${time}: kmalloc: call_site=site+0x1/0x2 ptr=0 bytes_req=64 bytes_alloc=64 gfp_flags=${flags} node=-1 accounted=false\n` +
    `            wl-a-1       [000] .....     1.${time}: <stack trace>\n${[
      '__kmalloc_noprof',
      'site',
      ...frames,
    ]
      .map((frame) => ` => ${frame}\n`)
      .join('')}`
  const judged = async (text: string) => (await auditOf(text)).facts.callSites.explicit

  it('a scope that a function on the stack holds is known, and no other', async () => {
    const held = request(100000, 'GFP_NOFS', ['caller', 'xfs_end_io', 'process_one_work'])
    expect(await judged(held)).toMatchObject([
      { covered: 1, inferred: 1, unknown: 0, verdict: 'always', confidence: 'weak' },
    ])
    // NOIO is more than the NOFS scope that is known: the task may be in a NOIO scope too, or not.
    const stronger = request(100000, 'GFP_NOIO', ['caller', 'xfs_end_io', 'process_one_work'])
    expect(await judged(stronger)).toMatchObject([
      { covered: 0, uncovered: 0, unknown: 1, verdict: 'unknown' },
    ])
  })

  it('the page that served a request tells the scope, if the request could have lost anything', async () => {
    const page = (time: number, flags: string) =>
      `            wl-a-1       [000] .....     1.${time}: mm_page_alloc: page=0 pfn=0x1 order=0 migratetype=0 gfp_flags=${flags}|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP\n` +
      `            wl-a-1       [000] .....     1.${time}: <stack trace>\n${[
        'allocate_slab',
        '___slab_alloc',
        '__kmalloc_noprof',
        'site',
        'caller',
        'sys',
      ]
        .map((frame) => ` => ${frame}\n`)
        .join('')}`
    const served = (passed: string, used: string) =>
      auditOf(page(100000, used) + request(100001, passed, ['caller', 'sys'])).then(
        ({ facts }) => facts.requests,
      )
    expect(await served('GFP_KERNEL', 'GFP_NOFS')).toMatchObject({
      flagsFrom: { page: 1 },
      classes: [{ scopes: { NOFS: 1 } }],
    })
    expect(await served('GFP_KERNEL', 'GFP_NOIO')).toMatchObject({
      classes: [{ scopes: { NOIO: 1 } }],
    })
    expect(await served('GFP_KERNEL', 'GFP_KERNEL')).toMatchObject({
      classes: [{ scopes: { none: 1 } }],
    })
    // NOFS from NOFS: nothing was lost, and nothing could be.
    expect(await served('GFP_NOFS', 'GFP_NOFS')).toMatchObject({
      flagsFrom: { page: 0, unknown: 1 },
    })
    expect(await served('GFP_NOFS', 'GFP_NOIO')).toMatchObject({
      classes: [{ scopes: { NOIO: 1 } }],
    })
  })

  it('nothing is always or never so as long as a request is unknown', async () => {
    const held = request(100000, 'GFP_NOFS', ['caller', 'xfs_end_io'])
    const open = request(100001, 'GFP_NOFS', ['caller', 'somebody'])
    expect(await judged(held + open)).toMatchObject([
      { covered: 1, unknown: 1, verdict: 'unknown' },
    ])
  })

  it('an inferred judgement is worth a step less', async () => {
    let text = ''
    for (let i = 0; i < 300; i++) {
      text += request(100000 + i, 'GFP_NOFS', ['caller', 'xfs_end_io'])
    }
    expect(await judged(text)).toMatchObject([{ covered: 300, inferred: 300, confidence: 'fair' }])
  })

  it('a function that holds a scope below an interrupt says nothing', async () => {
    const text = request(100000, 'GFP_NOFS', ['driver', 'handle_softirqs', 'caller', 'xfs_end_io'])
    expect(await judged(text)).toMatchObject([{ interrupt: 1, inferred: 0, covered: 0 }])
    expect((await auditOf(text)).facts.requests.flagsFrom).toMatchObject({ stack: 0, unknown: 1 })
  })
})
