/** What blocked tasks mean: who waits for whom, and whether the log closes a circle. */
import type { HeldLocks, LockUse } from '../../lockdep/splat.js'
import { plainName } from '../../trace/attribute/plain-name.js'
import type { TaskFound } from '../report/report.js'
import { functionsOf } from '../report/stack-lines.js'
import {
  type Explained,
  type ExplainedLink,
  type ExplainedLock,
  type Fix,
  NOTHING,
} from './explained.js'
import { FIXES } from './facts/fixes.js'
import { gateOf, isReclaimFunction } from './facts/reclaim.js'
import { RESOURCES, serversOf, servesIo, type Wait, waitOn } from './facts/waits.js'

/** A task of the log, and what it waits for. */
interface Node {
  readonly task: TaskFound
  readonly functions: readonly string[]
  readonly wait: Wait | undefined
  /** The lock that it waits for, where lockdep lists it. */
  readonly lock: LockUse | undefined
  readonly inReclaim: boolean
}

interface Edge {
  readonly to: number
  /** Why the other task is the one. */
  readonly because: string
  readonly sure: boolean
}

export function explainTasks(found: readonly TaskFound[]): Explained {
  const lists = found.flatMap(({ others }) => others)
  const tasks = found.map((task) => withLocks(task, lists))
  const nodes = tasks.map(nodeOf)
  const edges = nodes.map((node, i) => edgesOf(node, i, nodes))
  const circle = circleIn(edges)
  const first = tasks[0] as TaskFound
  const kernel = tasks.map(({ reporter }) => reporter.kernel).find(Boolean)
  const chain = circle === undefined ? waitChain(nodes, edges) : circleChain(circle, nodes, edges)
  const unknown = nodes.filter((_, i) => (edges[i] ?? []).length === 0)
  return {
    ...NOTHING,
    kind: 'hung-task',
    verdict:
      circle !== undefined ? 'deadlock' : nodes.some(({ wait }) => wait) ? 'waits' : 'cannot-tell',
    confidence: confidenceOf(circle, nodes, edges),
    summary: summaryOf(nodes),
    first: first.first,
    last: Math.max(...tasks.map(({ last }) => last)),
    ...(first.time === undefined ? {} : { time: first.time }),
    ...(kernel === undefined ? {} : { kernel }),
    tasks: nodes.map(taskOf),
    locks: nodes.flatMap(locksOf),
    chain,
    closed: circle !== undefined,
    reasons: [
      ...circleSentence(circle, nodes, edges),
      ...nodes.map(sentenceOf),
      ...(circle === undefined
        ? unknown.slice(0, 4).flatMap((node) => missingOwner(node, lists))
        : []),
      ...nodes.flatMap(scopeSentence),
      ...nodes.flatMap(evictionSentence),
    ],
    decides: circle === undefined ? decidesOf(unknown) : [],
    fixes: fixesOf(nodes, circle),
    missing: [...new Set(tasks.flatMap(({ missing }) => missing))],
    lines: linesOf(nodes, circle),
  }
}

/** A list of all locks names what a task holds that was shown before it. */
function withLocks(task: TaskFound, lists: readonly HeldLocks[]): TaskFound {
  if (task.locks.length > 0) return task
  const list = lists.find((each) => each.task === `${task.comm}/${task.pid}`)
  return list === undefined ? task : { ...task, locks: list.locks }
}

function nodeOf(task: TaskFound): Node {
  const functions = task.stack === undefined ? [] : functionsOf(task.stack)
  const wait = waitOn(functions)
  return {
    task,
    functions,
    wait,
    // The kernel lists a lock as held before it waits for it.
    lock: wait?.waits === 'lock' ? task.locks.at(-1) : undefined,
    inReclaim: functions.some(isReclaimFunction),
  }
}

function nameOf({ task }: Node): string {
  return `${task.comm}${task.pid === undefined ? '' : `/${task.pid}`}`
}

function workOf({ task }: Node): string | undefined {
  const { work } = task.reporter
  return work === undefined ? undefined : `${work.queue}: ${work.fn}`
}

/** Whom a task waits for, of those in the log. */
function edgesOf(node: Node, self: number, nodes: readonly Node[]): Edge[] {
  const { wait, task, lock } = node
  if (task.blocker !== undefined) {
    const to = nodes.findIndex((other) => other.task.pid === task.blocker?.pid)
    if (to >= 0) {
      return [
        { to, because: `the kernel names it as the owner of the ${task.blocker.lock}`, sure: true },
      ]
    }
  }
  if (wait === undefined) return []
  if (wait.waits === 'lock') return lockEdges(lock, self, nodes)
  const { waits } = wait
  if (waits === 'work') return workEdges(self, nodes)
  return nodes.flatMap((other, to) => {
    const servers = serversOf(other.task.comm, other.task.reporter.work?.queue)
    const server = servers.find(
      ({ resource, closes }) => resource === waits && (closes || to !== self),
    )
    return server === undefined
      ? []
      : [
          {
            to,
            because: `${RESOURCES[waits].what} is brought about by ${nameOf(other)}`,
            sure: false,
          },
        ]
  })
}

/** Which item is flushed no stack says; where only one kind of item is blocked, it may be that one. */
function workEdges(self: number, nodes: readonly Node[]): Edge[] {
  const working = nodes.flatMap((node, to) => {
    const work = workOf(node)
    return work === undefined || to === self ? [] : [{ to, work }]
  })
  if (new Set(working.map(({ work }) => work)).size !== 1) return []
  return working.map(({ to, work }) => ({
    to,
    because: `the only items that are blocked in the log are of ${work}`,
    sure: false,
  }))
}

/** Who holds the lock that a task waits for, as lockdep's lists say. */
function lockEdges(lock: LockUse | undefined, self: number, nodes: readonly Node[]): Edge[] {
  if (lock === undefined) return []
  return nodes.flatMap((other, to) => {
    const holds = other.lock === undefined ? other.task.locks : other.task.locks.slice(0, -1)
    const same = holds.find(
      ({ name, address }) =>
        name === lock.name &&
        (address === undefined || lock.address === undefined || address === lock.address),
    )
    if (same === undefined || (to === self && same.address === undefined)) return []
    const sure = same.address !== undefined && same.address === lock.address
    return [
      {
        to,
        because: `${nameOf(other)} holds ${lock.name}${sure ? ` (${lock.address})` : ', a lock of that class'}`,
        sure,
      },
    ]
  })
}

/** The indexes of tasks that wait for each other; undefined where the log closes no circle. */
function circleIn(edges: readonly (readonly Edge[])[]): number[] | undefined {
  const done = new Set<number>()
  for (let start = 0; start < edges.length; start++) {
    const found = visit(start, [], edges, done)
    if (found !== undefined) return found
  }
  return undefined
}

function visit(
  at: number,
  path: readonly number[],
  edges: readonly (readonly Edge[])[],
  done: Set<number>,
): number[] | undefined {
  if (path.includes(at)) return path.slice(path.indexOf(at))
  if (done.has(at)) return undefined
  for (const { to } of edges[at] ?? []) {
    const found = visit(to, [...path, at], edges, done)
    if (found !== undefined) return found
  }
  done.add(at)
  return undefined
}

function confidenceOf(
  circle: readonly number[] | undefined,
  nodes: readonly Node[],
  edges: readonly (readonly Edge[])[],
): Explained['confidence'] {
  if (circle === undefined) {
    const known = nodes.filter(({ wait }) => wait !== undefined).length
    return known === nodes.length ? 'high' : known > 0 ? 'medium' : 'low'
  }
  const sure = circle.every((at, i) => {
    const next = circle[(i + 1) % circle.length]
    return edges[at]?.find(({ to }) => to === next)?.sure
  })
  return sure ? 'high' : 'medium'
}

function waitText({ wait, lock, task }: Node): string {
  if (wait === undefined) {
    if (task.state === 'R') return 'runs'
    return task.state === 'S' ? 'sleeps' : 'waits for something that its stack does not name'
  }
  if (wait.waits === 'lock') {
    return `waits for ${lock === undefined ? 'a lock' : `the lock ${lock.name}`} in ${wait.site}`
  }
  return `waits for ${RESOURCES[wait.waits].what} (${wait.fn}), in ${wait.site}`
}

function sentenceOf(node: Node): string {
  const { task } = node
  const work = workOf(node)
  return [
    nameOf(node),
    work === undefined ? '' : ` (${work})`,
    task.seconds === undefined ? '' : `, blocked for more than ${task.seconds} s,`,
    ` ${waitText(node)}`,
    node.inReclaim ? ', inside of memory reclaim' : '',
    '.',
  ].join('')
}

function summaryOf(nodes: readonly Node[]): string {
  const [first] = nodes
  if (first === undefined) return ''
  const more = nodes.length === 1 ? '' : `; ${nodes.length - 1} more`
  return `${nameOf(first)} ${waitText(first)}${first.inReclaim ? ', inside of memory reclaim' : ''}${more}.`
}

function circleSentence(
  circle: readonly number[] | undefined,
  nodes: readonly Node[],
  edges: readonly (readonly Edge[])[],
): string[] {
  if (circle === undefined) return []
  const [at = 0] = circle
  const node = nodes[at] as Node
  if (circle.length > 1) return ['The tasks wait for each other in a circle.']
  return [
    `${nameOf(node)} waits for what it has to bring about itself: ${edges[at]?.[0]?.because ?? ''}.`,
  ]
}

/** A wait without its other end. */
function missingOwner(node: Node, lists: readonly HeldLocks[]): string[] {
  const { wait, lock } = node
  if (wait === undefined) return []
  const owner = lists.find(
    ({ task, locks }) => task !== nameOf(node) && locks.some(({ name }) => name === lock?.name),
  )
  if (wait.waits === 'lock' && owner !== undefined && lock !== undefined) {
    return [
      `${owner.task} holds ${lock.name}, or another of that class; what it does is not in the log.`,
    ]
  }
  if (wait.waits === 'lock') {
    return [`Who holds ${lock === undefined ? 'that lock' : lock.name}, the log does not show.`]
  }
  return [
    `${nameOf(node)} waits for ${RESOURCES[wait.waits].by}: that is not in the log, or not blocked.`,
  ]
}

function decidesOf(unknown: readonly Node[]): string[] {
  const waits = new Set(unknown.flatMap(({ wait }) => (wait === undefined ? [] : [wait.waits])))
  return [...waits]
    .slice(0, 4)
    .map((wait) =>
      wait === 'lock'
        ? 'The owner of the lock: SysRq d on a kernel with lockdep, or the line "likely owned by" that kernels print since 6.15.'
        : `The state of ${RESOURCES[wait].by}: a stack by SysRq w, or from /proc/PID/stack.`,
    )
}

/** A task in reclaim that waits for a filesystem would not be there with a scope. */
function scopeSentence(node: Node): string[] {
  if (!node.inReclaim || node.task.comm.startsWith('kswapd')) return []
  const gate = gateOf(node.functions)
  return gate === undefined
    ? []
    : [`In a NOFS scope ${nameOf(node)} would not wait there: ${gate}.`]
}

/** An inode is evicted by reclaim, or when its last user closes it. */
function evictionSentence({ functions, inReclaim, task }: Node): string[] {
  const last = plainName(functions.at(-1) ?? '')
  if (inReclaim || !/(?:evict|clear_inode|dispose_list|_inactive)$/.test(last)) return []
  return [
    `The stack of ${task.comm} is cut off in ${last}: reclaim evicts inodes, and then the task is one that allocates without a scope for whoever it works for.`,
  ]
}

function fixesOf(nodes: readonly Node[], circle: readonly number[] | undefined): Fix[] {
  const on = circle === undefined ? nodes : circle.map((at) => nodes[at] as Node)
  const reclaiming = on.filter(
    ({ inReclaim, task }) => inReclaim && !task.comm.startsWith('kswapd'),
  )
  const daemons = on.some(({ task }) => servesIo(task.comm)) ? [FIXES.ioFlusher] : []
  if (reclaiming.length === 0) return daemons
  const works = reclaiming.some(
    ({ task }) => task.reporter.work !== undefined || /^(?:z_|loop|nbd)/.test(task.comm),
  )
  return [...daemons, ...(works ? [FIXES.convey, FIXES.scope] : [FIXES.scope])]
}

function taskOf(node: Node): Explained['tasks'][number] {
  const { task } = node
  const work = workOf(node)
  return {
    comm: task.comm,
    ...(task.pid === undefined ? {} : { pid: task.pid }),
    does: waitText(node),
    ...(work === undefined ? {} : { work }),
    line: task.first,
    stack: task.stack?.frames ?? [],
  }
}

function locksOf({ task, lock }: Node): ExplainedLock[] {
  return task.locks.map((each, i) => ({
    name: each.name,
    at: each.at.at(-1)?.fn ?? '?',
    ...(each === lock ? {} : { owner: task.comm }),
    line: task.lockLines[i] ?? task.first,
  }))
}

function circleChain(
  circle: readonly number[],
  nodes: readonly Node[],
  edges: readonly (readonly Edge[])[],
): ExplainedLink[] {
  return circle.map((at, i) => {
    const node = nodes[at] as Node
    const next = circle[(i + 1) % circle.length]
    const edge = edges[at]?.find(({ to }) => to === next)
    return {
      what: nameOf(node),
      how: `${waitText(node)}; ${edge?.because ?? ''}`,
      line: node.task.first,
      stack: node.task.stack?.frames ?? [],
    }
  })
}

function waitChain(nodes: readonly Node[], edges: readonly (readonly Edge[])[]): ExplainedLink[] {
  return nodes
    .filter(({ wait }) => wait !== undefined)
    .map((node) => {
      const edge = edges[nodes.indexOf(node)]?.[0]
      return {
        what: nameOf(node),
        how: `${waitText(node)}${edge === undefined ? '; by whom is not in the log' : `; ${edge.because}`}`,
        line: node.task.first,
        stack: node.task.stack?.frames ?? [],
      }
    })
}

/** The lines of the functions and locks that tell the waits. */
function linesOf(nodes: readonly Node[], circle: readonly number[] | undefined): number[] {
  const on = circle === undefined ? nodes : circle.map((at) => nodes[at] as Node)
  return on.flatMap(({ task, wait, lock }) => {
    const at = task.stack?.frames.findIndex(({ fn }) => fn === wait?.fn) ?? -1
    const line = at < 0 ? undefined : task.stack?.lines[at]
    return [
      task.first,
      ...(line === undefined ? [] : [line]),
      ...(lock === undefined ? [] : task.lockLines.slice(-1)),
    ]
  })
}
