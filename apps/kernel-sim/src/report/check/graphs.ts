/** Graphs: who waits for whom in the end, and in which order lockdep has seen classes of locks taken. */
import type { Exhibit } from '../../matrix/exhibit.js'
import { dotText, type Graph, type GraphEdge, onCircles } from '../form/graph.js'
import { type Keys, keysOf } from './keys.js'

/** From each task that waits to what it waits for, and from there to the tasks that could end it. */
export function waitForGraph({ story }: Pick<Exhibit, 'story'>, keys: Keys): Graph {
  const { waiting, tasks, circle } = story
  const blocked = waiting.filter((each) => each.blocked)
  const name = (task: number): string => tasks[task] ?? ''
  const nodes = new Map<string, Graph['nodes'][number]>()
  const edges: GraphEdge[] = []
  const taskNode = (task: number): string => {
    const id = `task ${task}`
    nodes.set(id, { id, label: name(task), shape: 'task' })
    return id
  }
  for (const { task, objects, for: enders } of blocked) {
    const from = taskNode(task)
    const at = circle.indexOf(task)
    const next = at < 0 ? undefined : circle[(at + 1) % circle.length]
    for (const object of objects) {
      const through = `object ${object}`
      nodes.set(through, { id: through, label: object, shape: 'object', key: keys.get(object) })
      edges.push({ from, to: through, label: 'waits for', strong: next !== undefined })
      for (const ender of enders) {
        const to = taskNode(ender)
        const known = edges.some((edge) => edge.from === through && edge.to === to)
        if (!known) edges.push({ from: through, to, label: 'held up by', strong: ender === next })
      }
    }
  }
  return { nodes: [...nodes.values()], edges }
}

/** Classes of locks; an edge says that the second was taken while the first was held. */
export function lockOrderGraph({ lockOrder }: Pick<Exhibit, 'lockOrder'>, keys: Keys): Graph {
  const classes = [...new Set(lockOrder.flatMap(({ held, taken }) => [held, taken]))]
  const edges = lockOrder.map(({ held, taken, at }) => ({ from: held, to: taken, label: at }))
  const strong = onCircles(edges)
  return {
    nodes: classes.map((each) => ({
      id: each,
      label: each,
      shape: 'object',
      key: keys.get(each),
    })),
    edges: edges.map((edge, at) => ({ ...edge, strong: strong[at] ?? false })),
  }
}

/** Both graphs of an exhibit as DOT; a file may hold several. */
export function exhibitDot(exhibit: Exhibit): string {
  const keys = keysOf(exhibit)
  return (
    dotText(`${exhibit.address}: who waits for whom`, waitForGraph(exhibit, keys)) +
    dotText(`${exhibit.address}: lock order, as lockdep has seen it`, lockOrderGraph(exhibit, keys))
  )
}
