/** Faults of a machine file: their types, and what each can be told. */
import type { Fault } from '../faults/fault.js'
import { SECOND } from '../time.js'
import { amount, optional, required } from './kinds.js'
import { duration, size } from './units.js'
import { type VariantType, variantType } from './variant.js'

const GIB = 1024 ** 3
const AT = required(
  duration({ least: 0, most: 86_400 * SECOND, says: '5 s' }),
  'when it begins, from the beginning of the run',
)
const LENGTH = duration({ least: 1000, most: 86_400 * SECOND, says: '2 s' })
const FOR_EVER = Number.POSITIVE_INFINITY

/** By name. */
export const FAULT_TYPES: Readonly<Record<string, VariantType<Fault>>> = {
  'disk-stall': variantType({
    says: 'the disk serves nothing for a while',
    fields: { at: AT, for: required(LENGTH, 'how long') },
    make: (values): Fault => ({ type: 'disk-stall', at: values.at, length: values.for }),
  }),
  'disk-slow': variantType({
    says: 'the disk takes longer for everything',
    fields: {
      at: AT,
      for: optional(LENGTH, 'how long; by default to the end'),
      times: required(amount(1, 10_000), 'how many times as long'),
    },
    make: (values): Fault => ({
      type: 'disk-slow',
      at: values.at,
      length: values.for ?? FOR_EVER,
      times: values.times,
    }),
  }),
  'memory-taken': variantType({
    says: 'a balloon takes memory away, and gives it back',
    fields: {
      at: AT,
      for: optional(LENGTH, 'how long; by default to the end'),
      size: required(size({ least: 4096, most: 16 * GIB, says: '32 MiB' }), 'how much'),
    },
    make: (values): Fault => ({
      type: 'memory-taken',
      at: values.at,
      length: values.for ?? FOR_EVER,
      pages: Math.ceil(values.size / 4096),
    }),
  }),
}
