/** Settings: who performs how much, and what is claimed of it. */

/** By name: the module that makes it; none for the C program. */
export const contenders = {
  C: {},
  buddy: { module: './buddy.mjs', ours: true },
  alloc: { module: './rivals/alloc.mjs' },
  '@thi.ng/malloc': { module: './rivals/thi-ng-malloc.mjs' },
}

/** Twice as many slots as there are live blocks, and operations of each of 5 rounds: less for the slow. */
export const settings = {
  full: {
    title: '16,384 live blocks, 10 million operations: memory is 2/3 full',
    slots: 32_768,
    operations: { C: 1_998_848, buddy: 1_998_848, alloc: 196_608 },
  },
  sparse: {
    title: '4,096 live blocks',
    slots: 8192,
    operations: { C: 1_998_848, buddy: 1_998_848, alloc: 196_608, '@thi.ng/malloc': 16_384 },
  },
}

/** What costs at most so many times what another costs, or so many bytes; or is faster at least by so much. */
export const targets = [
  { setting: 'full', what: 'buddy', against: 'C', atMost: 1.3 },
  { setting: 'sparse', what: 'buddy', against: '@thi.ng/malloc', atLeast: 10 },
  { setting: 'memory', what: 'buddy', atMost: 16 },
]
