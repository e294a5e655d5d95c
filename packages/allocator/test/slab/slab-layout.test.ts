/** Layouts against those of a running kernel: 6.18 with 2 CPUs, which lays slabs out as 6.1 does. */
import { describe, expect, it } from 'vitest'
import { KMALLOC_CACHES } from '../../src/slab/kmalloc-caches.js'
import { objectsOf, slabLayout } from '../../src/slab/slab-layout.js'

/** From its /proc/slabinfo: bytes of an object, objects and pages of a slab. */
const KERNEL = `8,512,1 16,256,1 24,170,1 32,128,1 40,102,1 48,85,1 56,73,1 64,64,1 72,56,1 80,51,1 88,46,1
96,42,1 104,39,1 112,36,1 120,34,1 128,32,1 136,30,1 160,25,1 168,24,1 176,23,1 184,22,1
192,21,1 200,20,1 208,19,1 216,18,1 232,17,1 240,17,1 248,16,1 256,16,1 272,15,1 280,14,1
288,14,1 312,13,1 320,12,1 344,23,2 376,21,2 384,21,2 392,20,2 416,19,2 432,18,2 440,18,2
448,18,2 456,17,2 480,17,2 488,16,2 512,16,2 560,14,2 576,14,2 584,14,2 624,13,2 632,25,4
640,12,2 656,12,2 672,12,2 688,23,4 696,23,4 704,23,4 752,21,4 768,21,4 832,19,4 896,18,4
960,17,4 984,16,4 1016,16,4 1024,16,4 1128,14,4 1144,14,4 1152,14,4 1232,13,4 1280,12,4
1344,12,4 1352,12,4 1472,22,8 1536,21,8 1600,20,8 1984,16,8 2048,16,8 2112,15,8 2168,15,8
2240,14,8 2368,13,8 2496,13,8 2672,12,8 4096,8,8 4232,7,8 4288,7,8 5888,5,8 8192,4,8 51488,1,16`

describe('a layout', () => {
  it('has the objects and pages that a kernel gives its slabs', () => {
    const ours = KERNEL.split(/\s+/).map((row) => {
      const size = Number(row.split(',')[0])
      const { size: aligned, order } = slabLayout(size, 8, false, 2)
      expect(aligned).toBe(size)
      return `${size},${objectsOf(order, size)},${1 << order}`
    })
    expect(ours.join(' ')).toBe(KERNEL.split(/\s+/).join(' '))
  })

  it('wastes up to a quarter of a slab rather than have few objects in it', () => {
    // Six fit in 8 pages, and 4640 bytes of 32768 are left: less than a quarter, more than an eighth.
    expect(slabLayout(4688, 8, false, 2).order).toBe(3)
  })

  it('has more objects the more CPUs there are', () => {
    const objects = (cpus: number) => objectsOf(slabLayout(256, 8, false, cpus).order, 256)
    expect([1, 2, 4, 16, 64].map(objects)).toEqual([16, 16, 16, 32, 32])
  })

  it('aligns objects to words, or more, or to what part of a cache line they fill', () => {
    const size = (bytes: number, align = 8, line = false) => slabLayout(bytes, align, line, 1).size
    expect([size(1), size(9), size(100)]).toEqual([8, 16, 104])
    expect([size(100, 64), size(100, 1)]).toEqual([128, 104])
    expect([8, 16, 17, 32, 33, 100].map((bytes) => size(bytes, 8, true))).toEqual([
      8, 16, 32, 32, 64, 128,
    ])
  })

  it.each([
    [8, 1, 5],
    [256, 7, 5],
    [1024, 6, 5],
    [4096, 2, 6],
    [8192, 3, 6],
    [2 ** 21, 12, 10],
  ])('keeps more slabs of small objects: %s', (size, cpuPartialSlabs, minPartial) => {
    expect(slabLayout(size, 8, false, 1)).toMatchObject({ cpuPartialSlabs, minPartial })
  })

  it.each([0, -8, 1.5, 2 ** 22 + 1, Number.NaN])('is for no object of %s bytes', (size) => {
    expect(() => slabLayout(size, 8, false, 1)).toThrow(RangeError)
  })
})

describe('the caches of kmalloc', () => {
  it('are those of the kernel, in the order in which it makes them', () => {
    expect(KMALLOC_CACHES.map(({ name }) => name).filter((_, i) => i < 14)).toEqual([
      'kmalloc-8',
      'kmalloc-16',
      'kmalloc-32',
      'kmalloc-64',
      'kmalloc-96',
      'kmalloc-128',
      'kmalloc-192',
      'kmalloc-256',
      'kmalloc-512',
      'kmalloc-1k',
      'kmalloc-2k',
      'kmalloc-4k',
      'kmalloc-8k',
      'kmalloc-cg-8',
    ])
    expect(KMALLOC_CACHES).toHaveLength(52)
    expect(KMALLOC_CACHES.filter(({ size }) => size === 96)).toEqual([
      { name: 'kmalloc-96', size: 96, align: 8, reclaimAccount: false, account: false, dma: false },
      {
        name: 'kmalloc-cg-96',
        size: 96,
        align: 8,
        reclaimAccount: false,
        account: true,
        dma: false,
      },
      {
        name: 'kmalloc-rcl-96',
        size: 96,
        align: 8,
        reclaimAccount: true,
        account: false,
        dma: false,
      },
      {
        name: 'dma-kmalloc-96',
        size: 96,
        align: 8,
        reclaimAccount: false,
        account: false,
        dma: true,
      },
    ])
  })
})
