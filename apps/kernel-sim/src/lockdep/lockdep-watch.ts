/** Lockdep watch: lets lockdep see executions of a machine: random ones, as a test machine would run for a while. */
import type { Machine, MachineObject, Operation } from '@scopemask/checker/machine'
import { Execution, xorshift } from '@scopemask/checker/search'
import { type Effect, KernelOperation } from '../kernel/operation.js'
import { Lockdep } from './lockdep.js'
import type { Splat } from './splat.js'

/** How many executions lockdep sees of a scenario. */
const EXECUTIONS = 40
/** How many steps one may have. */
const MAX_STEPS = 500

/** What lockdep says after some random executions; the same each time. @param build makes the machine. */
export function lockdepOf(build: () => Machine): readonly Splat[] {
  const lockdep = new Lockdep()
  for (let seed = 1; seed <= EXECUTIONS; seed++) {
    runRandomly(new Execution(build()), seed, lockdep)
    lockdep.forget()
  }
  return lockdep.splats
}

function runRandomly(execution: Execution, seed: number, lockdep: Lockdep): void {
  const random = xorshift(seed)
  const tasks = execution.machine.tasks.map(({ index }) => index)
  for (let step = 0; step < MAX_STEPS; step++) {
    const able = tasks.filter((task) => execution.possible(task).length > 0)
    const blocked = tasks.filter((task) => !able.includes(task))
    // Lockdep looks at a lock before it is taken: also at one that will never be.
    for (const task of blocked) see(execution, task, lockdep)
    if (able.length === 0) return
    const task = able[random(able.length)] as number
    const outcomes = execution.possible(task)
    execution.step(task, outcomes[random(outcomes.length)] as number)
    observe(execution, lockdep)
  }
}

/** Shows lockdep what a blocked task waits for. */
function see(execution: Execution, task: number, lockdep: Lockdep): void {
  const effect = effectOf(execution.next(task))
  const name = `${execution.machine.tasks[task]}`
  const at = execution.stack(task)[0]?.name ?? name
  if (effect?.kind === 'acquire' && !effect.trylock) {
    lockdep.acquire(name, classOf(effect), effect.mode, { instance: effect.lock, at })
    lockdep.release(name, classOf(effect), effect.lock)
  } else if (effect?.kind === 'pass') passThrough(lockdep, name, classOf(effect), at)
}

/** Shows lockdep the latest step. */
function observe(execution: Execution, lockdep: Lockdep): void {
  const step = execution.steps.at(-1)
  if (step === undefined) return
  const effect = effectOf(step.operation)
  const name = `${execution.machine.tasks[step.task]}`
  const at = execution.programs[step.task]?.stack(step.position)[0]?.name ?? name
  switch (effect?.kind) {
    case 'acquire': {
      const { trylock = false, mode, lock } = effect
      if (trylock && step.result === 0) break
      lockdep.acquire(name, classOf(effect), mode, { trylock, instance: lock, at })
      break
    }
    case 'release':
      lockdep.release(name, classOf(effect), effect.lock)
      break
    case 'alloc':
      if (effect.entersFs(step.result)) passThrough(lockdep, name, FS_RECLAIM, at)
      break
    case 'fs_reclaim_acquire':
      lockdep.acquire(name, FS_RECLAIM, 'write', { at })
      break
    case 'fs_reclaim_release':
      lockdep.release(name, FS_RECLAIM)
      break
    case 'pass': {
      passThrough(lockdep, name, classOf(effect), at)
      const also = effect.also?.(step.result)
      if (also) passThrough(lockdep, name, also, at)
      break
    }
    case 'begin_work': {
      const work = execution.machine.objects[step.result - 1]
      if (work === undefined) break
      const where = { at: 'process_one_work' }
      const queue = effect.queue(execution.row, step.result)
      lockdep.acquire(name, `(wq_completion)${queue}`, 'write', { ...where, instance: WQ })
      lockdep.acquire(name, `(work_completion)${work.name}`, 'write', where)
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
