/**
 * Literal lines: on which lines of a program the fields of an object literal stand, so that a mistake in a machine that is written in
 * TypeScript has its line. The program has been run already, so it is correct; where this loses its way, a line is not known.
 */
import { below } from './tree.js'

/** An object or a list that is open, and where in it the reader is. */
interface Open {
  readonly path: string
  readonly list: boolean
  /** In a list: how many items there were. In an object: the key whose value is read, or null where a key is to come. */
  index: number
  key: string | null
}

const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|[\w$]+|\n|=>|[^\s]/g
/** Before a brace that begins an object, and no block. */
const BEFORE_OBJECT = new Set([':', ',', '(', '[', '=', '?'])

/**
 * The lines of an object's fields, by their paths.
 * @param call the function that it is given to, such as machine; or it is the default export. Of what only looks like it, the one with the
 * most fields is it.
 */
export function literalLines(source: string, call: string): ReadonlyMap<string, number> {
  return [...source.matchAll(new RegExp(`\\b${call}\\s*\\(|\\bexport\\s+default\\b`, 'g'))]
    .map(({ index, 0: begin }) => linesAfter(source, index + begin.length))
    .reduce((most, each) => (each.size > most.size ? each : most), new Map<string, number>())
}

function linesAfter(source: string, from: number): Map<string, number> {
  const lines = new Map<string, number>()
  let line = source.slice(0, from).split('\n').length
  const stack: Open[] = []
  let blocks = 0
  let before = '('
  for (const [token] of source.slice(from).matchAll(TOKEN)) {
    const top = stack.at(-1)
    const here = line
    line += token.split('\n').length - 1
    if (token === '\n' || token.startsWith('//') || token.startsWith('/*')) continue
    if (blocks > 0) {
      if (token === '{') blocks++
      if (token === '}') blocks--
    } else if (token === '{' || token === '[') {
      const isLiteral = token === '[' || BEFORE_OBJECT.has(before)
      if (!isLiteral) blocks = 1
      else {
        const path = pathIn(top)
        if (!lines.has(path)) lines.set(path, here)
        stack.push({ path, list: token === '[', index: 0, key: null })
      }
    } else if (token === '}' || token === ']') {
      stack.pop()
      if (stack.length === 0) break
    } else if (top === undefined) {
      // Parentheses and the like before the object; anything else is an object that has a name.
      if (token !== '(') break
    } else if (token === ',') {
      top.index++
      top.key = null
    } else if (!top.list && top.key === null && /^[\w$'"]/.test(token)) {
      top.key = token.replace(/^['"]|['"]$/g, '')
      lines.set(pathIn(top), here)
    } else if (top.list && (before === '[' || before === ',')) {
      lines.set(pathIn(top), here)
    } else if (token === '(') {
      // Parameters, or a call: what is in it is none of the object's.
      stack.push({ path: '\0', list: true, index: 0, key: null })
    } else if (token === ')') stack.pop()
    before = token
  }
  return lines
}

function pathIn(open: Open | undefined): string {
  if (open === undefined) return ''
  return open.list ? below(open.path, open.index) : below(open.path, open.key ?? '')
}
