/**
 * Escapes: what a transport did to the bytes of a line. Terminals colour it, editors end it with CR LF, rsyslog writes a newline
 * inside of a message as `#012` (and a tab as `#011`), journald and others as `\x0a`, pages have entities and tags.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what a terminal's colours begin with.
const COLOUR = /\x1b\[[0-9;?]*[ -/]*[@-~]/g
const NEWLINE = /#012(?!\d)|\\x0a/i
const TAB = /#011(?!\d)|\\x09/gi

/** Carriage returns before the newline; a serial console may send two. */
const ENDS = /\r+$/
/** What a page that shows a log adds to its lines. Marks on stacks are written in capitals. */
const TAGS =
  /^<(?:pre|code|p|div|td|blockquote)(?: [^<>]*)?>|<\/?(?:br|pre|code|p|div|td|blockquote) ?\/?>$/g
const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&#x27;': "'",
  '&nbsp;': ' ',
  '&amp;': '&',
}
const ENTITY = /&(?:lt|gt|quot|#39|#x27|nbsp|amp);/g

function withoutHtml(text: string): string {
  return text.replace(TAGS, '').replace(ENTITY, (entity) => ENTITIES[entity] ?? entity)
}

/** Another message that a terminal put on the same line, behind blanks. */
const GLUED = / {2,}(?=\[ *\d+\.\d{6}\])/

/** The lines that one line of a file stands for, without what the transport added. */
export function unescaped(raw: string): readonly string[] {
  let text = raw.endsWith('\r') ? raw.replace(ENDS, '') : raw
  if (text.charCodeAt(0) === 0xfeff) text = text.slice(1)
  if (text.includes('\0')) text = text.replaceAll('\0', '')
  if (text.includes('&') || text.endsWith('>')) text = withoutHtml(text)
  if (text.includes('\x1b')) text = text.replace(COLOUR, '')
  if (text.includes('\r')) text = text.slice(text.lastIndexOf('\r') + 1)
  if (!text.includes('#01') && !text.includes('\\x0')) {
    return text.length > 80 && text.includes('[', 16) ? text.split(GLUED) : [text]
  }
  return text.replace(TAB, '\t').split(NEWLINE)
}
