/**
 * Imports: which local names stand for functions of core. The rules look at what is imported from `@scopemask/core` and its
 * subpaths, under whatever name, so that a function of the application that happens to be called `current` is not meant.
 */
import type { Rule, Scope } from 'eslint'

/** A call, and a name, of the syntax tree. */
export type Call = Omit<Extract<Rule.Node, { type: 'CallExpression' }>, 'parent'>
export type Name = Extract<Rule.Node, { type: 'Identifier' }>

const CORE = /^@scopemask\/core(\/|$)/

/** The name under which core exports what is called, or undefined for anything else. */
export function calleeOf(call: Call, scope: Scope.Scope): string | undefined {
  const { callee } = call
  if (callee.type === 'Identifier') return exportedName(callee, scope)
  if (
    callee.type === 'MemberExpression' &&
    callee.object.type === 'Identifier' &&
    callee.property.type === 'Identifier' &&
    !callee.computed &&
    exportedName(callee.object, scope) === '*'
  ) {
    return callee.property.name
  }
  return undefined
}

/** What core exports an identifier as; `*` for a namespace of core. */
function exportedName(identifier: Pick<Name, 'name'>, scope: Scope.Scope): string | undefined {
  const [definition] = variableOf(identifier, scope)?.defs ?? []
  if (definition?.type !== 'ImportBinding') return undefined
  const { source } = definition.parent
  if (typeof source.value !== 'string' || !CORE.test(source.value)) return undefined
  const { node } = definition
  if (node.type === 'ImportNamespaceSpecifier') return '*'
  if (node.type !== 'ImportSpecifier') return undefined
  return node.imported.type === 'Identifier' ? node.imported.name : `${node.imported.value}`
}

/** The variable that an identifier stands for. */
export function variableOf(
  identifier: Pick<Name, 'name'>,
  scope: Scope.Scope,
): Scope.Variable | undefined {
  for (let at: Scope.Scope | null = scope; at !== null; at = at.upper) {
    const variable = at.set.get(identifier.name)
    if (variable !== undefined) return variable
  }
  return undefined
}

/** The method that is called on something, or undefined for anything else. */
export function methodOf(call: Call): string | undefined {
  const { callee } = call
  return callee.type === 'MemberExpression' &&
    !callee.computed &&
    callee.property.type === 'Identifier'
    ? callee.property.name
    : undefined
}
