/**
 * Places: everywhere that a model can be changed, whether that would help or not. A livelock has no single schedule that
 * could be blamed: there all are tried.
 */
import { __GFP_IO } from '@scopemask/allocator'
import type { MachineObject } from '@scopemask/checker/machine'
import type { Program } from '@scopemask/checker/search'
import { RECLAIM, WorkFunction } from '../../kernel/role.js'
import type { BuiltSubject } from '../subject.js'
import type { Part, Place } from './part.js'
import { requestsOf } from './requests.js'

/** All parts. @param programs as far as a search has unfolded them. */
export function placesOf(subject: BuiltSubject, programs: readonly Program[]): Part[] {
  const { machine, situations } = subject
  const scopes: Place[] = []
  for (const { path, tasks } of requestsOf(programs).values()) {
    const inItem = machine.procedures[path[0] ?? -1]?.role instanceof WorkFunction
    const isCommon = !inItem && [...tasks].every((task) => situations.serves(task))
    if (!isCommon) scopes.push({ kind: 'allocation', path })
  }
  for (const { kin } of unique(situations.tasks)) scopes.push({ kind: 'task', task: kin })
  const works = unique(situations.works)
  for (const { kin } of works) scopes.push({ kind: 'work', work: kin })
  for (const [holder, locks] of holders(subject, programs)) {
    for (const lock of locks) scopes.push({ kind: 'section', holder, lock })
  }
  const strengths = (situations.memory.dependsOn & __GFP_IO) !== 0 ? [1, 2] : [1]
  return [
    ...scopes.flatMap((place) => strengths.map((strength) => ({ place, strength }))),
    ...works.map(({ kin }): Part => ({ place: { kind: 'convey', work: kin }, strength: 1 })),
    ...works.flatMap(({ kin }): Part[] =>
      [1, 2].map((strength) => ({ place: { kind: 'own-queue', work: kin }, strength })),
    ),
    ...unique(situations.queuesWithoutRescuer).map(
      ({ kin }): Part => ({ place: { kind: 'rescuer', queue: kin }, strength: 1 }),
    ),
  ]
}

/** The locks that each task and each work function takes, by kin. */
function holders(
  { machine, situations }: BuiltSubject,
  programs: readonly Program[],
): Map<number, Set<number>> {
  const taken = new Map<number, Set<number>>()
  const locks = new Set(situations.locks.map(({ kin }) => kin))
  for (const [task, program] of programs.entries()) {
    for (let position = 0; position < program.size; position++) {
      const lock = program.operations[position]?.object?.kin
      if (lock === undefined || !locks.has(lock)) continue
      const roles = program.stack(position).map(({ node }) => node.automaton.procedure.role)
      // What reclaim locks it holds only while it allocates nothing for itself.
      if (roles.includes(RECLAIM)) continue
      const work = roles.find((role) => role instanceof WorkFunction)?.work
      const holder = work ?? (situations.serves(task) ? undefined : machine.tasks[task])
      if (holder === undefined) continue
      taken.set(holder.kin, (taken.get(holder.kin) ?? new Set()).add(lock))
    }
  }
  return taken
}

/** One of each kin. */
function unique(objects: readonly MachineObject[]): MachineObject[] {
  return objects.filter(({ id, kin }) => id === kin)
}
