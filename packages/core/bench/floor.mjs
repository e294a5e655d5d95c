/** The floor: fields of plain objects, read and written by hand. */
import { opaque } from './loops.mjs'

const raw = { own: 0 }
const worker = { own: 0 }

/** A closure over a number: the least that can be put in a queue of functions. */
function closure(bits) {
  return () => {
    const saved = worker.own & bits
    worker.own |= bits
    opaque()
    worker.own = (worker.own & ~bits) | saved
  }
}

export default {
  names: { raw, worker, closure },
  within(fn) {
    raw.own = 2
    const result = fn()
    raw.own = 0
    return result
  },
  sections: {
    nothing: (_, __, body) => body,
    'raw fields': (mask, _, body) =>
      `const saved = raw.own & ${mask}; raw.own |= ${mask}; ${body}; raw.own = (raw.own & ~${mask}) | saved`,
  },
  reads: {
    nothing: '0',
    'raw field': 'raw.own',
    'raw field, tested': '(raw.own & m1) === 0 ? 1 : 2',
  },
  handOffs: {
    nothing: { capture: 'null', deliver: 'opaque()' },
    'closure over a number': { capture: 'closure(raw.own & 3)', deliver: 'item()' },
    'work item with a field': {
      capture: '{ bits: raw.own & 3 }',
      deliver: `const saved = worker.own & item.bits; worker.own |= item.bits
        opaque(); worker.own = (worker.own & ~item.bits) | saved`,
    },
  },
}
