/**
 * A plugin of TypeDoc for pages: one is named by its heading, which need not be said twice, grouped by its folder, and
 * keeps the name of its file in its address.
 */
import { Converter, KindRouter } from 'typedoc'

/** The groups of pages by folder of the repository. */
const GROUPS = { 'docs/guides': 'Guides', 'docs/decisions': 'Decisions' }

/** The addresses of TypeDoc, but for pages. */
class Router extends KindRouter {
  /** @param {import('typedoc').Reflection} reflection */
  getIdealBaseName(reflection) {
    return reflection.isDocument()
      ? `${String(reflection.frontmatter.group).toLowerCase()}/${reflection.frontmatter.file}`
      : super.getIdealBaseName(reflection)
  }
}

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.renderer.defineRouter('pages', Router)
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => {
    const [, folder = '', file = ''] = /^(?:(.*)\/)?(.*)$/.exec(page.name) ?? []
    page.frontmatter.group = GROUPS[folder] ?? 'Pages'
    page.frontmatter.file = file.toLowerCase()
    const [first] = page.content
    const heading = first?.kind === 'text' && /^\s*# (.*)\n/.exec(first.text)
    if (!heading) return
    page.name = heading[1].replaceAll('`', '')
    first.text = first.text.slice(heading[0].length)
  })
}
