/** The layouts against the kernels' own constants, and the text forms against each other. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as allocator from '../../src/index.js'
import {
  currentGfpContext,
  formatGfp,
  formatGfpTrace,
  GFP_KERNEL,
  GFP_NOFS,
  GFP_NOIO,
  GfpParseError,
  gfpClass,
  linux6_1,
  linux6_18,
  PF,
  parseGfp,
} from '../../src/index.js'

const json = (name: string) =>
  JSON.parse(readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8'))

const layouts = [
  linux6_1(),
  linux6_1({ lockdep: true }),
  linux6_1({ kasanHwTags: true }),
  linux6_1({ lockdep: true, kasanHwTags: true }),
  linux6_18,
]

describe('layout of 6.1', () => {
  const constants = json('gfp-6.1.json')
  const variants = [
    [linux6_1(), {}],
    [linux6_1({ lockdep: true }), constants.variants.lockdep.changed],
    [linux6_1({ kasanHwTags: true }), constants.variants.kasan_hw_tags.changed],
    [
      linux6_1({ lockdep: true, kasanHwTags: true }),
      constants.variants['lockdep+kasan_hw_tags'].changed,
    ],
  ] as const

  it.each(variants)('$kernel has the values of the headers', (layout, changed) => {
    const gfp = { ...constants.constants.gfp }
    for (const [key, { variant }] of Object.entries<{ variant: number }>(changed)) {
      gfp[key.slice('gfp:'.length)] = variant
    }
    for (const [name, value] of Object.entries(layout.flags))
      expect([name, value]).toEqual([name, gfp[name]])
  })

  it('has every flag of the headers that stands for requests', () => {
    const names = Object.keys(constants.constants.gfp).filter(
      (name) => !/^___|_MASK$|SHIFT$|ZONE/.test(name),
    )
    expect(Object.keys(linux6_1().flags)).toEqual(expect.arrayContaining(names))
  })

  it('tries the names in the order of the kernel', () => {
    expect(linux6_1().printk).toEqual(constants.printk_pGg_table_order)
  })

  it('names every bit of PF_*', () => {
    for (const [name, bit] of Object.entries(PF.flags)) {
      expect([name, bit >>> 0]).toEqual([name, constants.constants.pf[`PF_${name}`]])
    }
    expect(PF.known >>> 0).toBe(0xffffffff)
  })
})

describe('constants', () => {
  const constants = json('gfp-6.1.json').constants

  it.each(
    Object.entries(allocator).filter(
      ([name, value]) => /^(__)?(GFP|ALLOC|PF|MIGRATE)_/.test(name) && typeof value === 'number',
    ),
  )('%s is that of the headers', (name, value) => {
    const { gfp, alloc, pf, migrate } = constants
    // Not a constant of its own in the kernel: the two bits of gfp_migratetype().
    const all = { ...gfp, ...alloc, ...pf, ...migrate, GFP_MOVABLE_MASK: 0x18 }
    expect((value as number) >>> 0).toBe(all[name])
  })
})

describe('layout of 6.18', () => {
  it('is what the running kernel says', () => {
    expect(linux6_18.trace).toEqual(json('gfp-6.18.json').gfp_flag_names.ordered)
  })
})

describe('text', () => {
  it.each(layouts)('of $kernel reads back as the same flags', (layout) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (gfp) => {
        expect(parseGfp(layout, formatGfp(layout, gfp))).toBe(gfp)
        expect(parseGfp(layout, formatGfpTrace(layout, gfp))).toBe(gfp)
      }),
    )
  })

  it.each([
    ['GFP_KERNEL|__GFP_WAIT', 11],
    ['__proto__', 0],
    ['GFP_KERNEL||__GFP_ZERO', 11],
    ['gfp_kernel', 0],
    ['0x', 0],
    ['0x123456789', 0],
    ['GFP_KERNEL|none', 11],
  ])('%s is refused, with the place', (text, position) => {
    const refused = expect.objectContaining({ name: 'GfpParseError', position })
    expect(() => parseGfp(linux6_18, text)).toThrow(GfpParseError)
    try {
      parseGfp(linux6_18, text)
    } catch (error) {
      expect(error).toEqual(refused)
    }
  })

  it('names what only one kernel has', () => {
    expect(formatGfp(linux6_1(), 0xa20)).toBe('GFP_ATOMIC')
    expect(formatGfp(linux6_18, 0x820)).toBe('GFP_ATOMIC')
    expect(() => parseGfp(linux6_18, '__GFP_ATOMIC')).toThrow('__GFP_ATOMIC')
  })
})

describe('filter', () => {
  const u32 = fc.integer({ min: 0, max: 0xffffffff })

  it('never adds a flag, and filtering twice changes nothing more', () => {
    fc.assert(
      fc.property(u32, u32, (taskFlags, gfp) => {
        const effective = currentGfpContext(taskFlags, gfp)
        expect(effective & ~gfp).toBe(0)
        expect(currentGfpContext(taskFlags, effective)).toBe(effective)
      }),
    )
  })

  it('leaves no more when the task has more flags', () => {
    fc.assert(
      fc.property(u32, u32, u32, (some, more, gfp) => {
        expect(currentGfpContext(some | more, gfp) & ~currentGfpContext(some, gfp)).toBe(0)
      }),
    )
  })

  it('classes a request by what it may do', () => {
    const classes = [GFP_KERNEL, GFP_NOFS, GFP_NOIO, 0x820, 0].map(gfpClass)
    expect(classes).toEqual(['KERNEL', 'NOFS', 'NOIO', 'ATOMIC', 'ATOMIC'])
  })
})
