/** Settings: who performs how much, and what is claimed of it. */

/** By name: the module that makes it; none for the C program. */
export const contenders = {
  C: {},
  buddy: { module: './buddy.mjs', ours: true },
  PageAllocator: { module: './page-allocator.mjs', ours: true },
  alloc: { module: './rivals/alloc.mjs' },
  '@thi.ng/malloc': { module: './rivals/thi-ng-malloc.mjs' },
}

/** Ten million operations in short rounds, so that some are not disturbed; and less for the slow. */
const MANY = { operations: 491_520, rounds: 20 }
const SOME = { operations: 49_152, rounds: 20 }
const FEW = { operations: 16_384, rounds: 3 }

/** Twice as many slots as there are live blocks, and who performs how much. */
export const settings = {
  full: {
    title: '16,384 live blocks: memory is 2/3 full',
    slots: 32_768,
    plans: { C: MANY, buddy: MANY, PageAllocator: MANY, alloc: SOME },
  },
  sparse: {
    title: '4,096 live blocks',
    slots: 8192,
    plans: {
      C: MANY,
      buddy: MANY,
      PageAllocator: MANY,
      alloc: SOME,
      '@thi.ng/malloc': FEW,
    },
  },
}

/** What costs at most so many times what another costs, or so many bytes; or is faster at least by so much. */
export const targets = [
  { setting: 'full', what: 'buddy', against: 'C', atMost: 1.3 },
  { setting: 'full', what: 'PageAllocator', against: 'C', atMost: 3 },
  { setting: 'sparse', what: 'buddy', against: '@thi.ng/malloc', atLeast: 10 },
  { setting: 'sparse', what: 'PageAllocator', against: '@thi.ng/malloc', atLeast: 10 },
  { setting: 'memory', what: 'PageAllocator', atMost: 16 },
]
