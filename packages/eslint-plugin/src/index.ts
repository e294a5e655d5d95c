/**
 * The face of @scopemask/eslint-plugin: its rules, and a configuration with all of them.
 * @packageDocumentation
 * @mergeModuleWith <project>
 */
import type { ESLint, Linter } from 'eslint'
import { hasOneFlag } from './has-one-flag.js'
import { noCurrentAfterAwait } from './no-current-after-await.js'
import { noLostHandOff } from './no-lost-hand-off.js'
import { noOuterContext } from './no-outer-context.js'

/** The rules by name. */
export const rules = {
  /** `has` with several flags leaves open whether any or all are meant. */
  'has-one-flag': hasOneFlag,
  /** `current(domain)` after an `await`, where no context runs any more. */
  'no-current-after-await': noCurrentAfterAwait,
  /** A hand-off or a conveyance that nobody keeps: the work never runs, or the restrictions arrive nowhere. */
  'no-lost-hand-off': noLostHandOff,
  /** A context that is used inside its own section, where it is less restricted than the code that runs. */
  'no-outer-context': noOuterContext,
}

/** Names the plugin to ESLint. */
export const meta = {
  /** What ESLint prints, and what its cache knows the plugin by. */
  name: '@scopemask/eslint-plugin',
}

const plugin: ESLint.Plugin = { meta, rules }

/** All rules as errors, for a flat configuration: `export default [configs.recommended]`. */
export const configs: {
  /** Every rule as an error. */
  readonly recommended: Linter.Config
} = {
  recommended: {
    name: 'scopemask/recommended',
    plugins: { scopemask: plugin },
    rules: Object.fromEntries(Object.keys(rules).map((rule) => [`scopemask/${rule}`, 'error'])),
  },
}
