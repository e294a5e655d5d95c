/**
 * Picture: static SVG that needs no script. Every element has a title; colours are variables of the page, so that a picture is
 * light or dark as its reader's system is; what is told by colour is told by a letter and a pattern too.
 */
import { type Html, type HtmlValue, html } from './html.js'

export interface Picture {
  readonly caption: string
  readonly svg: Html
}

/** The size of a picture, in pixels of the page. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** What a picture is, in one line, and what it shows, for those who do not see it. */
export interface Words {
  readonly title: string
  readonly description: string
}

/** The widths of the letters of the page's monospaced font at this picture size. */
export const LETTER = 6.7

/** @param id names it on the page, one of a kind. */
export function svg(id: string, { width, height }: Size, words: Words, content: HtmlValue): Html {
  return html`<svg class="picture" role="group" aria-labelledby="${id}-t ${id}-d" width="${whole(width)}" height="${whole(height)}" viewBox="0 0 ${whole(width)} ${whole(height)}" xmlns="http://www.w3.org/2000/svg">
<title id="${id}-t">${words.title}</title><desc id="${id}-d">${words.description}</desc>
${content}</svg>
`
}

function whole(length: number): number {
  return Math.ceil(length)
}

/** How many keys are told apart. */
const KEYS = 8

/** What stands for one thing in all pictures of an exhibit: a colour, a pattern and a letter. */
export interface Key {
  readonly name: string
  readonly letter: string
  /** The number of its colour and pattern; `unknown` for what has none. */
  readonly index: number | 'unknown'
}

/** Keys for things by name, in this order. */
export function keysFor(names: readonly string[]): ReadonlyMap<string, Key> {
  return new Map(
    [...new Set(names)].map((name, at) => [
      name,
      { name, letter: String.fromCharCode(65 + (at % 26)), index: at % KEYS },
    ]),
  )
}

/** The patterns of keys, to be put into a picture once. @param id of the picture. */
export function patterns(id: string, keys: Iterable<Key>): Html {
  const each = [...keys].map(
    ({ index }) =>
      html`<pattern id="${id}-k${index}" class="k${index}" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="wash" width="6" height="6"/><path class="hatch" d="${index === 'unknown' ? '' : (HATCHES[index] ?? '')}"/></pattern>
`,
  )
  return html`<defs>${each}<marker id="${id}-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="head" d="M0 0L8 4L0 8z"/></marker><marker id="${id}-strong" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto-start-reverse"><path class="strong-head" d="M0 0L8 4L0 8z"/></marker></defs>
`
}

const HATCHES: readonly string[] = [
  'M0 0',
  'M-1 1l2-2M0 6l6-6M5 7l2-2',
  'M0 3h6',
  'M3 0v6',
  'M-1 5l2 2M0 0l6 6M5-1l2 2',
  'M0 3h6M3 0v6',
  'M2 2h2v2h-2z',
  'M0 1.5h6M0 4.5h6',
]

/** A small tag with the letter of a key. */
export function tag({ letter, index, name }: Key, x: number, y: number): Html {
  return html`<g class="k${index}"><title>${letter}: ${name}</title><rect class="tag" x="${x}" y="${y}" width="14" height="14" rx="2"/><text class="on-tag" x="${x + 7}" y="${y + 11}" text-anchor="middle">${letter}</text></g>`
}

/** Text that is cut where there is no room for it; its title has all of it. */
export function label(text: string, { x, y, room, kind = '', title = text }: Label): Html {
  const letters = Math.max(1, Math.floor(room / LETTER))
  const shown = text.length > letters ? `${text.slice(0, letters - 1)}…` : text
  return html`<text class="${kind}" x="${x}" y="${y}"><title>${title}</title>${shown}</text>`
}

interface Label {
  readonly x: number
  readonly y: number
  readonly room: number
  readonly kind?: string
  readonly title?: string
}

/** A link inside of a picture. */
export function link(href: string, title: string, content: HtmlValue): Html {
  return html`<a href="#${href}"><title>${title}</title>${content}</a>`
}

/** A number for an attribute, with one digit behind the point at most. */
export function n(value: number): string {
  return String(Math.round(value * 10) / 10)
}
