/** Gfp names: what kernels from 4.6 to 6.18 print (include/trace/events/mmflags.h), and what none of them does. */
import { linux6_18 } from '@scopemask/allocator'
import { describe, expect, it } from 'vitest'
import { readGfp } from '../../src/trace/read/gfp-names.js'

/** All names that the tables of these kernels have, by the first kernel that has what is new in it. */
const PRINTED: Readonly<Record<string, readonly string[]>> = {
  '4.6':
    `GFP_TRANSHUGE GFP_HIGHUSER_MOVABLE GFP_HIGHUSER GFP_USER GFP_TEMPORARY GFP_KERNEL_ACCOUNT GFP_KERNEL GFP_NOFS
    GFP_ATOMIC GFP_NOIO GFP_NOWAIT GFP_DMA __GFP_HIGHMEM GFP_DMA32 __GFP_HIGH __GFP_ATOMIC __GFP_IO __GFP_FS __GFP_COLD
    __GFP_NOWARN __GFP_REPEAT __GFP_NOFAIL __GFP_NORETRY __GFP_COMP __GFP_ZERO __GFP_NOMEMALLOC __GFP_MEMALLOC
    __GFP_HARDWALL __GFP_THISNODE __GFP_RECLAIMABLE __GFP_MOVABLE __GFP_ACCOUNT __GFP_NOTRACK __GFP_WRITE __GFP_RECLAIM
    __GFP_DIRECT_RECLAIM __GFP_KSWAPD_RECLAIM __GFP_OTHER_NODE`.split(/\s+/),
  '4.8': ['GFP_TRANSHUGE_LIGHT'],
  '4.13': ['__GFP_RETRY_MAYFAIL'],
  '5.14': ['__GFP_ZEROTAGS', '__GFP_SKIP_KASAN_POISON'],
  '5.18': ['__GFP_SKIP_ZERO', '__GFP_SKIP_KASAN_UNPOISON'],
  '6.4': ['__GFP_SKIP_KASAN'],
  '6.14': ['__GFP_DMA', '__GFP_DMA32', '__GFP_NOLOCKDEP', '__GFP_NO_OBJ_EXT'],
}

describe('the names of Linux', () => {
  it.each(Object.entries(PRINTED))('%s are known', (_, names) => {
    for (const name of names) expect(readGfp(name).unknown, name).toEqual([])
  })

  it('6.18 stand for its bits', () => {
    for (const [name, bits] of Object.entries(linux6_18.flags)) {
      expect(readGfp(name)).toEqual({ gfp: bits, unknown: [] })
    }
  })

  it('before 6.18 never stand for what decides about reclaim, unless they did', () => {
    const waits = (name: string) => readGfp(name).gfp & 0xcc0
    expect(waits('GFP_TEMPORARY')).toBe(0xcc0)
    for (const name of ['__GFP_ATOMIC', '__GFP_COLD', '__GFP_NOTRACK', '__GFP_OTHER_NODE']) {
      expect(readGfp(name).gfp, name).toBe(0)
    }
    expect(readGfp('__GFP_REPEAT')).toEqual(readGfp('__GFP_RETRY_MAYFAIL'))
  })
})

describe('a text of flags', () => {
  it.each([
    ['', 0],
    ['none', 0],
    ['0x0', 0],
    ['GFP_KERNEL', 0xcc0],
    ['(GFP_NOFS|__GFP_ZERO)', 0xd40],
    // What 4.12 to 6.13 print for __GFP_NOLOCKDEP, on various bits.
    ['GFP_KERNEL|0x2000000', 0x2000cc0],
    ['GFP_NOFS|0x400000', 0xc40],
    ['GFP_NOFS|0x800080', 0xc40],
    ['none|0x2000000', 0x2000000],
    // Before 4.6.
    ['GFP_KERNEL|GFP_NOWARN|GFP_NORETRY', 0x12cc0],
    ['GFP_WAIT|GFP_IO', 0xc40],
    ['GFP_NOFS|GFP_ZERO|GFP_REPEAT', 0x4d40],
    // A program that does not print names.
    ['0xcc0', 0xcc0],
    ['cc0', 0xcc0],
    ['ffffffff', 0xffffffff],
  ])('%s', (text, gfp) => {
    expect(readGfp(text)).toEqual({ gfp, unknown: [] })
  })

  it.each(['__GFP_NEXT_YEAR', 'GFP_LATER', 'toString', '0x123456789', '__GFP_IO ', 'gfp_kernel'])(
    'says that %s is unknown, and reads the rest',
    (name) => {
      expect(readGfp(`GFP_NOIO|${name}|__GFP_ZERO`)).toEqual({ gfp: 0xd00, unknown: [name] })
    },
  )
})
