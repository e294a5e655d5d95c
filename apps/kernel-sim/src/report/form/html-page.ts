/**
 * HTML page: the frame of a report that is one file. It asks for nothing from anywhere, and its policy lets it: a name
 * that found a way into the markup after all could not load or send anything. Light or dark as the reader's system is.
 */
import { Html, html } from './html.js'
import { HTML_SCRIPT } from './html-script.js'
import { HTML_STYLE } from './html-style.js'
import { htmlTable } from './html-table.js'
import type { Mark, Page, Part, Section } from './page.js'
import type { Picture } from './picture.js'
import { STEP_SCRIPT } from './step-script.js'

/** One self-contained page. */
export function pageHtml({ title, lead, marks, sections }: Page): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${title}</title>
<style>${new Html(HTML_STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${marks.length === 0 ? '' : marksHtml(marks)}<ul>
${lead.map((line) => html`<li>${line}</li>\n`)}</ul>
<nav aria-label="Contents"><ul>
${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>\n`)}</ul></nav>
</header>
<main>
${sections.map(sectionHtml)}</main>
<script>
${new Html(HTML_SCRIPT)}${sections.some(({ steps }) => steps) ? new Html(STEP_SCRIPT) : ''}</script>
</body>
</html>
`
  return page.toString()
}

function marksHtml(marks: readonly Mark[]): Html {
  const each = marks.map(({ good, text }) => {
    if (good === undefined) return html`<span class="unsure">? ${text}</span>`
    return good
      ? html`<span class="good">✓ ${text}</span>`
      : html`<span class="bad">✗ ${text}</span>`
  })
  return html`<p class="marks">${each.map((mark, at) => [at === 0 ? '' : ' · ', mark])}</p>
`
}

/** A section of a page. */
export function sectionHtml({ id, title, parts, steps = false }: Section): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"${steps ? html` class="steps"` : ''}>
<h2 id="${id}-title">${title}</h2>
${parts.map((part, at) => partHtml(part, `${id}-${at + 1}`))}</section>
`
}

function partHtml(part: Part, id: string): Html {
  if (typeof part === 'string') return html`<p>${part}</p>\n`
  if ('columns' in part) return htmlTable(id, part)
  if ('drawing' in part) {
    return html`<div class="scroll" role="img" aria-label="${part.shows}" tabindex="0"><pre>${part.drawing.join('\n')}</pre></div>\n`
  }
  if ('heading' in part) return html`<h3>${part.heading}</h3>\n`
  if ('pictures' in part)
    return html`<div class="pictures">${part.pictures.map(pictureHtml)}</div>\n`
  return html`<ul>
${part.items.map((item) => html`<li>${item}</li>\n`)}</ul>
`
}

function pictureHtml({ caption, svg }: Picture): Html {
  return html`<figure><figcaption>${caption}</figcaption><div class="scroll" role="group" aria-label="${caption}" tabindex="0">
${svg}</div></figure>
`
}
