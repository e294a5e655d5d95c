/** zone.js, as it is used on a server. */
import 'zone.js/node'
import { opaque } from '../loops.mjs'

const { Zone } = globalThis
const constant = Zone.current.fork({ name: 'restricted', properties: { mask: 4 } })
const fork = (mask) => Zone.current.fork({ name: 'restricted', properties: { mask } })

export default {
  names: { Zone, constant, fork, work: () => opaque() },
  within: (fn) => fork(2).run(fn),
  sections: {
    'zone.js run(fn) of a constant zone': (_, fn) => `constant.run(${fn})`,
    'zone.js fork(get() | mask).run(fn)': (mask, fn) =>
      `fork(Zone.current.get('mask') | ${mask}).run(${fn})`,
  },
  reads: { 'zone.js Zone.current.get()': "Zone.current.get('mask')" },
  handOffs: {
    'zone.js wrap': { capture: "Zone.current.wrap(work, 'item')", deliver: 'item()' },
  },
}
