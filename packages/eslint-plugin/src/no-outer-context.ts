/**
 * no-outer-context: inside a section the context that it was made from is less restricted than the code that runs. Whatever is
 * done with that context gets around the section: `request.run(NO_DISK, () => request.has(NO_DISK))` is false.
 */
import type { Rule } from 'eslint'
import { methodOf, type Name, variableOf } from './imports.js'

export const noOuterContext: Rule.RuleModule = {
  meta: {
    type: 'problem',
    docs: { description: 'disallow the outer context inside a section that was made from it' },
    schema: [],
    messages: {
      outer:
        '{{name}} is less restricted than the section of it that runs here: use the context that run gives to the function.',
    },
  },
  create(context) {
    return {
      CallExpression(call) {
        const [mask, section] = call.arguments
        if (methodOf(call) !== 'run' || mask === undefined || section === undefined) return
        if (section.type !== 'ArrowFunctionExpression' && section.type !== 'FunctionExpression') {
          return
        }
        const { callee } = call
        if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return
        const outer = variableOf(callee.object, context.sourceCode.getScope(call))
        const [from, to] = section.body.range ?? [0, 0]
        for (const { identifier } of outer?.references ?? []) {
          const [at = -1] = identifier.range ?? []
          if (at >= from && at < to && isAsked(identifier as Name)) {
            const { name } = identifier as Name
            context.report({ node: identifier, messageId: 'outer', data: { name } })
          }
        }
      },
    }
  },
}

/** What of a context depends on its flags. */
const ASKED = ['run', 'fork', 'has', 'hasAny', 'hasAll', 'forbid', 'mask']

/** True if a reference asks a context, or hands it to a function; its name alone is harmless. */
function isAsked({ parent }: Name): boolean {
  if (parent.type === 'MemberExpression') {
    return parent.property.type === 'Identifier' && ASKED.includes(parent.property.name)
  }
  return parent.type === 'CallExpression' && parent.callee.type !== 'Super'
}
