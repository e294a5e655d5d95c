/** Wait-for graph: who waits for what, and who could end that, as nodes and edges for pictures. */
import type { MachineObject } from '../machine/object.js'
import type { Execution } from './execution.js'
import { cycle, type Waiter } from './wait-for.js'

/** A task that is not done, or an object that somebody waits for. */
export interface WaitForNode {
  /** Its number among all tasks and objects of the model. */
  readonly id: number
  /** A task, or an object that tasks share. */
  readonly kind: 'task' | 'object'
  /** The name of the task or the object. */
  readonly name: string
}

/** From a task to an object that it waits for, or from an object to a task that could end waits for it. */
export interface WaitForEdge {
  /** The number of the node where the edge begins. */
  readonly from: number
  /** The number of the node where it ends. */
  readonly to: number
  /** `waits-for` leads from a task to an object, `ended-by` from an object to a task. */
  readonly kind: 'waits-for' | 'ended-by'
  /** True if it is part of the circle that {@link cycle} finds. */
  readonly onCycle: boolean
}

/** Who waits for what in one state. */
export interface WaitForGraph {
  /** The tasks that wait, what they wait for, and who could end that. */
  readonly nodes: readonly WaitForNode[]
  /** The waits, and who could end each. */
  readonly edges: readonly WaitForEdge[]
}

/** The graph of the tasks that wait in a state. Those that can go on are nodes, too, where somebody waits for them. */
export function waitForGraph({ machine }: Execution, waiting: readonly Waiter[]): WaitForGraph {
  const nodes = new Map<number, WaitForNode>()
  const edges = new Map<string, WaitForEdge>()
  const circle = cycle(waiting)
  const add = ({ id }: MachineObject, kind: WaitForNode['kind']): number => {
    nodes.set(id, { id, kind, name: `${machine.objects[id]}` })
    return id
  }
  const link = (edge: WaitForEdge): void => {
    const key = `${edge.from} ${edge.to}`
    if (edge.onCycle || !edges.has(key)) edges.set(key, edge)
  }
  for (const waiter of waiting) {
    if (!waiter.blocked) continue
    const task = machine.tasks[waiter.task]
    if (task === undefined) continue
    const from = add(task, 'task')
    const at = circle.indexOf(waiter)
    const next = at < 0 ? undefined : circle[(at + 1) % circle.length]?.task
    for (const object of waiter.objects) {
      const through = add(object, 'object')
      link({ from, to: through, kind: 'waits-for', onCycle: next !== undefined })
      for (const other of waiter.for) {
        const ender = machine.tasks[other]
        if (ender === undefined) continue
        const to = add(ender, 'task')
        link({ from: through, to, kind: 'ended-by', onCycle: other === next })
      }
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] }
}
