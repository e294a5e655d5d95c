/** OpenTelemetry, with one of its context managers. Called without the global that the API keeps: that is to its favour. */
import { createContextKey, ROOT_CONTEXT } from '@opentelemetry/api'
import { opaque } from '../loops.mjs'

const key = createContextKey('mask')

export function openTelemetry(name, manager) {
  manager.enable()
  const constant = ROOT_CONTEXT.setValue(key, 4)
  return {
    names: { manager, key, constant, work: () => opaque() },
    within: (fn) => manager.with(ROOT_CONTEXT.setValue(key, 2), fn),
    sections: {
      [`${name} with(constant, fn)`]: (_, fn) => `manager.with(constant, ${fn})`,
      [`${name} with(getValue() | mask, fn)`]: (mask, fn) =>
        `manager.with(manager.active().setValue(key, manager.active().getValue(key) | ${mask}), ${fn})`,
    },
    reads: { [`${name} active().getValue()`]: 'manager.active().getValue(key)' },
    handOffs: {
      [`${name} bind`]: { capture: 'manager.bind(manager.active(), work)', deliver: 'item()' },
    },
  }
}
