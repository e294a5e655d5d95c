import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  currentGfpContext,
  gfpClass,
  gfpLayout,
  gfpMeaning,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  parseGfp,
} from '../../src/index.js'

const VERSIONS = ['3.0', '3.10', '4.4', '4.9', '4.14', '4.19', '5.4', '5.15', '6.1', '6.6', '6.18']

describe('gfpMeaning', () => {
  it.each(VERSIONS)('of the common requests of %s', (version) => {
    const layout = gfpLayout(version)
    const of = (text: string) => gfpMeaning(layout, parseGfp(layout, text))
    expect(of('GFP_KERNEL')).toMatchObject({
      class: 'KERNEL',
      directReclaim: true,
      wakesKswapd: true,
      io: true,
      fs: true,
      reserves: 'none',
      effort: 'normal',
      warns: true,
    })
    expect(of('GFP_NOFS')).toMatchObject({ class: 'NOFS', io: true, fs: false })
    expect(of('GFP_NOIO')).toMatchObject({ class: 'NOIO', io: false, fs: false })
    expect(of('GFP_ATOMIC')).toMatchObject({
      class: 'ATOMIC',
      directReclaim: false,
      wakesKswapd: true,
      io: false,
      reserves: 'most of min',
      effort: 'never sleeps',
    })
    expect(of('GFP_KERNEL|__GFP_NOFAIL')).toMatchObject({ effort: 'for ever' })
    expect(of('GFP_KERNEL|__GFP_NORETRY|__GFP_NOWARN')).toMatchObject({
      effort: 'one round',
      warns: false,
    })
    expect(of('GFP_ATOMIC|__GFP_NOMEMALLOC')).toMatchObject({ reserves: 'half of min' })
  })

  it('tells transparent huge pages from the rest: they do not wake kswapd', () => {
    for (const version of ['3.10', '4.6', '4.14', '6.18']) {
      const layout = gfpLayout(version)
      expect(gfpMeaning(layout, layout.flags.GFP_TRANSHUGE).wakesKswapd).toBe(false)
    }
  })

  it('never allows in a scope what it does not allow outside', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...VERSIONS),
        fc.integer({ min: 0, max: 0x7ffffff }),
        fc.constantFrom(PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO),
        (version, gfp, scope) => {
          const layout = gfpLayout(version)
          const outside = gfpMeaning(layout, gfp)
          const inside = gfpMeaning(layout, gfp, scope)
          expect(inside.fs).toBe(false)
          if (scope === PF_MEMALLOC_NOIO) expect(inside.io).toBe(false)
          expect(inside.io && !outside.io).toBe(false)
          expect(inside.class).toBe(gfpClass(currentGfpContext(scope, gfp), layout))
          expect([inside.reserves, inside.effort]).toEqual([outside.reserves, outside.effort])
        },
      ),
    )
  })
})
