/** Prediction: what lies between a request and the pages that serve it (mm/slub.c of Linux 6.18), and what if it differs. */
import { describe, expect, it } from 'vitest'
import { auditOf, GFP_KERNEL, GFP_NOFS, NOFS, NOIO, Trace } from './trace.js'

const BACKEND = '__alloc_frozen_pages_noprof+1;alloc_pages_mpol+2'
const SLAB = `${BACKEND};allocate_slab+3;___slab_alloc+4`
const OUTER = 'user+5;do_syscall_64+1'

const NO_RETRY_NO_WARN = 0x12000
const COMP = 0x40000
const RECLAIMABLE = 0x10
const NOMEMALLOC = 0x80000
const RECLAIM = 0xc00
const ACCOUNT = 0x400000
const THISNODE = 0x200000
const NOWAIT = 0x2800
const FS = 0x80
const NO_PAGE = 2 ** 64

async function agreement(trace: Trace) {
  return (await trace.facts()).agreement
}

describe('the prediction agrees with what a 6.18 kernel does when', () => {
  const cases: Readonly<Record<string, Trace>> = {
    'a cache gets a slab of the smallest order': new Trace()
      .slabPage({ gfp: GFP_KERNEL | COMP | NO_RETRY_NO_WARN })
      .cacheAlloc(),
    'the task is in a NOFS scope': new Trace()
      .slabPage({ fl: NOFS, gfp: GFP_NOFS | COMP | NO_RETRY_NO_WARN })
      .cacheAlloc({ fl: NOFS }),
    'the task is in a NOIO scope': new Trace()
      .slabPage({ fl: NOIO, gfp: RECLAIM | COMP | NO_RETRY_NO_WARN })
      .cacheAlloc({ fl: NOIO }),
    'the cache is reclaimable, in every page after the first': new Trace()
      .slabPage({ gfp: GFP_KERNEL | COMP | NO_RETRY_NO_WARN | RECLAIMABLE })
      .cacheAlloc()
      .slabPage({ gfp: GFP_NOFS | COMP | NO_RETRY_NO_WARN | RECLAIMABLE, fl: NOFS })
      .cacheAlloc({ fl: NOFS }),
    'the caller asks for zeroed and charged memory': new Trace()
      .slabPage({ gfp: GFP_KERNEL | COMP | NO_RETRY_NO_WARN })
      .cacheAlloc({ gfp: GFP_KERNEL | 0x100 | ACCOUNT }),
    'the slab is larger than it has to be': new Trace()
      .slabPage({ order: 3, gfp: ((GFP_KERNEL | COMP | NO_RETRY_NO_WARN) & ~RECLAIM) | NOMEMALLOC })
      .cacheAlloc(),
    'the object itself needs the larger slab': new Trace()
      .slabPage({ order: 1, gfp: GFP_KERNEL | COMP | NO_RETRY_NO_WARN })
      .cacheAlloc({ alloc: 4097 }),
    'a larger slab cannot be had and a smaller one is taken': new Trace()
      .slabPage({
        order: 3,
        pfn: NO_PAGE,
        gfp: ((GFP_KERNEL | COMP | NO_RETRY_NO_WARN) & ~RECLAIM) | NOMEMALLOC,
      })
      .slabPage({ gfp: GFP_KERNEL | COMP })
      .cacheAlloc(),
    'the request must not fail': new Trace()
      .slabPage({ gfp: GFP_KERNEL | COMP | NO_RETRY_NO_WARN })
      .cacheAlloc({ gfp: GFP_KERNEL | 0x8000 }),
    'a node is preferred': new Trace()
      .slabPage({ gfp: NOWAIT | THISNODE | COMP | NO_RETRY_NO_WARN })
      .cacheAlloc({ node: 0 }),
    'a node is preferred and has no memory': new Trace()
      .slabPage({ pfn: NO_PAGE, gfp: NOWAIT | THISNODE | COMP | NO_RETRY_NO_WARN })
      .slabPage({ pfn: NO_PAGE, gfp: NOWAIT | THISNODE | COMP })
      .slabPage({ gfp: GFP_KERNEL | COMP | NO_RETRY_NO_WARN })
      .cacheAlloc({ node: 1 }),
    'a node is demanded': new Trace()
      .slabPage({ gfp: GFP_KERNEL | THISNODE | COMP | NO_RETRY_NO_WARN })
      .cacheAlloc({ node: 0, gfp: GFP_KERNEL | THISNODE }),
    'kmalloc takes a reclaimable cache': new Trace()
      .slabPage({
        gfp: GFP_KERNEL | COMP | NO_RETRY_NO_WARN | RECLAIMABLE,
        st: `${SLAB};__kmalloc_noprof+9;${OUTER}`,
      })
      .kmalloc({ gfp: GFP_KERNEL | RECLAIMABLE }),
    'kmalloc takes a cache of DMA memory': new Trace()
      .slabPage({
        gfp: GFP_KERNEL | COMP | NO_RETRY_NO_WARN | 1,
        st: `${SLAB};__kmalloc_noprof+9;${OUTER}`,
      })
      .kmalloc({ gfp: GFP_KERNEL | 1 | RECLAIMABLE }),
    'the caller says how hard to try, from where, and what it may use': new Trace()
      .slabPage({ gfp: GFP_KERNEL | 0x20 | 0x4000 | 0x20000 | 0x100000 | COMP | NO_RETRY_NO_WARN })
      .cacheAlloc({ gfp: GFP_KERNEL | 0x20 | 0x4000 | 0x20000 | 0x100000 }),
    'a large kmalloc of highmem gets what it can address': new Trace()
      .slabPage({
        order: 2,
        gfp: GFP_KERNEL | COMP,
        st: `${BACKEND};___kmalloc_large_node+3;__kmalloc_large_node_noprof+4;${OUTER}`,
      })
      .kmalloc({ gfp: GFP_KERNEL | 6, alloc: 16384, st: `__kmalloc_large_node_noprof+7;${OUTER}` }),
    'a large kmalloc takes pages as they are': new Trace()
      .slabPage({
        order: 3,
        fl: NOFS,
        gfp: GFP_NOFS | 0x100 | COMP,
        st: `${BACKEND};___kmalloc_large_node+3;__kmalloc_large_node_noprof+4;${OUTER}`,
      })
      .kmalloc({
        fl: NOFS,
        gfp: GFP_KERNEL | 0x100,
        alloc: 32768,
        st: `__kmalloc_large_node_noprof+7;${OUTER}`,
      }),
    'another request was made inside the first': new Trace()
      .slabPage({ gfp: GFP_KERNEL | COMP | NO_RETRY_NO_WARN })
      .slabPage({
        gfp: GFP_NOFS | COMP | NO_RETRY_NO_WARN,
        st: `${SLAB};__kmalloc_node_noprof+1;alloc_slab_obj_exts+2;allocate_slab+8;___slab_alloc+4;kmem_cache_alloc_noprof+90;${OUTER}`,
      })
      .kmalloc({
        gfp: GFP_NOFS,
        st: `__kmalloc_node_noprof+3;alloc_slab_obj_exts+2;allocate_slab+8;___slab_alloc+4;kmem_cache_alloc_noprof+90;${OUTER}`,
      })
      .cacheAlloc(),
    'the stack of the page was cut': new Trace()
      .slabPage({ st: `${SLAB};kmem_cache_alloc_noprof+90;user+5`, st_trunc: 9 })
      .cacheAlloc(),
  }

  it.each(Object.entries(cases))('%s', async (_, trace) => {
    const pages = trace.lines.filter((line) => line.includes('mm_page_alloc')).length
    expect(await agreement(trace)).toMatchObject({
      compared: pages,
      agree: pages,
      withoutRequest: 0,
      disagreements: [],
    })
  })
})

describe('a difference is named', () => {
  it.each([
    [
      'a scope without effect',
      { fl: NOFS, gfp: GFP_KERNEL | COMP | NO_RETRY_NO_WARN },
      { fl: NOFS },
      /should have taken away/,
      0,
    ],
    [
      'an effect without a scope',
      { gfp: GFP_NOFS | COMP | NO_RETRY_NO_WARN },
      {},
      /no recorded scope forbids/,
      0,
    ],
    [
      'cpusets',
      { gfp: GFP_KERNEL | COMP | NO_RETRY_NO_WARN | 0x100000 },
      {},
      /cpusets are in use/,
      1,
    ],
    ['a failure that was not recorded', { gfp: GFP_KERNEL | COMP }, {}, /was not recorded/, 1],
    [
      'another node',
      { gfp: GFP_KERNEL | COMP | NO_RETRY_NO_WARN | THISNODE },
      {},
      /memory policy/,
      1,
    ],
    [
      'another slab size',
      { order: 2, gfp: GFP_KERNEL | COMP | NO_RETRY_NO_WARN },
      {},
      /slab was larger or smaller/,
      0,
    ],
    [
      'anything else',
      { gfp: GFP_KERNEL | COMP | NO_RETRY_NO_WARN | 0x1000000 },
      {},
      /another kernel version/,
      1,
    ],
  ])('%s', async (_, page, request, reason, agreeInScopeBits) => {
    const trace = new Trace().slabPage(page).cacheAlloc(request)
    const { disagreements, ...counts } = await agreement(trace)
    expect(counts).toMatchObject({ compared: 1, agree: 0, agreeInScopeBits })
    expect(disagreements).toHaveLength(1)
    expect(disagreements[0]?.reason).toMatch(reason)
    expect(disagreements[0]?.example).toMatchObject({
      pageLine: 1,
      requestLine: 2,
      site: 'user',
      cache: 'thing',
    })
  })

  it('with the flags that make it, and as often as it came', async () => {
    const trace = new Trace()
    for (let i = 0; i < 5; i++) trace.slabPage({ fl: NOFS }).cacheAlloc({ fl: NOFS })
    expect((await agreement(trace)).disagreements).toMatchObject([
      { count: 5, kernelOnly: FS, predictedOnly: 0, example: { pageLine: 1 } },
    ])
  })
})

describe('what is not compared', () => {
  it.each([
    ['a page of another task', new Trace().slabPage({ pid: 1 }).cacheAlloc({ pid: 2 }), 1],
    [
      'a page of another call of the same function',
      new Trace()
        .slabPage()
        .cacheAlloc({ st: 'kmem_cache_alloc_noprof+100;user+6;do_syscall_64+1' }),
      1,
    ],
    ['a page of another function', new Trace().slabPage().kmalloc(), 1],
    [
      'a page that no slab asked for',
      new Trace().slabPage({ st: `${BACKEND};folio_alloc_noprof+1;${OUTER}` }).cacheAlloc(),
      0,
    ],
    [
      'a page without a stack',
      new Trace().event('mm_page_alloc', { pfn: 1, order: 0, gfp: 1, mt: 0 }).cacheAlloc(),
      0,
    ],
  ])('%s', async (_, trace, withoutRequest) => {
    expect(await agreement(trace)).toMatchObject({ compared: 0, withoutRequest })
  })

  it('a page of a request inside that is over without having been recorded', async () => {
    const trace = new Trace()
      .slabPage()
      .slabPage({
        st: `${SLAB};kmem_cache_alloc_noprof+90;helper+1;kmem_cache_alloc_noprof+80;user+7;x+1`,
      })
      .cacheAlloc()
    expect(await agreement(trace)).toMatchObject({ compared: 1, agree: 1, withoutRequest: 1 })
  })

  it('a page of a recording that ended, whose request would come in the next', async () => {
    const trace = new Trace().at(9e9).slabPage().at(1e9).cacheAlloc()
    expect(await agreement(trace)).toMatchObject({ compared: 0, withoutRequest: 1 })
  })

  it('pages whose requests never come are not kept for ever', async () => {
    const trace = new Trace()
    for (let i = 0; i < 1000; i++) {
      trace.slabPage({ st: `${SLAB};kmem_cache_alloc_bulk_noprof+9;user+${i};do_syscall_64+1` })
    }
    trace.slabPage().cacheAlloc()
    expect(await agreement(trace)).toMatchObject({ compared: 1, agree: 1, withoutRequest: 1000 })
  })
})

/** A slab of one page for an unnamed cache, and the request that it serves, as trace-cmd prints them of Linux 6.1. */
function pairOf6_1(at: number, { flags = '', passed = 'GFP_NOFS', comp = '' } = {}): string {
  const head = (us: number) => `            dd-142   [001]    22.${at}${us}: `
  const frames = ' => kmem_cache_alloc\n => jbd2__journal_start\n => ext4_dirty_inode\n'
  return [
    `${head(0)}mm_page_alloc: page=0xffff1 pfn=0x1 order=0 migratetype=0 gfp_flags=${passed}|__GFP_NOWARN|__GFP_NORETRY${comp}${flags}\n`,
    `${head(1)}kernel_stack: <stack trace >\n => __alloc_pages\n => new_slab\n => ___slab_alloc\n${frames}`,
    `${head(2)}kmem_cache_alloc: (jbd2__journal_start+0xdb) call_site=jbd2__journal_start+0xdb ptr=0xffff bytes_req=48 bytes_alloc=48 gfp_flags=${passed}|__GFP_ZERO node=-1 accounted=false\n`,
    `${head(3)}kernel_stack: <stack trace >\n${frames}`,
  ].join('')
}

describe('a kernel before 6.18', () => {
  const reclaimable = { flags: '|__GFP_RECLAIMABLE' }

  it('asks for no compound page where a slab has one page, and does not name the cache', async () => {
    const text = `cpus=2\n${pairOf6_1(10000, reclaimable)}${pairOf6_1(10001, reclaimable)}`
    const { agreement } = (await auditOf(text)).facts
    expect(agreement).toMatchObject({ compared: 2, agree: 2, disagreements: [] })
    expect(agreement.learned).toEqual({ caches: 1, reclaimable: 1 })
  })

  it.each([
    ['a compound page', { ...reclaimable, comp: '|__GFP_COMP' }],
    ['a page of another kind', {}],
  ])('is not believed when it asks the next time for %s', async (_, next) => {
    const text = `cpus=2\n${pairOf6_1(10000, reclaimable)}${pairOf6_1(10001, next)}`
    const { agreement } = (await auditOf(text)).facts
    expect(agreement).toMatchObject({ compared: 2, agree: 1 })
  })
})
