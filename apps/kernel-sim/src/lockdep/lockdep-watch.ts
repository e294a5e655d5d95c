/**
 * Lockdep watch: shows lockdep every step that a search of a machine meets, so that its silence means something.
 *
 * What lockdep makes of a task depends on nothing but what the task itself does: the locks that it holds, and the order in which
 * it took them. So each task is walked alone, along all steps that it takes in any state, and a place counts once for each list
 * of locks held there. The search leaves out interleavings (packages/checker/src/reduce/partial-order.ts), but no step of any task.
 */
import type { Machine, MachineObject, Operation, Row } from '@scopemask/checker/machine'
import { type MicroStep, Search } from '@scopemask/checker/search'
import { type Effect, KernelOperation } from '../kernel/operation.js'
import type { LockOrder } from './lock-graph.js'
import { Lockdep } from './lockdep.js'
import type { Splat } from './splat.js'

/** How many states the search may visit by default. */
const MAX_STATES = 20_000

/** What lockdep says, and how much it was shown. */
export interface Opinion {
  readonly splats: readonly Splat[]
  /** What the kernel itself warns of besides: check_flush_dependency (kernel/workqueue.c). */
  readonly warnings: readonly string[]
  /** In which order locks were taken. */
  readonly order: readonly LockOrder[]
  /** How many states were visited; their steps are what lockdep saw. */
  readonly states: number
  /** True if these are all states, so that it saw every step. */
  readonly complete: boolean
}

/** A step of a task, as lockdep sees it. */
interface Edge {
  readonly operation: Operation
  readonly result: number
  /** The position that it leads to. */
  readonly to: number
  /** The queue from which an item begins. */
  readonly queue: string
  /** The function that the task is in. */
  readonly at: string
}

/** What lockdep says of a machine. @param maxStates how many states the search may visit. */
export function lockdepOf(machine: Machine, maxStates = MAX_STATES): Opinion {
  const search = new Search(machine, {
    allDeadlocks: true,
    livelocks: false,
    symmetry: false,
    maxStates,
  })
  const { states, bound } = search.run()
  const warnings = new Set<string>()
  const edges = stepsOf(search, bound === null, warnings)
  const lockdep = new Lockdep()
  for (const { index } of machine.tasks) walk(search, index, edges[index] ?? new Map(), lockdep)
  return {
    splats: lockdep.splats,
    warnings: [...warnings],
    order: lockdep.order,
    states,
    complete: bound === null,
  }
}

/**
 * The steps that each task takes in any state that was visited, by the position that they start from.
 * @param complete true if the search has been through all of them.
 * @param warnings gets what the kernel warns of on the way.
 */
function stepsOf(
  search: Search,
  complete: boolean,
  warnings: Set<string>,
): readonly Map<number, Edge[]>[] {
  const { machine, stepper, table } = search
  const edges = machine.tasks.map(() => new Map<number, Edge[]>())
  const known = new Set<string>()
  const note = ({ task, operation, position, result }: MicroStep, row: Row): void => {
    const effect = effectOf(operation)
    const begins = effect?.kind === 'begin_work' && result > 0
    const queue = begins ? effect.queue(row, result) : ''
    const warning = effect?.kind === 'pass' ? effect.warns?.(row, task, result) : null
    if (warning) warnings.add(warning)
    const key = [task, position, result, queue].join()
    if (known.has(key)) return
    known.add(key)
    const program = stepper.programs[task]
    const to = program?.edge(position, result) ?? 0
    const at = program?.stack(position)[0]?.name ?? `${machine.tasks[task]}`
    const from = edges[task]?.get(position) ?? []
    edges[task]?.set(position, [...from, { operation, result, to, queue, at }])
  }
  stepper.seal(true)
  for (let state = 0; state < table.size; state++) {
    try {
      search.fitting(() => {
        stepper.record = []
        stepper.expand(search.row(state), (next) => {
          for (const step of stepper.record ?? []) note(step, next)
        })
      })
    } catch (thrown) {
      // Where a limit stopped the search it has not been beyond its last states, and what it has to learn there is not for here.
      if (complete) throw thrown
    }
    stepper.record = null
  }
  stepper.seal(false)
  return edges
}

/** Walks along the steps of one task, with the locks that it holds. */
function walk(
  search: Search,
  task: number,
  edges: ReadonlyMap<number, readonly Edge[]>,
  lockdep: Lockdep,
): void {
  const name = `${search.machine.tasks[task]}`
  const program = search.stepper.programs[task]
  const seen = new Set<string>()
  const ways: { readonly position: number; readonly way: readonly Edge[] }[] = [
    { position: program?.start ?? 0, way: [] },
  ]
  for (const { position, way } of ways) {
    const again = (): void => {
      lockdep.forget()
      for (const edge of way) observe(lockdep, name, edge)
    }
    again()
    const key = `${position} ${lockdep.heldBy(name)}`
    if (seen.has(key)) continue
    seen.add(key)
    const onwards = edges.get(position) ?? []
    const operation = program?.operations[position] ?? null
    // Lockdep looks at a lock before it is taken: also at one that will never be.
    if (onwards.length === 0 && operation !== null) {
      look(lockdep, name, operation, program?.stack(position)[0]?.name ?? name)
    }
    for (const edge of onwards) ways.push({ position: edge.to, way: [...way, edge] })
  }
  lockdep.forget()
}

/** Shows lockdep what a task waits for and never gets. */
function look(lockdep: Lockdep, name: string, operation: Operation, at: string): void {
  const effect = effectOf(operation)
  if (effect?.kind === 'acquire' && !effect.trylock) {
    if (effect.disables) lockdep.disable(name, effect.disables)
    lockdep.acquire(name, classOf(effect), effect.mode, { instance: effect.lock, at })
  } else if (effect?.kind === 'pass') passThrough(lockdep, name, classOf(effect), at)
}

/** Shows lockdep a step. */
function observe(lockdep: Lockdep, name: string, { operation, result, queue, at }: Edge): void {
  const effect = effectOf(operation)
  switch (effect?.kind) {
    case 'acquire': {
      const { trylock = false, mode, lock, disables } = effect
      if (trylock && result === 0) break
      if (disables) lockdep.disable(name, disables)
      lockdep.acquire(name, classOf(effect), mode, { trylock, instance: lock, at })
      break
    }
    case 'release': {
      lockdep.release(name, classOf(effect), effect.lock)
      const enabled = effect.enables?.(result)
      if (enabled) lockdep.enable(name, enabled)
      break
    }
    case 'irq_enter':
      lockdep.enter(name, effect.irq)
      break
    case 'irq_exit':
      lockdep.exit(name, effect.irq)
      break
    case 'alloc':
      if (effect.entersFs(result)) passThrough(lockdep, name, FS_RECLAIM, at)
      break
    case 'fs_reclaim_acquire':
      lockdep.acquire(name, FS_RECLAIM, 'write', { at })
      break
    case 'fs_reclaim_release':
      lockdep.release(name, FS_RECLAIM)
      break
    case 'pass': {
      passThrough(lockdep, name, classOf(effect), at)
      const also = effect.also?.(result)
      if (also) passThrough(lockdep, name, also, at)
      break
    }
    case 'begin_work': {
      if (queue === '') break
      const where = { at: 'process_one_work' }
      lockdep.acquire(name, `(wq_completion)${queue}`, 'write', { ...where, instance: WQ })
      lockdep.acquire(name, `(work_completion)${effect.workName(result)}`, 'write', where)
      break
    }
    case 'finish_work':
      lockdep.release(name, `(work_completion)${effect.lock.name}`)
      lockdep.releaseInstance(name, WQ)
      break
  }
}

/** What an operation is to lockdep; null for one that is not the kernel's. */
function effectOf(operation: Operation | null): Effect | null {
  return operation instanceof KernelOperation ? operation.effect : null
}

const FS_RECLAIM = 'fs_reclaim'
/** Stands for the queue whose item a worker runs: it has one at a time. */
const WQ = 'the queue of the item'

function passThrough(lockdep: Lockdep, task: string, lock: string, at: string): void {
  lockdep.acquire(task, lock, 'write', { at })
  lockdep.release(task, lock)
}

/** The class of a lock: its name, or what it was given; a subclass makes another. */
function classOf(effect: {
  readonly lock: MachineObject
  readonly class?: string
  readonly subclass?: number
}): string {
  const name = effect.class ?? effect.lock.name
  return effect.subclass ? `${name}/${effect.subclass}` : name
}
