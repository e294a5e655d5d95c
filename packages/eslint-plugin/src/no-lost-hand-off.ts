/**
 * no-lost-hand-off: a hand-off, a conveyance or a transfer whose result nobody keeps is work that never runs, or restrictions
 * that arrive nowhere.
 */
import type { Rule } from 'eslint'
import { type Call, calleeOf } from './imports.js'

const KEPT = new Set(['handOff', 'convey', 'transfer', 'merge', 'contextFrom', 'bind'])

export const noLostHandOff: Rule.RuleModule = {
  meta: {
    type: 'problem',
    docs: { description: 'disallow delegations whose result nobody keeps' },
    schema: [],
    messages: {
      lost: 'The result of {{name}}() is lost: it is what carries the restrictions to where the work is done.',
    },
  },
  create(context) {
    return {
      'ExpressionStatement > CallExpression'(node: Call & Rule.NodeParentExtension) {
        const name = calleeOf(node, context.sourceCode.getScope(node))
        if (name !== undefined && KEPT.has(name)) {
          context.report({ node, messageId: 'lost', data: { name } })
        }
      },
    }
  },
}
