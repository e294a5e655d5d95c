/**
 * Flame picture: requests for memory as a flame graph, the outermost function on top. Below the whole stands each scope with a colour and a
 * letter of its own, and below it the functions that requested in it; a width is a share of all requests.
 */
import { type HtmlValue, html } from '../form/html.js'
import { number, percent, plural } from '../form/numbers.js'
import { type Key, LETTER, label, n, type Picture, svg, tag } from '../form/picture.js'
import type { FunctionStack } from './function-stacks.js'
import { scopeKeys } from './scope-keys.js'

const WIDTH = 1180
const ROW = 18
/** Narrower boxes are left out, in pixels, and deeper rows. */
const NARROWEST = 2
const DEEPEST = 48

interface Node {
  requests: number
  readonly below: Map<string, Node>
}

/** A box of the picture. */
interface Box {
  readonly name: string
  readonly x: number
  readonly row: number
  readonly width: number
  readonly requests: number
}

/** The scopes that the stacks are in, the most frequent first. */
function scopesOf(stacks: readonly FunctionStack[]): string[] {
  const sums = new Map<string, number>()
  for (const { scope, requests } of stacks) sums.set(scope, (sums.get(scope) ?? 0) + requests)
  return [...sums].sort((a, b) => b[1] - a[1]).map(([scope]) => scope)
}

/** @param id of the picture, one of a kind on the page. */
export function flamePicture(id: string, stacks: readonly FunctionStack[]): Picture {
  const all = stacks.reduce((sum, { requests }) => sum + requests, 0)
  const scopes = scopesOf(stacks)
  const keys = scopeKeys(scopes)
  const parts: HtmlValue[] = []
  let x = 0
  let rows = 2
  let left = 0
  for (const scope of scopes) {
    const root = treeOf(stacks.filter((stack) => stack.scope === scope))
    const width = (root.requests / all) * WIDTH
    const key = keys.get(scope)
    if (key === undefined) continue
    const boxes: Box[] = []
    left += place(root, { x, width, row: 2 }, boxes)
    rows = Math.max(rows, ...boxes.map(({ row }) => row + 1))
    parts.push(
      html`<g class="flame k${key.index}">${scopeBox(key, { name: scope, x, row: 1, width, requests: root.requests }, all)}${boxes.map((box) => functionBox(box, scope, all))}</g>
`,
    )
    x += width
  }
  const height = rows * ROW
  const described = scopes.map((scope) => `${keys.get(scope)?.letter}: ${scope}`).join(', ')
  return {
    caption:
      'Width: share of requests. Below the whole the scopes, below them functions, the outermost first; the innermost one allocates. ' +
      `${described}.${left === 0 ? '' : ` Boxes too narrow to be seen are left out.`}`,
    svg: svg(
      id,
      { width: WIDTH, height },
      {
        title: 'Requests for memory by scope and stack',
        description: `A flame graph of ${plural(all, 'request')} in ${plural(scopes.length, 'scope')}: ${described}. The table below says how many there are in each.`,
      },
      [
        html`<g><title>all: ${plural(all, 'request')}</title><rect class="flame-all" x="0" y="0" width="${WIDTH}" height="${ROW - 1}"/>${label(`all ${plural(all, 'request')}`, { x: 6, y: 13, room: WIDTH })}</g>
`,
        parts,
      ],
    ),
  }
}

function treeOf(stacks: readonly FunctionStack[]): Node {
  const root: Node = { requests: 0, below: new Map() }
  for (const { functions, requests } of stacks) {
    let node = root
    node.requests += requests
    for (const fn of functions) {
      let next = node.below.get(fn)
      if (next === undefined) node.below.set(fn, (next = { requests: 0, below: new Map() }))
      next.requests += requests
      node = next
    }
  }
  return root
}

/** Places what is below a node, the widest first. Returns how many boxes are too narrow. */
function place(
  node: Node,
  { x, width, row }: { readonly x: number; readonly width: number; readonly row: number },
  boxes: Box[],
): number {
  if (row >= DEEPEST) return node.below.size
  let at = x
  let left = 0
  for (const [name, below] of [...node.below].sort((a, b) => b[1].requests - a[1].requests)) {
    const own = (below.requests / node.requests) * width
    if (own < NARROWEST) left++
    else {
      boxes.push({ name, x: at, row, width: own, requests: below.requests })
      left += place(below, { x: at, width: own, row: row + 1 }, boxes)
    }
    at += own
  }
  return left
}

function scopeBox(key: Key, box: Box, all: number): HtmlValue {
  const { x, width, row, requests } = box
  const words = `${key.name}: ${plural(requests, 'request')}, ${percent(requests, all)}`
  const narrow = width < 18
  return html`<g><title>${words}</title><rect class="flame-scope" x="${n(x)}" y="${row * ROW}" width="${n(Math.max(1, width - 1))}" height="${ROW - 1}"/>${narrow ? '' : tag(key, x + 2, row * ROW + 1)}${width < 60 ? '' : label(`${key.name} ${number(requests)}`, { x: x + 20, y: row * ROW + 13, room: width - 24, kind: 'lane-name', title: words })}</g>`
}

function functionBox(
  { name, x, row, width, requests }: Box,
  scope: string,
  all: number,
): HtmlValue {
  const words = `${name}, scope ${scope}: ${plural(requests, 'request')}, ${percent(requests, all)}`
  return html`<g><title>${words}</title><rect class="flame-box" x="${n(x)}" y="${row * ROW}" width="${n(Math.max(1, width - 1))}" height="${ROW - 1}"/>${width < 4 * LETTER ? '' : label(name, { x: x + 3, y: row * ROW + 13, room: width - 6, title: words })}</g>`
}
