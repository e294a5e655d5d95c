/**
 * Process: has one contender perform the sequence, and prints as buddy.c does: how long each round took in nanoseconds;
 * then how many allocations failed, and the sum of the blocks. Or, with 0 rounds, the bytes that it takes.
 *
 *     node --expose-gc process.mjs <module> PAGES SLOTS OPERATIONS ROUNDS
 */
import { perform } from './sequence.mjs'

const [module, ...numbers] = process.argv.slice(2)
const [pages, slots, operations, rounds] = numbers.map(Number)
const { default: make } = await import(module)

const bytes = () => {
  globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

if (rounds === 0) {
  const before = bytes()
  const contender = make(pages, 1)
  console.log(bytes() - before)
  contender.free(contender.alloc(0), 0)
} else {
  const { nanoseconds, failed, sum } = perform(make(pages, slots), slots, operations, rounds)
  console.log([...nanoseconds, failed, sum].join('\n'))
}
