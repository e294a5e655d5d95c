/** Domains: names for bits, and masks in and out of text and numbers. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defineDomain, type Mask, union } from '../src/index.js'
import { jobsDomain } from './jobs.js'

describe('defineDomain', () => {
  test('names bits 0 to 31, in three kinds', () => {
    const jobs = jobsDomain()
    expect(jobs.flags.NO_DISK).toBe(1)
    expect(jobs.flags.NO_SPAWN).toBe(-2147483648)
    expect(jobs.restrictions).toBe(jobs.mask('NO_DISK', 'NO_NETWORK', 'NO_SPAWN'))
    expect(jobs.grants).toBe(jobs.mask('URGENT', 'RESERVES'))
    expect(jobs.known).toBe(jobs.restrictions | jobs.grants | jobs.flags.POOL)
  })

  test.each(['', '1jobs', 'job s', 'job/s', 'jöbs', 'j'.repeat(65), 'jobs\n'])(
    'refuses the name %j',
    (name) => {
      expect(() => defineDomain({ name, version: 1 })).toThrow(RangeError)
    },
  )

  test('takes a name of 64 characters', () => {
    expect(defineDomain({ name: 'a-Z_0.'.padEnd(64, 'z'), version: 65535 }).name).toHaveLength(64)
  })

  test.each([-1, 65536, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses the version %d',
    (version) => {
      expect(() => defineDomain({ name: 'jobs', version })).toThrow(/versions 0 to 65535/)
    },
  )

  test.each([-1, 32, 1.5, Number.NaN])('refuses bit %d', (bit) => {
    expect(() => defineDomain({ name: 'jobs', version: 1, restrictions: { A: bit } })).toThrow(
      `A of jobs: bit ${bit} is taken or not 0 to 31`,
    )
  })

  test('refuses a bit or a name that is used twice, also across kinds', () => {
    expect(() =>
      defineDomain({ name: 'jobs', version: 1, restrictions: { A: 0 }, grants: { B: 0 } }),
    ).toThrow('B of jobs: bit 0 is taken')
    expect(() =>
      defineDomain({ name: 'jobs', version: 1, restrictions: { A: 0 }, identity: { A: 1 } }),
    ).toThrow('A of jobs: bit 1 is taken')
  })

  test('takes own properties only, and names that objects have already', () => {
    const restrictions = Object.assign(Object.create({ INHERITED: 5 }), { toString: 0 })
    const jobs = defineDomain({ name: 'jobs', version: 1, restrictions })
    expect(jobs.known).toBe(1)
    expect(jobs.format(jobs.known)).toBe('toString')
  })
})

describe('masks', () => {
  test('by name', () => {
    const jobs = jobsDomain()
    expect(jobs.mask()).toBe(0)
    expect(jobs.mask('NO_DISK', 'NO_DISK', 'URGENT')).toBe(257)
    const name = 'NO_SUCH' as 'NO_DISK'
    expect(() => jobs.mask(name)).toThrow(
      new RangeError(
        'NO_SUCH is not a flag of jobs: NO_DISK,NO_NETWORK,NO_SPAWN,URGENT,RESERVES,POOL',
      ),
    )
    expect(() => jobs.mask('constructor' as 'NO_DISK')).toThrow(RangeError)
  })

  test('as text', () => {
    const jobs = jobsDomain()
    expect(jobs.format(jobs.mask())).toBe('none')
    expect(jobs.format(jobs.mask('POOL', 'NO_DISK', 'NO_SPAWN'))).toBe('NO_DISK|NO_SPAWN|POOL')
    expect(jobs.format((jobs.flags.NO_DISK | 0x60) as Mask<'jobs'>)).toBe('NO_DISK|0x60')
  })

  test('from an int32 or a uint32 whose bits all have names', () => {
    const jobs = jobsDomain()
    expect(jobs.from(0x80000001)).toBe(jobs.mask('NO_DISK', 'NO_SPAWN'))
    expect(jobs.from(-2147483647)).toBe(jobs.mask('NO_DISK', 'NO_SPAWN'))
    for (const value of [4, 0x7fffffff, 2 ** 32, 0.5, Number.NaN, -(2 ** 31) - 1]) {
      expect(() => jobs.from(value)).toThrow(`${value} is not a mask of jobs: is a flag misspelt`)
    }
  })

  test('in union', () => {
    const { flags } = jobsDomain()
    expect(union(flags.NO_DISK, flags.NO_NETWORK, flags.NO_DISK)).toBe(3)
    expect(union()).toBe(0)
  })

  test('survive text: every mask is the one that its names make', () => {
    const jobs = jobsDomain()
    const names = Object.keys(jobs.flags) as (keyof typeof jobs.flags)[]
    fc.assert(
      fc.property(fc.subarray(names), (chosen) => {
        const mask = jobs.mask(...chosen)
        expect(jobs.format(mask)).toBe(chosen.join('|') || 'none')
        expect(jobs.from(mask >>> 0)).toBe(mask)
      }),
    )
  })
})
