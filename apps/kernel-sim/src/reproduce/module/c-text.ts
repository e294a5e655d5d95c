/** C text: names that a scenario chose, as identifiers and strings of C that collide with nothing. */

/** An identifier with a prefix that tells what it is and a number that tells it from others; the name is for the reader. */
export function identifier(prefix: string, number: number, name: string): string {
  const readable = name
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_|_$/g, '')
    .slice(0, 40)
  return `${prefix}${number}${readable === '' ? '' : `_${readable}`}`
}

/** A string of C. What would break a line, or is not ASCII, is written in octal; no sequence of it is a trigraph. */
export function quoted(text: string): string {
  const bytes = new TextEncoder().encode(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '))
  const written = [...bytes].map((byte) => {
    const character = String.fromCharCode(byte)
    return byte >= 0x20 && byte < 0x7f && !'"\\?'.includes(character)
      ? character
      : `\\${byte.toString(8).padStart(3, '0')}`
  })
  return `"${written.join('')}"`
}

/** Lines, one tab further in. */
export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? line : `\t${line}`))
}

/** A function of C, with an empty line after it. */
export function functionLines(head: string, body: readonly string[]): string[] {
  return [head, '{', ...indented(body), '}', '']
}
