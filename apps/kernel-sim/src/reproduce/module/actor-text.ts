/** Actor text: who acts in C, and what function each runs. */
import { PF, PF_MEMALLOC, type TaskFlags } from '@scopemask/allocator'
import { WorkFunction } from '../../kernel/role.js'
import { actorId } from './c-names.js'
import { indented, quoted } from './c-text.js'
import type { Actor } from './cast.js'
import type { Draft } from './draft.js'
import { flagsText } from './forms.js'

/** Declares an actor. @throws Refused when what it does cannot be written. */
export function actorText(draft: Draft, actor: Actor): string[] {
  const body = bodyOf(draft, actor)
  const flags = ownFlags(draft, actor)
  return [
    `static struct ksim_actor ${actorId(actor)} = {`,
    ...indented([
      `.name = ${quoted(actor.name)},`,
      `.is = KSIM_${actor.is.toUpperCase()},`,
      ...(body === null ? [] : [`.body = ${body},`]),
      ...(flags === 0 ? [] : [`.flags = ${flagsText(flags as TaskFlags)},`]),
    ]),
    '};',
    '',
  ]
}

/** The function that an actor runs; null for kthreadd, which runs none of ours, and for an item that nobody ever queues. */
function bodyOf(
  { subject, automata, functions }: Draft,
  { is, task, object }: Actor,
): string | null {
  if (is === 'kthreadd') return null
  if (is === 'work') {
    const found = automata.find(
      ({ procedure: { role } }) => role instanceof WorkFunction && role.work === object,
    )
    return found === undefined ? null : functions.of(found, false)
  }
  return task === null ? null : functions.of(subject.machine.automaton(task.root, []), false)
}

/** What a task has for ever. */
function ownFlags({ subject, programs }: Draft, { task }: Actor): number {
  if (task === null) return 0
  const first = subject.machine.initialRow(programs)
  return subject.kernel.ownFlags(first, task.index) & (PF.restrictions | PF_MEMALLOC)
}
