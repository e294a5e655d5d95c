/** Graph: nodes and edges as data, drawn as SVG with a layout by dagre, or written as DOT for graphviz. */
import { Graph as Layout, layout } from '@dagrejs/dagre'
import { html } from './html.js'
import { type Key, LETTER, n, type Picture, patterns, svg, tag, type Words } from './picture.js'

export interface GraphNode {
  readonly id: string
  readonly label: string
  readonly shape: 'task' | 'object'
  /** What stands for it in all pictures, if something does. */
  readonly key?: Key | undefined
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly label: string
  /** True for what closes a circle. */
  readonly strong: boolean
}

export interface Graph {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

/** A graph from top to bottom. @param id of the picture. */
export function graphPicture(id: string, graph: Graph, words: Words): Picture {
  const placed = place(graph)
  const { width = 0, height = 0 } = placed.graph()
  const edges = graph.edges.map((edge, at) => {
    const points =
      edge.from === edge.to
        ? loopAt(placed.node(edge.from))
        : (placed.edge(edge.from, edge.to, String(at))?.points ?? [])
    const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 }
    const line = points.map(({ x, y }, step) => `${step === 0 ? 'M' : 'L'}${n(x)} ${n(y)}`).join('')
    return html`<g class="${edge.strong ? 'edge strong' : 'edge'}"><title>${nameOf(graph, edge.from)} → ${nameOf(graph, edge.to)}: ${edge.label}</title><path d="${line}" marker-end="url(#${id}-${edge.strong ? 'strong' : 'head'})"/><text x="${n(middle.x + (edge.from === edge.to ? 5 : 0))}" y="${n(middle.y + (edge.from === edge.to ? 4 : -3))}" text-anchor="${edge.from === edge.to ? 'start' : 'middle'}">${edge.label}</text></g>
`
  })
  const nodes = graph.nodes.map((node) => {
    const { x = 0, y = 0, box: wide = 0, height: high = 0 } = placed.node(node.id) ?? {}
    const inset = node.key === undefined ? 0 : 9
    return html`<g class="node ${node.shape}"><title>${node.label}</title><rect x="${n(x - wide / 2)}" y="${n(y - high / 2)}" width="${n(wide)}" height="${n(high)}" rx="${node.shape === 'task' ? 3 : 13}"/>${node.key === undefined ? '' : tag(node.key, x - wide / 2 + 6, y - 7)}<text x="${n(x + inset)}" y="${n(y + 4)}" text-anchor="middle">${node.label}</text></g>
`
  })
  const keys = graph.nodes.flatMap(({ key }) => key ?? [])
  return {
    caption: words.title,
    svg: svg(id, { width, height }, words, [patterns(id, keys), edges, nodes]),
  }
}

interface Point {
  readonly x: number
  readonly y: number
}

interface Box extends Point {
  readonly width: number
  readonly height: number
  /** How wide it is drawn: what is beside it is room for its loops. */
  readonly box: number
}

/** What is used of the layout; its own types do not resolve as a module of Node. */
interface Placed {
  graph(): Partial<Pick<Box, 'width' | 'height'>>
  node(id: string): Box | undefined
  edge(from: string, to: string, name: string): { readonly points?: readonly Point[] } | undefined
  setGraph(options: object): void
  setNode(id: string, size: object): void
  setEdge(from: string, to: string, size: object, name: string): void
}

function place({ nodes, edges }: Graph): Placed {
  const made: unknown = new Layout({ multigraph: true })
  const graph = made as Placed
  graph.setGraph({ rankdir: 'TB', marginx: 12, marginy: 12, nodesep: 30, ranksep: 44 })
  for (const { id, label, key } of nodes) {
    const width = label.length * LETTER + (key === undefined ? 22 : 44)
    const loops = edges.filter(({ from, to }) => from === id && to === id)
    const beside = Math.max(0, ...loops.map((loop) => LOOP + loop.label.length * LETTER))
    graph.setNode(id, { width: width + 2 * beside, height: 28, box: width })
  }
  for (const [at, { from, to, label }] of edges.entries()) {
    if (from !== to)
      graph.setEdge(
        from,
        to,
        { width: label.length * LETTER, height: 16, labelpos: 'c' },
        String(at),
      )
  }
  layout(made)
  return graph
}

/** How far the loop of a node leads away from it. */
const LOOP = 26

/** The way from a node to itself, at its right side. */
function loopAt(node: Box | undefined): Point[] {
  if (node === undefined) return []
  const { x, y, box } = node
  const side = x + box / 2
  return [
    { x: side, y: y - 7 },
    { x: side + LOOP, y: y - 7 },
    { x: side + LOOP, y: y },
    { x: side + LOOP, y: y + 7 },
    { x: side, y: y + 7 },
  ]
}

function nameOf({ nodes }: Graph, id: string): string {
  return nodes.find((node) => node.id === id)?.label ?? id
}

/** The same as DOT: `dot -Tsvg` draws it. @param name of the graph. */
export function dotText(name: string, { nodes, edges }: Graph): string {
  return [
    `digraph ${quoted(name)} {`,
    '  node [fontname="monospace"]; edge [fontname="monospace", fontsize=10];',
    ...nodes.map(
      ({ id, label, shape }) =>
        `  ${quoted(id)} [label=${quoted(label)}, shape=${shape === 'task' ? 'box' : 'ellipse'}];`,
    ),
    ...edges.map(
      ({ from, to, label, strong }) =>
        `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(label)}${strong ? ', color=red, penwidth=2' : ''}];`,
    ),
    '}',
    '',
  ].join('\n')
}

/** A quoted string of DOT, in which a quote is the only special character, and a backslash before it. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

/** The edges that lie on a circle: from where they end, a way leads back to where they begin. */
export function onCircles(edges: readonly Pick<GraphEdge, 'from' | 'to'>[]): boolean[] {
  const next = new Map<string, string[]>()
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to])
  const reaches = (start: string, goal: string): boolean => {
    const open = [start]
    const seen = new Set(open)
    for (const at of open) {
      if (at === goal) return true
      for (const to of next.get(at) ?? []) {
        if (!seen.has(to)) {
          seen.add(to)
          open.push(to)
        }
      }
    }
    return false
  }
  return edges.map(({ from, to }) => reaches(to, from))
}
