/**
 * Function graph: the lines of the tracer function_graph. Calls are of no interest, but it writes events as comments:
 * `24)   dd-812  |   |  /* mm_page_alloc: page=... *\/`.
 */

/** A line of function_graph, and an event in one: `24)   dd-812  |   |  /* mm_page_alloc: page=... *\/`. */
const GRAPH = /^[>\s]*(?:(\d+\.\d+) +\|\s+)?(\d+)\)(?:\s+(\S.*?)-(\d+)\s+\|)?.*?(?:\||=>)/
const GRAPH_EVENT = /\|\s+\/\* (\w+): (.*) \*\/\s*$/

/** A line of function_graph. */
export interface GraphLine {
  /** In seconds; undefined without the option funcgraph-abstime. */
  readonly time: number | undefined
  readonly cpu: number
  /** Undefined without the option funcgraph-proc. */
  readonly task: { readonly comm: string; readonly pid: number } | undefined
  /** The event that it has as a comment: its name, and what it says; empty where it has none. */
  readonly name: string
  readonly payload: string
}

/** Takes a line apart; undefined where it is none of function_graph. */
export function graphLine(line: string): GraphLine | undefined {
  const graph = GRAPH.exec(line)
  if (graph === null) return undefined
  const [, time, cpu, comm = '', pid] = graph
  const [, name = '', payload = ''] = GRAPH_EVENT.exec(line) ?? []
  return {
    time: time === undefined ? undefined : Number(time),
    cpu: Number(cpu),
    task: pid === undefined ? undefined : { comm, pid: Number(pid) },
    name,
    payload,
  }
}
