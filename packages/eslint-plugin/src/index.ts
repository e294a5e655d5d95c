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
  'has-one-flag': hasOneFlag,
  'no-current-after-await': noCurrentAfterAwait,
  'no-lost-hand-off': noLostHandOff,
  'no-outer-context': noOuterContext,
}

/** Names the plugin to ESLint. */
export const meta = { name: '@scopemask/eslint-plugin' }

const plugin: ESLint.Plugin = { meta, rules }

/** All rules as errors, for a flat configuration: `export default [configs.recommended]`. */
export const configs: { readonly recommended: Linter.Config } = {
  recommended: {
    name: 'scopemask/recommended',
    plugins: { scopemask: plugin },
    rules: Object.fromEntries(Object.keys(rules).map((rule) => [`scopemask/${rule}`, 'error'])),
  },
}
