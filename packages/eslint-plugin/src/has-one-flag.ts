/** has-one-flag: `has` with several flags leaves open whether any or all are meant, and throws. */
import type { Rule } from 'eslint'
import { calleeOf, methodOf } from './imports.js'

export const hasOneFlag: Rule.RuleModule = {
  meta: {
    type: 'problem',
    docs: { description: 'require has() to ask for one flag' },
    schema: [],
    messages: {
      several: 'has() takes one flag: hasAny() or hasAll() say which is meant of several.',
    },
  },
  create(context) {
    return {
      CallExpression(call) {
        const [mask] = call.arguments
        if (methodOf(call) !== 'has' || mask === undefined) return
        const flags =
          (mask.type === 'BinaryExpression' && mask.operator === '|') ||
          (mask.type === 'CallExpression' &&
            mask.arguments.length > 1 &&
            (methodOf(mask) === 'mask' ||
              calleeOf(mask, context.sourceCode.getScope(mask)) === 'union'))
        if (flags) context.report({ node: mask, messageId: 'several' })
      },
    }
  },
}
