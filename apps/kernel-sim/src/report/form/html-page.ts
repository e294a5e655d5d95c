/**
 * HTML page: the frame of a report that is one file. It asks for nothing from anywhere, and its policy lets it: a name
 * that found a way into the markup after all could not load or send anything. Light or dark as the reader's system is.
 */
import { Html, html } from './html.js'
import { HTML_SCRIPT } from './html-script.js'
import { htmlTable } from './html-table.js'
import type { Mark, Page, Part, Section } from './page.js'

const STYLE = `
:root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de; --stripe: #f6f8fa;
  --link: #0550ae; --good: #116329; --bad: #a40e26; --unsure: #7d4e00 }
@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --text: #e6edf3; --soft: #9da7b3; --line: #3d444d;
  --stripe: #161b22; --link: #79b8ff; --good: #56d364; --bad: #ff8a80; --unsure: #e3b341 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 88rem; padding: 1rem 1.5rem 4rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif }
h1 { font-size: 1.6rem; overflow-wrap: anywhere }
h2 { font-size: 1.25rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line) }
a { color: var(--link) }
p, li { max-width: 75ch }
code { font: .875em/1.5 ui-monospace, monospace; unicode-bidi: isolate }
td code, th code { white-space: nowrap }
.scroll { overflow-x: auto; margin: 1rem 0 }
table { border-collapse: collapse; font-size: .875rem }
caption { text-align: left; color: var(--soft); padding-bottom: .25rem }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; font-weight: normal;
  border-bottom: 1px solid var(--line) }
thead th { font-weight: 600; vertical-align: bottom }
tbody tr:nth-child(even) { background: var(--stripe) }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.good { color: var(--good) } .bad { color: var(--bad); font-weight: 600 } .unsure { color: var(--unsure) }
.soft { color: var(--soft) }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer;
  text-decoration: underline dotted }
[aria-sort=ascending] button::after { content: ' ↑' / '' } [aria-sort=descending] button::after { content: ' ↓' / '' }
.filter { margin: 1rem 0 -0.5rem }
input { font: inherit; color: inherit; background: var(--back); border: 1px solid var(--soft); border-radius: .25rem }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
summary { cursor: pointer; white-space: nowrap }
details ol { margin: .25rem 0 .75rem; padding-left: 2.5rem }
@media print { .filter { display: none } .scroll { overflow: visible } }
`

/** One self-contained page. */
export function pageHtml({ title, lead, marks, sections }: Page): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<ul>
${lead.map((line) => html`<li>${line}</li>\n`)}</ul>
${marks.length === 0 ? '' : marksHtml(marks)}<nav aria-label="Contents"><ul>
${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>\n`)}</ul></nav>
</header>
<main>
${sections.map(sectionHtml)}</main>
<script>
${new Html(HTML_SCRIPT)}</script>
</body>
</html>
`
  return page.toString()
}

function marksHtml(marks: readonly Mark[]): Html {
  const each = marks.map(({ good, text }) =>
    good ? html`<span class="good">✓ ${text}</span>` : html`<span class="bad">✗ ${text}</span>`,
  )
  return html`<p>${each.map((mark, at) => [at === 0 ? '' : ' · ', mark])}</p>
`
}

function sectionHtml({ id, title, parts }: Section): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${parts.map((part, at) => partHtml(part, `${id}-${at + 1}`))}</section>
`
}

function partHtml(part: Part, id: string): Html {
  if (typeof part === 'string') return html`<p>${part}</p>\n`
  if ('columns' in part) return htmlTable(id, part)
  if ('drawing' in part) {
    return html`<div class="scroll" role="img" aria-label="${part.shows}"><pre>${part.drawing.join('\n')}</pre></div>\n`
  }
  return html`<ul>
${part.items.map((item) => html`<li>${item}</li>\n`)}</ul>
`
}
