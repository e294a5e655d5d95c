/**
 * Load: a scenario from the script that the page has made of it. The script is a function of what a module is given, as `Wrapped`
 * says; it runs as a script of its own, so that errors name its lines.
 */
import * as face from '@scopemask/kernel-sim'
import { InputError, type Scenario, scenario } from '@scopemask/kernel-sim'
import { SCENARIO } from './fault.js'

/** The modules that a scenario can import: the face of kernel-sim, which has the flags of the allocator too. */
const MODULES = ['@scopemask/kernel-sim', '@scopemask/allocator']

type Wrapped = (require: (module: string) => unknown, exports: { default?: unknown }) => void

/** What the engine's global scope has, as far as it is used here. */
export interface ScriptHost {
  importScripts(url: string): void
  scenarioScript?: Wrapped
}

/** A script that the browser cannot parse. Where, it says only to whoever looks at errors that nobody has caught. */
export class Unparsable extends Error {
  /** @param url loads it again. */
  constructor(readonly url: string) {
    super('the scenario cannot be parsed')
  }
}

/**
 * Runs a script.
 * @throws Unparsable when the browser cannot read it, InputError when it has no scenario, and whatever the script throws.
 */
export function load(host: ScriptHost, code: string): Scenario {
  const wrapped = `self.scenarioScript = function (require, exports) {${code}\n}\n//# sourceURL=${SCENARIO}\n`
  const url = URL.createObjectURL(new Blob([wrapped], { type: 'text/javascript' }))
  try {
    host.importScripts(url)
  } catch (thrown) {
    throw thrown instanceof Error && thrown.name === 'SyntaxError' ? new Unparsable(url) : thrown
  }
  URL.revokeObjectURL(url)
  const exports: { default?: unknown } = {}
  host.scenarioScript?.(required, exports)
  const { default: found } = exports
  if (typeof found !== 'object' || found === null || !('build' in found)) {
    throw new InputError('there is no scenario: it begins with export default scenario({')
  }
  return scenario(found as Scenario)
}

function required(module: string): unknown {
  if (!MODULES.includes(module)) {
    throw new InputError(
      `${module} cannot be imported here: a scenario imports @scopemask/kernel-sim and nothing else`,
    )
  }
  return new Proxy(face, {
    get(_, name) {
      if (name in face || typeof name === 'symbol' || name === '__esModule') {
        return (face as Record<string | symbol, unknown>)[name]
      }
      throw new InputError(`${module} has no ${name}`)
    },
  })
}
