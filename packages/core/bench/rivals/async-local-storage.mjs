/** Node's own. `run(constant, fn)` is what people write; restrictions that accumulate need `getStore() | mask`. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { opaque } from '../loops.mjs'

const storage = new AsyncLocalStorage()

export default {
  names: { AsyncLocalStorage, storage, work: () => opaque() },
  within: (fn) => storage.run(2, fn),
  sections: {
    'AsyncLocalStorage.run(constant, fn)': (mask, fn) => `storage.run(${mask}, ${fn})`,
    'AsyncLocalStorage.run(getStore() | mask, fn)': (mask, fn) =>
      `storage.run(storage.getStore() | ${mask}, ${fn})`,
  },
  reads: { 'AsyncLocalStorage.getStore()': 'storage.getStore()' },
  handOffs: {
    'AsyncLocalStorage.bind': { capture: 'AsyncLocalStorage.bind(work)', deliver: 'item()' },
    'AsyncLocalStorage.snapshot': {
      capture: 'AsyncLocalStorage.snapshot()',
      deliver: 'item(work)',
    },
  },
}
