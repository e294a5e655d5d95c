/**
 * HTML: text that is safe in a page. Names of functions and tasks come from recordings, which anybody can have written:
 * whatever is put into a template is escaped, unless a template made it.
 */

/** A piece of a page. */
export class Html {
  readonly #text: string

  /** @param text HTML that is written in this package: nothing checks it. */
  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

/** What can be put into a template; lists without anything between their items. */
export type HtmlValue = Html | string | number | readonly HtmlValue[]

/** `<td>${name}</td>`: everything inserted is escaped. Attributes that something is inserted into need quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(
    parts.map((part, i) => part + (i < values.length ? written(values[i] ?? '') : '')).join(''),
  )
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function written(value: HtmlValue): string {
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.map(written).join('')
  // A control character means nothing in a page, and some may not stand in one.
  return String(value)
    .replace(/[&<>"']/g, (special) => ENTITIES[special] ?? special)
    .replace(/(?![\t\n\r])\p{Cc}/gu, '\ufffd')
}
