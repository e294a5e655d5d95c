/** Source: pieces of a source file that is written for a user, of texts that anybody can have written. */
import { printable } from './printable.js'

/** Lines as a comment. */
export function comment(...lines: readonly string[]): string {
  return lines.map((line) => `// ${printable(line)}`.trimEnd()).join('\n')
}

/** A text as a literal. */
export function quoted(text: string): string {
  return `'${printable(text).replace(/[\\']/g, '\\$&')}'`
}
