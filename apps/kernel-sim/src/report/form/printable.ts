/**
 * Printable: names from recordings, which anybody can have written, as text that does to a terminal or to a source file
 * nothing but show itself.
 */

/** Without control characters, line ends of any kind, and characters that are not seen or turn others around. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd')
}
