/** Allocation: how one goes on in an execution: whether it finds memory tight, whether it fails, and whether it is over. */
import { gfpflagsAllowBlocking } from '@scopemask/allocator'
import type { MicroStep } from '@scopemask/checker/search'
import { KernelOperation } from '../../kernel/operation.js'
import type { Place } from './place.js'

/** What the model leaves open at an allocation, and the results that count. */
const MEMORY = { kind: 'memory', pressure: 1 } as const
const RECLAIMED = { kind: 'reclaimed', tooLittle: 1 } as const
/** Where pages are counted: whether there was one. */
const TAKEN = { kind: 'rmqueue', none: 0 } as const
/** How an allocation begins: a request that must not sleep leaves the first out. */
const BEGINS: readonly (string | null)[] = ['might_alloc', 'current_gfp_context']

/** How an allocation goes on after it was filtered. @param depth of the stack in it. */
export function allocation({ steps, at, programs }: Place, gfp: number, depth: number) {
  const { task } = steps[at] as MicroStep
  let pressed = false
  let fails = false
  let isOver = false
  let spins = false
  for (const step of steps.slice(at + 1)) {
    if (step.task !== task) continue
    const stack = programs[task]?.stack(step.position) ?? []
    const kind = step.operation instanceof KernelOperation ? step.operation.kind : null
    // Two allocations in a row are at the same depth.
    if (stack.length < depth || (stack.length === depth && BEGINS.includes(kind))) {
      isOver = true
      break
    }
    // Where pages are counted the request tries in a frame of its own; what shrinkers allocate themselves never does.
    if (stack.length > depth && kind !== TAKEN.kind) continue
    if (kind === MEMORY.kind) pressed = step.result === MEMORY.pressure
    if (kind === RECLAIMED.kind) fails = step.result === RECLAIMED.tooLittle
    // It is over after this one, if the task does nothing more.
    isOver = kind === MEMORY.kind && (!pressed || !gfpflagsAllowBlocking(gfp))
    if (kind === TAKEN.kind) {
      isOver = step.result !== TAKEN.none
      spins ||= !isOver
    }
  }
  if (pressed && !gfpflagsAllowBlocking(gfp)) fails = true
  return { pressed, fails, spins, result: isOver ? Number(!fails) : -1 }
}

/** Returns true if a step finds memory tight. */
export function isPressure({ operation, result }: MicroStep): boolean {
  return (
    operation instanceof KernelOperation &&
    operation.kind === MEMORY.kind &&
    result === MEMORY.pressure
  )
}
