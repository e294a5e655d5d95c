/** The layouts against the kernels' own constants. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as allocator from '../../src/index.js'
import {
  formatGfp,
  type GfpConfig,
  type GfpLayout,
  gfpLayout,
  gfpZoneBad,
  gfpZoneTable,
  linux6_1,
  linux6_18,
  PF,
  parseGfp,
  ZONES_AMD64,
} from '../../src/index.js'
import { MIGRATE_CMA, MIGRATE_ISOLATE } from '../../src/pages/cma-migratetypes.js'

const json = (name: string) =>
  JSON.parse(readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8'))
const headers = json('gfp-6.1.json')
const running = json('gfp-6.18.json')

describe('layout of 6.1', () => {
  const variants: [GfpConfig, string | undefined][] = [
    [{}, undefined],
    [{ lockdep: true }, 'lockdep'],
    [{ kasanHwTags: true }, 'kasan_hw_tags'],
    [{ lockdep: true, kasanHwTags: true }, 'lockdep+kasan_hw_tags'],
  ]

  describe.each(variants)('with %o', (config, variant) => {
    const layout = gfpLayout('6.1', config)
    const gfp: Record<string, number> = { ...headers.constants.gfp }
    const changed = variant === undefined ? {} : headers.variants[variant].changed
    for (const [key, { variant: value }] of Object.entries<{ variant: number }>(changed)) {
      gfp[key.slice('gfp:'.length)] = value
    }
    const only = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, gfp[key]]))

    it('has the values of the headers', () => {
      expect(layout.flags).toEqual(only(Object.keys(layout.flags)))
      expect(layout.masks).toEqual(only(Object.keys(layout.masks)))
    })

    it('has every flag of the headers that stands for requests', () => {
      const names = Object.keys(gfp).filter((name) => !/^___|_MASK$|SHIFT$|ZONE/.test(name))
      expect(Object.keys(layout.flags)).toEqual(expect.arrayContaining(names))
    })
  })

  it('tries the names in the order of the kernel', () => {
    expect(linux6_1.printk).toEqual(headers.printk_pGg_table_order)
  })

  it('names every bit of PF_*', () => {
    for (const [name, bit] of Object.entries(PF.flags)) {
      expect([name, bit >>> 0]).toEqual([name, headers.constants.pf[`PF_${name}`]])
    }
    expect(PF.known >>> 0).toBe(0xffffffff)
  })
})

describe('layout of 6.18', () => {
  const bits = running.btf_enums.enums['(anon)']

  it('is what the running kernel says', () => {
    const { flags }: GfpLayout = linux6_18
    expect(linux6_18.trace).toEqual(running.gfp_flag_names.ordered)
    for (const [name, bit] of Object.entries<number>(bits)) {
      const flag = name.slice(1).replace(/_BIT$/, '')
      if (!/UNUSED|LAST/.test(flag)) expect([flag, flags[flag]]).toEqual([flag, 2 ** bit])
    }
    expect(linux6_18.masks.__GFP_BITS_MASK).toBe(2 ** bits.___GFP_LAST_BIT - 1)
  })

  it('numbers the last bits one after the other', () => {
    const all = gfpLayout('6.18', { lockdep: true, kasanHwTags: true })
    expect(all.trace.slice(-5)).toEqual([
      ['__GFP_ZEROTAGS', 0x800000],
      ['__GFP_SKIP_ZERO', 0x1000000],
      ['__GFP_SKIP_KASAN', 0x2000000],
      ['__GFP_NOLOCKDEP', 0x4000000],
      ['__GFP_NO_OBJ_EXT', 0x8000000],
    ])
    expect(all.masks.__GFP_BITS_MASK).toBe(0xfffffff)
    expect(all.masks.GFP_RECLAIM_MASK & 0x4000000).toBe(0x4000000)
    expect(all.flags.GFP_HIGHUSER_MOVABLE).toBe(0x2100cca)
    expect(all.flags.GFP_TRANSHUGE_LIGHT).toBe(0x21c20ca)
    expect(all.flags.GFP_TRANSHUGE).toBe(0x21c24ca)
    expect(gfpLayout('6.18', { lockdep: true }).flags.__GFP_NO_OBJ_EXT).toBe(0x2000000)
  })
})

describe('a layout is found by', () => {
  it.each([
    ['6.1', '6.1'],
    ['6.18', '6.18'],
    ['6.18.44-fc-v657', '6.18'],
    ['6.1-rc3', '6.1'],
    ['6.1+', '6.1'],
  ])('%s', (release, kernel) => {
    expect(gfpLayout(release).kernel).toBe(kernel)
  })

  it('its configuration too', () => {
    expect(gfpLayout('6.1')).toEqual(linux6_1)
    expect(gfpLayout('6.18')).toEqual(linux6_18)
    expect(gfpLayout('6.1', { lockdep: true, kasanHwTags: true }).kernel).toBe(
      '6.1 LOCKDEP KASAN_HW_TAGS',
    )
  })

  it.each([
    ['3.0.101', '3.0'],
    ['3.19', '3.19'],
    ['4.15.0-108-generic', '4.15'],
    ['4.20', '4.20'],
    ['5.11.0-rc6', '5.11'],
    ['6.12.3', '6.12'],
    ['6.18.0-rc4-00382-ga1e94de7fbd5', '6.18'],
  ])('%s, as all from 3.0 to 6.18 are', (release, kernel) => {
    expect(gfpLayout(release).kernel).toBe(kernel)
  })

  it.each([
    '',
    '6',
    '6.180',
    '6.1x',
    'v6.1',
    ' 6.1',
    '2.6.38',
    '3.20',
    '4.21',
    '6.19',
    '7.0',
    'constructor',
  ])('not by "%s"', (release) => {
    const refused = `no gfp layout for Linux "${release}": there are those of 3.0 to 6.18`
    expect(() => gfpLayout(release)).toThrow(new RangeError(refused))
  })
})

/** Every version from 3.0 to 6.18. */
const releases = [
  ['3', 19],
  ['4', 20],
  ['5', 19],
  ['6', 18],
].flatMap(([major, last]) =>
  Array.from({ length: Number(last) + 1 }, (_, minor) => `${major}.${minor}`),
)

describe('modes that kernels have printed', () => {
  const rows = readFileSync(new URL('../data/gfp-modes.tsv', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t') as [string, string, string, string])

  it.each(rows)('%s prints %s as %s', (release, mode, names) => {
    const layout = gfpLayout(release)
    const text = formatGfp(layout, Number(mode))
    // Before 4.6 there were no names: those of the headers say the same number.
    if (names !== '-') expect(text).toBe(names)
    expect(text).not.toMatch(/0x/)
    expect(parseGfp(layout, text)).toBe(Number(mode))
  })

  it.each([
    // What the names of headers say where the kernel printed none.
    ['3.0.101', '0xd0', 'GFP_KERNEL'],
    ['3.10.0', '0x104050', 'GFP_NOFS|__GFP_COMP|__GFP_KMEMCG'],
    ['3.8.13', '0x10c0d0', 'GFP_KERNEL|__GFP_COMP|__GFP_ZERO|__GFP_KMEMCG'],
    ['4.4', '0x24040c0', 'GFP_KERNEL|__GFP_COMP'],
    // Other well-known lines: Ubuntu 5.15 and 4.19, RHEL 8 from 4.18 on has the bits of 4.19.
    ['5.15.0', '0x1100cca', 'GFP_HIGHUSER_MOVABLE'],
    ['4.19.0', '0x6200ca', 'GFP_HIGHUSER_MOVABLE'],
    ['4.19.0', '0x480020', 'GFP_ATOMIC'],
    ['4.19.0', '0x6080c0', 'GFP_KERNEL|__GFP_ZERO'],
    ['6.7.0', '0x2800', 'GFP_NOWAIT|__GFP_NOWARN'],
    ['6.8.0', '0x2800', 'GFP_NOWAIT'],
    ['6.12.10', '0x40dc0', 'GFP_KERNEL|__GFP_COMP|__GFP_ZERO'],
    ['6.12.11', '0x40dc0', 'GFP_KERNEL|__GFP_ZERO|__GFP_COMP'],
    ['6.6.1', '0x820', 'GFP_ATOMIC'],
    ['6.2', '0x820', 'GFP_NOWAIT|__GFP_HIGH'],
  ])('%s: %s is %s', (release, mode, names) => {
    expect(formatGfp(gfpLayout(release), Number(mode))).toBe(names)
  })
})

describe('every layout', () => {
  it.each(releases)('of %s has bits that do not overlap, and masks of them', (release) => {
    for (const config of [{}, { lockdep: true }, { kasanHwTags: true }]) {
      const { flags, masks } = gfpLayout(release, config)
      const own = Object.entries(flags).filter(
        ([name, mask]) => /^__GFP_/.test(name) && mask !== 0 && (mask & (mask - 1)) === 0,
      )
      const aliases = Number(release.split('.')[0]) === 3 || /^4\.[0-3]$/.test(release) ? 2 : 0
      // __GFP_DIRECT_RECLAIM and __GFP_RECLAIM are __GFP_WAIT before 4.4.
      expect(new Set(own.map(([, mask]) => mask)).size).toBe(own.length - aliases)
      for (const [, mask] of own) expect(mask & masks.__GFP_BITS_MASK).toBe(mask)
      expect(flags.GFP_KERNEL).toBe(flags.__GFP_RECLAIM | flags.__GFP_IO | flags.__GFP_FS)
      expect(flags.GFP_NOFS).toBe(flags.GFP_KERNEL & ~flags.__GFP_FS)
      expect(flags.GFP_NOIO).toBe(flags.GFP_NOFS & ~flags.__GFP_IO)
      expect([flags.__GFP_IO, flags.__GFP_FS]).toEqual([0x40, 0x80])
    }
  })
})

describe('constants', () => {
  const { constants } = headers

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

  it('are others with CONFIG_CMA, of which the page allocator knows', () => {
    const { changed } = headers.variants.cma
    expect(MIGRATE_CMA).toBe(changed['migrate:MIGRATE_CMA']?.variant)
    expect(MIGRATE_ISOLATE).toBe(changed['migrate:MIGRATE_ISOLATE']?.variant)
  })

  it('are the same in both layouts', () => {
    const layouts: GfpLayout[] = [linux6_1, linux6_18]
    for (const [name, value] of Object.entries(allocator)) {
      // GFP_ZONEMASK and GFP_MOVABLE_MASK are no flags.
      if (!/^(__)?GFP_/.test(name) || /MASK$/.test(name)) continue
      expect([name, ...layouts.map(({ flags }) => flags[name])]).toEqual([name, value, value])
    }
  })
})

describe('zones', () => {
  const { gfp, zone } = headers.constants

  it('are those of the headers, in both kernels', () => {
    const { MAX_NR_ZONES, ...names } = zone
    expect(Object.fromEntries(ZONES_AMD64.map((name, index) => [name, index]))).toEqual(names)
    expect(ZONES_AMD64.length).toBe(MAX_NR_ZONES)
    expect(running.btf_enums.enums.zone_type).toMatchObject(names)
  })

  it.each([
    ['debian', gfp.GFP_ZONE_TABLE, undefined],
    ['no_zone_dma', headers.variants.no_zone_dma.changed['gfp:GFP_ZONE_TABLE'].variant, 'ZONE_DMA'],
    [
      'no_zone_dma32',
      headers.variants.no_zone_dma32.changed['gfp:GFP_ZONE_TABLE'].variant,
      'ZONE_DMA32',
    ],
    ['no_zone_device', gfp.GFP_ZONE_TABLE, 'ZONE_DEVICE'],
  ])('of %s make the table of the headers', (_name, packed, without) => {
    const table = gfpZoneTable(ZONES_AMD64.filter((name) => name !== without))
    const mask = 2 ** gfp.GFP_ZONES_SHIFT - 1
    const expected = [...table].map((_, modifiers) =>
      gfpZoneBad(modifiers) ? 0 : (packed >>> (modifiers * gfp.GFP_ZONES_SHIFT)) & mask,
    )
    expect([...table]).toEqual(expected)
  })

  it('contradict each other where the headers say so', () => {
    const bad = Array.from({ length: 16 }, (_, modifiers) => gfpZoneBad(modifiers))
    expect(bad.reduce((mask, is, modifiers) => mask | (Number(is) << modifiers), 0)).toBe(
      gfp.GFP_ZONE_BAD,
    )
  })

  it('with high memory serve it from there', () => {
    const table = gfpZoneTable(['ZONE_DMA', 'ZONE_NORMAL', 'ZONE_HIGHMEM', 'ZONE_MOVABLE'])
    expect([0x0, 0x1, 0x2, 0x4, 0x8, 0xa].map((modifiers) => table[modifiers])).toEqual([
      1, 0, 2, 1, 1, 3,
    ])
  })

  it('without ZONE_NORMAL are refused', () => {
    expect(() => gfpZoneTable(['ZONE_DMA'])).toThrow(
      new RangeError('no ZONE_NORMAL among ZONE_DMA'),
    )
    expect(() => gfpZoneTable([])).toThrow(RangeError)
  })
})
