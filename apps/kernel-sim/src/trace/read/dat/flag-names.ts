/**
 * Flag names: what the bits of gfp flags mean in the recorded kernel. Bits move from one kernel to the next; the recording
 * itself has their names, in how the kernel prints an event: `__print_flags(REC->gfp_flags, "|", {EXPRESSION, "NAME"}, ...)`
 * with C expressions of numbers, shifts and casts.
 */
import { readGfp } from '../gfp-names.js'

/** Turns the raw flags of the recorded kernel into those of 6.18, which the audit works with. */
export type GfpOf = (raw: number) => number

/** Raw flags seldom have more combinations than a few hundred. */
const LIMIT = 1 << 12

/** @param print how the kernel prints mm_page_alloc, or any event with gfp flags. */
export function gfpTranslation(print: string): GfpOf {
  const bits = singleBits(print)
  const known = [...bits.keys()].reduce((all, bit) => all | bit, 0)
  const translated = new Map<number, number>()
  return (raw) => {
    let gfp = translated.get(raw)
    if (gfp !== undefined) return gfp
    const parts: string[] = []
    for (const [bit, name] of bits) if (raw & bit) parts.push(name)
    const nameless = raw & ~known
    if (nameless !== 0) parts.push(`0x${(nameless >>> 0).toString(16)}`)
    gfp = readGfp(parts.join('|') || 'none').gfp
    if (translated.size < LIMIT) translated.set(raw, gfp)
    return gfp
  }
}

/** Flags of one bit, and their names: what compound names are made of. */
function singleBits(print: string): Map<number, string> {
  const bits = new Map<number, string>()
  for (const [, expression = '', name = ''] of print.matchAll(/\{([^{}"]*),\s*"(\w+)"\s*\}/g)) {
    const value = evaluate(expression)
    const isOneBit = value !== undefined && value !== 0 && (value & (value - 1)) === 0
    // GFP_ATOMIC and the like can be one bit too; the flag itself has underscores.
    if (isOneBit && (!bits.has(value) || name.startsWith('__'))) bits.set(value, name)
  }
  return bits
}

/** Evaluates a C expression of unsigned 32 bits: numbers, `<<`, `&`, `|`, `~`, parentheses, casts. Undefined where it is another. */
function evaluate(expression: string): number | undefined {
  const text = expression.replaceAll(/\(\s*(?:unsigned long|unsigned|gfp_t|u32|int)\s*\)/g, '')
  const tokens = text.match(/0x[\da-f]+|\d+|<<|[()|&~]|[a-z_]\w*/gi) ?? []
  let at = 0
  const unary = (): number => {
    const token = tokens[at++] ?? ''
    if (token === '~') return ~unary()
    if (token === '(') {
      const value = or()
      if (tokens[at++] !== ')') throw new SyntaxError('a parenthesis is missing')
      return value
    }
    const value = Number(token)
    if (token === '' || Number.isNaN(value)) throw new SyntaxError(`${token} is no number`)
    // The suffix of a number: 1UL.
    if (/^u?l{0,2}$/i.test(tokens[at] ?? '-')) at++
    return value
  }
  const binary =
    (operator: string, operand: () => number, apply: (a: number, b: number) => number) =>
    (): number => {
      let value = operand()
      while (tokens[at] === operator) {
        at++
        value = apply(value, operand())
      }
      return value
    }
  const shift = binary('<<', unary, (a, b) => a << b)
  const and = binary('&', shift, (a, b) => a & b)
  const or = binary('|', and, (a, b) => a | b)
  try {
    const value = or()
    return at === tokens.length ? value >>> 0 : undefined
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined
    throw thrown
  }
}
