/** Object text: the objects of a scenario in C: what declares them, makes them, and puts them back into their first state. */
import type { MachineObject } from '@scopemask/checker/machine'
import { actorId, idOf } from './c-names.js'
import { indented, quoted } from './c-text.js'
import type { Draft } from './draft.js'
import { type ObjectKind, objectForm, type Written } from './objects.js'
import { exhaustedPools, queueFacts } from './queues.js'
import { Refused } from './refused.js'

/** What is done to objects, and when. */
export interface ObjectText {
  readonly declarations: readonly string[]
  /** Once. */
  readonly made: readonly string[]
  /** Before each round. */
  readonly reset: readonly string[]
  /** When a round begins, before its actors do. */
  readonly begun: readonly string[]
  /** When its schedule is over. */
  readonly released: readonly string[]
  /** When those leave who hold places of queues. */
  readonly left: readonly string[]
  readonly standIns: readonly { readonly object: string; readonly why: string }[]
}

/** @throws Refused for an object that cannot be on a real kernel. */
export function objectText(draft: Draft): ObjectText {
  const { subject, cast, functions } = draft
  const declarations: string[] = []
  const made: string[] = []
  const reset: string[] = []
  const begun: string[] = []
  const released: string[] = []
  const left: string[] = []
  const standIns: { object: string; why: string }[] = []
  for (const { object } of cast.actors) {
    if (object === null) continue
    const isWork = subject.kernel.workRegistry.works.some((work) => work.object === object)
    functions.is(object, isWork ? 'work' : 'interrupt')
  }
  const keys = new Map<string, string>()
  const written = [...functions.objects].sort(([a], [b]) => a.id - b.id)
  for (const [object, kind] of written) {
    const id = idOf(object)
    const form = objectForm(kind)
    const lockClass = draft.lockClassOf(object)
    let key = keys.get(lockClass)
    if (form.isClassed && key === undefined) {
      key = `key${keys.size}`
      keys.set(lockClass, key)
      declarations.push(`static struct lock_class_key ${key};`)
    }
    const facts: Written = { id, object, lockClass, key: key ?? '' }
    declarations.push(...declared(draft, facts, kind))
    if (form.make !== undefined) made.push(form.make(facts))
    if (form.reset !== undefined) reset.push(form.reset(facts))
    if (form.standsIn !== undefined) standIns.push({ object: `${object}`, why: form.standsIn })
    if (kind === 'work') {
      made.push(`ksim_init_work(&${id});`)
      released.push(`ksim_hurry_work(&${id});`)
    }
    if (kind === 'interrupt') {
      made.push(`ksim_init_interrupt(&${id});`)
      released.push(`ksim_hurry_interrupt(&${id});`)
    }
    if (kind === 'queue') {
      made.push(`if (ksim_make_queue(&${id}))`, '\treturn -ENOMEM;')
      begun.push(`ksim_hold_queue(&${id});`)
      released.push(`ksim_release_queue(&${id});`)
      left.push(`ksim_leave_queue(&${id});`)
    }
  }
  begun.push(...exhaustedPools(draft))
  return { declarations, made, reset, begun, released, left, standIns }
}

function declared(draft: Draft, { id, object }: Written, kind: ObjectKind): string[] {
  const { type } = objectForm(kind)
  switch (kind) {
    case 'work':
      return workLines(draft, `static ${type} ${id}`, object)
    case 'interrupt':
      return interruptLines(draft, `static ${type} ${id}`, object)
    case 'queue':
      return queueLines(draft, `static ${type} ${id}`, object)
    default:
      return [`static ${type} ${id};`]
  }
}

function workLines(draft: Draft, head: string, object: MachineObject): string[] {
  const work = draft.subject.kernel.workRegistry.works.find((each) => each.object === object)
  const actor = draft.cast.of(object)
  if (work === undefined || actor === null) throw new Refused(`${object}`, 'it is no work item')
  return structLines(head, [
    `.actor = &${actorId(actor)},`,
    `.begins = &${draft.steps.of({ begins: object })},`,
    `.finishes = &${draft.steps.of({ finishes: object })},`,
    ...(work.isDelayed ? ['.is_delayed = true,'] : []),
  ])
}

function interruptLines(
  { cast, steps, operations }: Draft,
  head: string,
  object: MachineObject,
): string[] {
  const actor = cast.of(object)
  const enters = actor?.task ? cast.first(actor.task) : null
  const returns = operations.find(
    (operation) => operation.effect?.kind === 'irq_exit' && operation.object === object,
  )
  if (actor === null || enters === null) throw new Refused(`${object}`, 'nothing handles it')
  return structLines(head, [
    `.actor = &${actorId(actor)},`,
    `.enters = &${steps.of(enters)},`,
    `.returns = &${steps.of(returns ?? enters)},`,
    `.is_hard = ${enters.effect?.kind === 'irq_enter' && enters.effect.irq === 'HARDIRQ'},`,
    `.is_timer = ${enters.kind === 'call_timer_fn'},`,
  ])
}

function queueLines(draft: Draft, head: string, object: MachineObject): string[] {
  const { flags, limit, isBound, holds } = queueFacts(draft, object)
  return structLines(head, [
    `.name = ${quoted(object.name)},`,
    `.flags = ${flags.length === 0 ? '0' : flags.join(' | ')},`,
    `.limit = ${limit},`,
    `.cpu = ${isBound ? '0' : 'WORK_CPU_UNBOUND'},`,
    `.holds = ${holds},`,
  ])
}

function structLines(head: string, members: readonly string[]): string[] {
  return [`${head} = {`, ...indented(members), '};']
}
