/**
 * Looks up every link in the site that TypeDoc wrote: a file of the site, and the place in it. TypeDoc itself checks what it knows of;
 * this reads what a reader gets. Run as `npm run docs`, after TypeDoc.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const site = fileURLToPath(new URL('../../site', import.meta.url))
const pages = readdirSync(site, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.html') && !name.startsWith('media'))
  .map((name) => join(site, name))
const texts = new Map(pages.map((page) => [page, readFileSync(page, 'utf8')]))
const places = new Map()

/** The ids of a page. */
function idsOf(page) {
  let ids = places.get(page)
  if (ids === undefined) {
    ids = new Set([...(texts.get(page) ?? '').matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id))
    places.set(page, ids)
  }
  return ids
}

/** Says what is wrong with a link on a page, or null. */
function fault(page, link) {
  const [path, place = ''] = link.split('#')
  const target = path ? normalize(join(dirname(page), decodeURIComponent(path))) : page
  if (!target.startsWith(site) || !existsSync(target) || !statSync(target).isFile())
    return 'leads nowhere'
  return !place || !target.endsWith('.html') || idsOf(target).has(decodeURIComponent(place))
    ? null
    : 'names a place that is not on that page'
}

let links = 0
const faults = pages.flatMap((page) =>
  [...(texts.get(page) ?? '').matchAll(/\s(?:href|src)="([^"]*)"/g)]
    .map(([, link]) => link.replaceAll('&amp;', '&').replace(/\?.*(?=#|$)/, ''))
    .filter((link) => link && !/^[a-z]+:/.test(link))
    .map((link) => {
      links++
      const wrong = fault(page, link)
      return wrong && `${relative(site, page)}: ${link} ${wrong}`
    })
    .filter(Boolean),
)
for (const line of new Set(faults)) console.error(line)
console.log(`${pages.length} pages, ${links} links, ${faults.length} of them dead`)
if (pages.length === 0 || faults.length > 0) process.exitCode = 1
