/** Graphs as pictures and as DOT. */
import { describe, expect, it } from 'vitest'
import { dotText, type Graph, graphPicture, onCircles } from '../../../src/report/form/graph.js'

const graph: Graph = {
  nodes: [
    { id: 'a', label: 'a "quoted" \\ name', shape: 'task' },
    { id: 'b', label: 'b', shape: 'object' },
    { id: 'c', label: 'c', shape: 'object' },
  ],
  edges: [
    { from: 'a', to: 'b', label: 'one', strong: true },
    { from: 'b', to: 'a', label: 'back', strong: true },
    { from: 'b', to: 'c', label: 'on', strong: false },
    { from: 'c', to: 'c', label: 'self', strong: true },
  ],
}

describe('a graph', () => {
  it('knows which edges lie on a circle', () => {
    expect(onCircles(graph.edges)).toEqual([true, true, false, true])
  })

  it('is drawn inside of its picture, the same each time', () => {
    const words = { title: 'a graph', description: 'nothing' }
    const { svg } = graphPicture('g', graph, words)
    const text = String(svg)
    expect(String(graphPicture('g', graph, words).svg)).toBe(text)
    const [, width = '0', height = '0'] = /viewBox="0 0 (\d+) (\d+)"/.exec(text) ?? []
    const drawn = text.replace(/<defs>[\s\S]*?<\/defs>/, '')
    const points = [...drawn.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)]
    expect(points.length).toBeGreaterThan(8)
    for (const [, x = '', y = ''] of points) {
      expect(Number(x)).toBeGreaterThanOrEqual(0)
      expect(Number(x)).toBeLessThanOrEqual(Number(width))
      expect(Number(y)).toBeGreaterThanOrEqual(0)
      expect(Number(y)).toBeLessThanOrEqual(Number(height))
    }
  })

  it('is text for graphviz, with names quoted', () => {
    const dot = dotText('who "waits"', graph)
    expect(dot).toMatch(/^digraph "who \\"waits\\"" \{\n/)
    expect(dot).toContain('"a" [label="a \\"quoted\\" \\\\ name", shape=box];')
    expect(dot).toContain('"a" -> "b" [label="one", color=red, penwidth=2];')
    expect(dot).toContain('"b" -> "c" [label="on"];')
    expect(dot.endsWith('}\n')).toBe(true)
  })
})
