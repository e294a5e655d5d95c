/** unctx holds one value and no stack: a call inside a call throws, or leaves the outer one without context. */
import { createContext } from 'unctx'
import { opaque } from '../loops.mjs'

const context = createContext()

export default {
  nests: false,
  names: { context, work: () => opaque() },
  within: (fn) => context.call(2, fn),
  sections: {
    'unctx.call(constant, fn)': (mask, fn) => `context.call(${mask}, ${fn})`,
  },
  reads: { 'unctx.use()': 'context.use()' },
}
