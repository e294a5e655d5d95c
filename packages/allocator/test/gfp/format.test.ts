/** The text forms against each other, in every layout. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatGfp,
  formatGfpTrace,
  type GfpLayout,
  GfpParseError,
  gfpLayout,
  linux6_1,
  linux6_18,
  parseGfp,
} from '../../src/index.js'

const layouts = [
  ...['6.1', '6.4', '6.18'].flatMap((kernel) =>
    [false, true].flatMap((lockdep) =>
      [false, true].map((kasanHwTags) => gfpLayout(kernel, { lockdep, kasanHwTags })),
    ),
  ),
  // One of each numbering, and of each set of names.
  ...['3.0', '3.10', '4.1', '4.6', '4.9', '4.14', '4.19', '5.4', '5.15', '6.12'].map((kernel) =>
    gfpLayout(kernel, { lockdep: true }),
  ),
]

const u32 = fc.integer({ min: 0, max: 0xffffffff })

/** Masks as they occur: a few names together, and some bits more or less. */
function masks({ flags }: GfpLayout): fc.Arbitrary<number> {
  const named = fc
    .subarray(Object.values(flags), { maxLength: 4 })
    .map((values) => values.reduce((mask, value) => mask | value, 0) >>> 0)
  const bit = fc.integer({ min: 0, max: 31 }).map((n) => 1 << n)
  return fc.oneof(
    u32,
    named,
    fc.tuple(named, bit).map(([mask, flipped]) => (mask ^ flipped) >>> 0),
  )
}

describe('text', () => {
  it.each(layouts)('of $kernel reads back as the same flags', (layout) => {
    fc.assert(
      fc.property(masks(layout), (gfp) => {
        expect(parseGfp(layout, formatGfp(layout, gfp))).toBe(gfp)
        expect(parseGfp(layout, formatGfpTrace(layout, gfp))).toBe(gfp)
      }),
      { numRuns: 500 },
    )
  })

  it.each(layouts)('of $kernel reads back for every flag, and for every two', (layout) => {
    const values = [
      0,
      ...Object.values(layout.flags),
      ...Array.from({ length: 32 }, (_, n) => 2 ** n),
    ]
    for (const one of values) {
      for (const other of values) {
        const gfp = (one | other) >>> 0
        expect(parseGfp(layout, formatGfp(layout, gfp))).toBe(gfp)
      }
    }
  })

  it.each(layouts)('of $kernel knows every name that it prints', (layout) => {
    for (const [name, mask] of [...layout.printk, ...layout.trace]) {
      expect([name, parseGfp(layout, name)]).toEqual([name, mask])
      expect(mask).not.toBe(0)
    }
  })

  it.each(layouts)('of $kernel names no bit twice, and none in hex that has a name', (layout) => {
    fc.assert(
      fc.property(masks(layout), (gfp) => {
        let rest = gfp
        for (const part of formatGfpTrace(layout, gfp).split('|')) {
          const mask = parseGfp(layout, part)
          expect(rest & mask).toBe(mask | 0)
          rest &= ~mask
          if (!part.startsWith('0x')) continue
          for (const [, named] of layout.trace) expect(mask & named).not.toBe(named)
        }
        expect(rest).toBe(0)
      }),
    )
  })

  it('says the same in both kernels but for what moved', () => {
    const [old, now]: GfpLayout[] = [linux6_1, linux6_18]
    const differ = linux6_1.printk
      .map(([name]) => name)
      .filter((name) => old?.flags[name] !== now?.flags[name])
    expect(differ).toEqual(['GFP_ATOMIC', 'GFP_NOWAIT', '__GFP_ATOMIC'])
    fc.assert(
      fc.property(u32, (gfp) => {
        const text = formatGfp(linux6_1, gfp)
        fc.pre(!/ATOMIC|GFP_NOWAIT/.test(text))
        expect(parseGfp(linux6_18, text)).toBe(gfp)
      }),
    )
  })

  it('takes int32 too', () => {
    expect(formatGfp(linux6_18, -1)).toBe(formatGfp(linux6_18, 0xffffffff))
    expect(formatGfp(linux6_18, 0x80000000 | 0)).toBe('0x80000000')
    expect(formatGfpTrace(linux6_18, 2 ** 32)).toBe('none')
  })

  it('of no flags is empty, or none', () => {
    expect(formatGfp(linux6_18, 0)).toBe('')
    expect(formatGfpTrace(linux6_18, 0)).toBe('none')
    expect([parseGfp(linux6_18, ''), parseGfp(linux6_18, 'none')]).toEqual([0, 0])
  })

  it.each([
    ['__GFP_NOWARN|GFP_KERNEL', 0x2cc0],
    ['GFP_KERNEL|__GFP_IO', 0xcc0],
    ['__GFP_NOLOCKDEP', 0],
    ['0xCC0|0x80000000', 0x80000cc0],
  ])('%s is understood', (text, gfp) => {
    expect(parseGfp(linux6_18, text)).toBe(gfp)
  })

  it.each([
    ['GFP_KERNEL|__GFP_WAIT', '"__GFP_WAIT" at position 11'],
    ['__proto__', '"__proto__" at position 0'],
    ['constructor', '"constructor" at position 0'],
    ['GFP_KERNEL||__GFP_ZERO', '"" at position 11'],
    ['GFP_KERNEL|', '"" at position 11'],
    ['|', '"" at position 0'],
    ['gfp_kernel', '"gfp_kernel" at position 0'],
    ['GFP_KERNEL | __GFP_ZERO', '"GFP_KERNEL " at position 0'],
    ['__GFP_IO|__GFP_FS|\n', '"\\n" at position 18'],
    ['0x', '"0x" at position 0'],
    ['0x123456789', '"0x123456789" at position 0'],
    ['3264', '"3264" at position 0'],
    ['GFP_KERNEL|none', '"none" at position 11'],
    ['x'.repeat(10_000), `"${'x'.repeat(64)}" at position 0`],
  ])('%s is refused, with the place', (text, what) => {
    let error: unknown
    try {
      parseGfp(linux6_18, text)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(GfpParseError)
    expect(error).toMatchObject({
      name: 'GfpParseError',
      message: `${what} is no gfp flag of Linux 6.18`,
      position: Number(what.slice(what.lastIndexOf(' '))),
    })
  })

  it('is refused or understood, whatever it is', () => {
    const parts = fc.constantFrom('GFP_KERNEL', '__GFP_IO', '|', '0x', 'f', '0', 'none', '_', ' ')
    const texts = fc.oneof(
      fc.string(),
      fc.array(parts).map((some) => some.join('')),
    )
    fc.assert(
      fc.property(texts, (text) => {
        let gfp: number
        try {
          gfp = parseGfp(linux6_1, text)
        } catch (error) {
          expect(error).toBeInstanceOf(GfpParseError)
          return
        }
        expect(gfp).toBe(gfp >>> 0)
      }),
      { numRuns: 500 },
    )
  })

  it('names what only one kernel has', () => {
    expect(formatGfp(linux6_1, 0xa20)).toBe('GFP_ATOMIC')
    expect(formatGfp(linux6_18, 0x820)).toBe('GFP_ATOMIC')
    expect(formatGfp(linux6_1, 0x2800)).toBe('GFP_NOWAIT|__GFP_NOWARN')
    expect(formatGfp(linux6_18, 0x2800)).toBe('GFP_NOWAIT')
    expect(() => parseGfp(linux6_18, '__GFP_ATOMIC')).toThrow('__GFP_ATOMIC')
  })
})
