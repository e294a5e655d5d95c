/**
 * Brute force: the verdict and the deadlocked states of a machine by following every execution to its end, without any
 * reduction and without the state table: visited states are kept as text in a set. It is slow and simple, to
 * test the search against.
 */

import { Overflow, type Row } from '../src/machine/layout.js'
import { type Machine, Task } from '../src/machine/machine.js'
import { Execution } from '../src/run/execution.js'
import type { MicroStep } from '../src/run/step.js'

export interface Outcome {
  readonly verdict: 'safe' | 'deadlock' | 'livelock'
  /** Deadlocked states as text, names of replicas left open. */
  readonly deadlocks: readonly string[]
  readonly states: number
}

type Turn = Pick<MicroStep, 'task' | 'outcome'>

/** Explores by brute force, from where some steps lead; null when there are more states than `limit`. */
export function bruteForce(
  machine: Machine,
  limit: number,
  from: readonly Turn[] = [],
): Outcome | null {
  // Room for everything from the start: rows that lie in the stack must not change their layout.
  for (const field of machine.layout.fields) machine.layout.widen(new Overflow(field, 0xffff))
  const execution = new Execution(machine)
  for (const { task, outcome } of from) execution.step(task, outcome)
  const known = new Map<string, Set<string>>()
  const settled = new Set<string>()
  const deadlocks = new Set<string>()
  const open: Row[] = [execution.row]
  const tasks = machine.tasks.map(({ index }) => index)
  while (open.length > 0) {
    const row = open.pop() as Row
    execution.row = row
    const here = text(execution)
    if (known.has(here)) continue
    if (known.size >= limit) return null
    const next = new Set<string>()
    known.set(here, next)
    if (tasks.every((task) => execution.rests(task))) settled.add(here)
    for (const task of tasks) {
      execution.row = row
      for (const outcome of execution.possible(task)) {
        execution.row = row
        execution.step(task, outcome)
        next.add(text(execution))
        open.push(execution.row)
      }
    }
    if (next.size === 0 && !settled.has(here)) deadlocks.add(unnamed(here, machine))
  }
  const ends = new Set(settled)
  for (let changed = true; changed; ) {
    changed = false
    for (const [state, next] of known) {
      if (!ends.has(state) && [...next].some((other) => ends.has(other))) {
        ends.add(state)
        changed = true
      }
    }
  }
  return {
    verdict: deadlocks.size > 0 ? 'deadlock' : ends.size < known.size ? 'livelock' : 'safe',
    deadlocks: [...deadlocks].sort(),
    states: known.size,
  }
}

/** A state as text: for each object its fields, references by name; for each task its stack. */
export function text(execution: Pick<Execution, 'machine' | 'row' | 'programs'>): string {
  const { machine, row, programs } = execution
  return machine.objects
    .map((object) => {
      const fields = object.fields.map((field) => {
        const held = field.get(row)
        if (object instanceof Task && field === object.position) {
          const program = programs[object.index]
          const way: string[] = []
          for (const { name, node } of program?.stack(held) ?? []) {
            const results: string[] = []
            for (let at: typeof node | null = node; at !== null; at = at.parent) {
              const before = at.parent?.action
              const refers = before?.kind === 'operation' && before.operation.refers && at.input > 0
              const value = before?.kind === 'call' ? machine.valueOf(at.input) : at.input
              results.unshift(`${refers ? machine.objects[at.input - 1] : value}`)
            }
            way.push(`${name}(${results})`)
          }
          return `${way} ${program?.operations[held]}`
        }
        return field.refers && held > 0 ? `${machine.objects[held - 1]}` : `${held}`
      })
      return `${object}: ${fields.join()}`
    })
    .join('\n')
}

/** The same text for states that differ only in the names of replicas: the least of all renamings. */
export function unnamed(state: string, machine: Machine): string {
  const size = machine.groups[0]?.size ?? 1
  let least = ''
  for (const order of permutations(size)) {
    const renamed = state
      .replace(/#(\d+)/g, (_, number: string) => `#${(order[Number(number) - 1] as number) + 1}`)
      .split('\n')
      .sort()
      .join('\n')
    if (least === '' || renamed < least) least = renamed
  }
  return least
}

export function permutations(size: number): number[][] {
  if (size === 0) return [[]]
  return permutations(size - 1).flatMap((shorter) =>
    Array.from({ length: size }, (_, at) => [
      ...shorter.slice(0, at),
      size - 1,
      ...shorter.slice(at),
    ]),
  )
}
