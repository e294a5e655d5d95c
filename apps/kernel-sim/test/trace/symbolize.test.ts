/** Symbolize: from frames to addresses in binaries, and from what two programs print to lines of source. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryAccess } from '../../src/trace/read/dat/random-access.js'
import { ElfError, elfSymbols } from '../../src/trace/symbolize/elf-symbols.js'
import { frameParts } from '../../src/trace/symbolize/frame.js'
import { type Binary, locate } from '../../src/trace/symbolize/locate.js'
import { withoutBuildFolder } from '../../src/trace/symbolize/source-line.js'
import { addr2lineLines, llvmLines } from '../../src/trace/symbolize/symbolizer-output.js'

const bytes = (name: string) =>
  readFileSync(new URL(`../data/small-kernel/${name}`, import.meta.url))
const wanted = new Set(['demo_alloc', 'twin', 'toy_alloc', '__kmalloc_noprof', 'nowhere'])

describe('the symbols of a binary', () => {
  it('are those that nm shows', async () => {
    const { functions, hasLines } = await elfSymbols(memoryAccess(bytes('vmlinux')), wanted)
    expect(hasLines).toBe(true)
    expect(Object.fromEntries(functions)).toEqual({
      __kmalloc_noprof: [{ value: 0xffffffff81000045n, size: 6 }],
      demo_alloc: [{ value: 0xffffffff81000012n, size: 27 }],
      twin: [
        { value: 0xffffffff8100004bn, size: 4 },
        { value: 0xffffffff8100004fn, size: 29 },
      ],
    })
  })

  it('of a module leave out what it only calls', async () => {
    const { functions } = await elfSymbols(memoryAccess(bytes('modules/toy.ko')), wanted)
    expect([...functions.keys()]).toEqual(['toy_alloc'])
  })

  it('are read of every cut and damaged file, or it says what is wrong', async () => {
    const whole = bytes('vmlinux')
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length),
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }),
        async (length, changes) => {
          const damaged = Buffer.from(whole)
          for (const [at, value] of changes) damaged[at] = value
          try {
            await elfSymbols(memoryAccess(damaged.subarray(0, length)), wanted)
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ElfError)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('a frame', () => {
  it.each([
    ['kthread+248', { fn: 'kthread', offset: 248 }],
    ['kthread+0xf8', { fn: 'kthread', offset: 248 }],
    ['f.isra.0+0xf8/0x120', { fn: 'f.isra.0', offset: 248, size: 288 }],
    ['kthread@ffffffff81389be8', { fn: 'kthread', address: 0xffffffff81389be8n }],
    ['kthread', { fn: 'kthread' }],
    ['operator+', { fn: 'operator+' }],
  ])('%s', (frame, parts) => {
    expect(frameParts(frame)).toEqual({
      offset: undefined,
      size: undefined,
      address: undefined,
      ...parts,
    })
  })
})

const BASE = 0xffffffff81000000n
const kernel: Binary = {
  path: 'vmlinux',
  functions: new Map([
    ['a', [{ value: BASE, size: 0x100 }]],
    ['b', [{ value: BASE + 0x200n, size: 0x80 }]],
    [
      'twin',
      [
        { value: BASE + 0x300n, size: 0x10 },
        { value: BASE + 0x400n, size: 0x100 },
      ],
    ],
    ['asm', [{ value: BASE + 0x600n, size: 0 }]],
  ]),
}
const toy: Binary = {
  path: 'toy.ko',
  functions: new Map([
    ['a', []],
    ['toy', [{ value: 0x40n, size: 0x20 }]],
  ]),
}

describe('a frame is located', () => {
  it.each([
    ['before its return address', 'a+16', BASE + 15n],
    ['where the function begins, if there is no offset', 'a', BASE],
    ['in a module, from the beginning of its code', 'toy+8', 0x47n],
    ['in the only one of several functions that is large enough', 'twin+32', BASE + 0x41fn],
    ['in the one of several functions that has the size', 'twin+0x8/0x100', BASE + 0x407n],
    ['in a function whose size is not known', 'asm+77', BASE + 0x600n + 76n],
    ['at the end of a function that does not return', 'a+256', BASE + 255n],
  ])('%s', (_, frame, address) => {
    const { located } = locate([frame], [kernel, toy])
    expect(located.map((each) => each.address)).toEqual([address])
  })

  it('not where nothing has it, where it could be several, or where it does not fit', () => {
    const { located, ...rest } = locate(['no+1', 'twin+4', 'b+129', 'a+0x1/0x80'], [kernel])
    expect(located).toEqual([])
    expect(rest).toEqual({ missing: 1, ambiguous: 1, contradicting: ['b+129', 'a+0x1/0x80'] })
  })

  it('by its address wherever the kernel was loaded, which its functions tell', () => {
    fc.assert(
      fc.property(
        fc.nat(511),
        fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 0x80 })), {
          minLength: 1,
        }),
        (slots, calls) => {
          const shift = BigInt(slots) * 0x200000n
          const frames = calls.map(([fn, offset]) => {
            const [{ value } = { value: 0n }] = kernel.functions.get(fn) ?? []
            return `${fn}@${(value + shift + BigInt(offset)).toString(16)}`
          })
          // Addresses tell even functions of one name apart.
          const twin = `twin@${(BASE + shift + 0x408n).toString(16)}`
          const { located, contradicting, ambiguous } = locate([...frames, twin], [kernel])
          expect([contradicting, ambiguous]).toEqual([[], 0])
          expect(located.map(({ frame, address }) => [frame, address])).toEqual([
            ...calls.map(([fn, offset], i) => {
              const [{ value } = { value: 0n }] = kernel.functions.get(fn) ?? []
              return [frames[i], value + BigInt(offset) - 1n]
            }),
            [twin, BASE + 0x407n],
          ])
        },
      ),
    )
  })

  it('nowhere by addresses that no shift explains: it is another build', () => {
    const far = `b@${(BASE + 0x5000010n).toString(16)}`
    const { located, contradicting } = locate([`a@${(BASE + 1n).toString(16)}`, far], [kernel])
    expect([located.length, contradicting.length]).toEqual([0, 2])
  })
})

describe('what symbolizers print', () => {
  const inlined = [
    { fn: 'kmalloc', file: './include/linux/slab.h', line: 600 },
    { fn: 'f', file: '/build/linux/fs/a.c', line: 12 },
  ]

  it('of llvm-symbolizer is an object for each address', () => {
    const output = [
      '{"Address":"0x1","ModuleName":"v","Symbol":[{"Column":1,"Discriminator":0,"FileName":"./include/linux/slab.h","FunctionName":"kmalloc","Line":600,"StartLine":590},{"Column":2,"FileName":"/build/linux/fs/a.c","FunctionName":"f","Line":12}]}',
      '{"Address":"0x2","ModuleName":"v","Symbol":[{"Column":0,"FileName":"","FunctionName":"","Line":0}]}',
      '{"Address":"0x3","ModuleName":"v","Error":{"Message":"no such file"}}',
      '',
    ].join('\n')
    expect(llvmLines(output)).toEqual([inlined, [], []])
    expect(() => llvmLines('f\n/a.c:1:2\n')).toThrow(SyntaxError)
    expect(() => llvmLines('{"x":1}\n')).toThrow(SyntaxError)
  })

  it('of addr2line is an address, and a function and a place for each that was inlined', () => {
    const output = [
      '0x0000000000000001',
      'kmalloc',
      './include/linux/slab.h:600 (discriminator 3)',
      'f',
      '/build/linux/fs/a.c:12',
      '0x0000000000000002',
      '??',
      '??:0',
      '0x0000000000000003',
      'g',
      '/build/linux/fs/b.c:?',
      '',
    ].join('\n')
    expect(addr2lineLines(output)).toEqual([
      inlined,
      [],
      [{ fn: 'g', file: '/build/linux/fs/b.c', line: 0 }],
    ])
  })

  it('has paths of the machine that built it: they become those of the kernel tree', () => {
    const short = (...files: string[]) =>
      [
        ...withoutBuildFolder(
          new Map(files.map((file, i) => [`f${i}`, [{ fn: 'f', file, line: 1 }]])),
        ).values(),
      ].map(([line]) => line?.file)
    expect(
      short('/build/linux-6.1/fs/a.c', '/build/linux-6.1/./include/../mm/b.c', 'fs/c.c'),
    ).toEqual(['fs/a.c', 'mm/b.c', 'fs/c.c'])
    expect(short('/usr/src/linux/fs/a.c', '/usr/src/linux/lib/b.c')).toEqual(['fs/a.c', 'lib/b.c'])
    expect(short('./include/linux/slab.h', 'fs/a.c')).toEqual(['include/linux/slab.h', 'fs/a.c'])
    expect(short('/home/me/toy.c')).toEqual(['/home/me/toy.c'])
  })
})
