/**
 * no-current-after-await: `current(domain)` after an `await` throws, and `currentOrUndefined(domain)` is undefined there, which
 * reads as "unrestricted". Order is that of the text, so a loop that awaits is seen from its first `await` on.
 */
import type { Rule } from 'eslint'
import { calleeOf } from './imports.js'

export const noCurrentAfterAwait: Rule.RuleModule = {
  meta: {
    type: 'problem',
    docs: {
      description: 'disallow reading the current context after an await, where it is gone',
    },
    schema: [],
    messages: {
      gone: '{{name}}() after an await: the context is gone there. Take it before, or use the context that run gave. (Where the domain follows a variable, turn this rule off.)',
    },
  },
  create(context) {
    /** For each function around: whether an await was seen in it. */
    const awaited: boolean[] = []
    const enter = () => void awaited.push(false)
    const leave = () => void awaited.pop()
    const wait = () => {
      if (awaited.length > 0) awaited[awaited.length - 1] = true
    }
    return {
      ':function': enter,
      ':function:exit': leave,
      'AwaitExpression:exit': wait,
      'ForOfStatement[await=true] > .body': wait,
      CallExpression(node) {
        const name = calleeOf(node, context.sourceCode.getScope(node))
        if ((name === 'current' || name === 'currentOrUndefined') && awaited.at(-1) === true) {
          context.report({ node, messageId: 'gone', data: { name } })
        }
      },
    }
  },
}
