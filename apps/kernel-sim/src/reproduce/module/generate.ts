/**
 * Generate: a kernel module that follows executions of a scenario under a policy. Its text depends on the scenario, the policy and the
 * executions alone, to the byte.
 */

import { __GFP_FS, __GFP_IO, PF, PF_MEMALLOC, type TaskFlags } from '@scopemask/allocator'
import type { Automaton, MachineObject } from '@scopemask/checker/machine'
import { Execution, replay, Search } from '@scopemask/checker/search'
import { DEF_PRIORITY } from '../../kernel/memory/shrinkers.js'
import { KernelOperation } from '../../kernel/operation.js'
import type { Policy } from '../../kernel/policy.js'
import { ShrinkerScan, WorkFunction } from '../../kernel/role.js'
import type { Scenario } from '../../kernel/scenario.js'
import type { WorkerPool } from '../../kernel/work/worker-pool.js'
import type { Workqueue } from '../../kernel/work/workqueue.js'
import { type BuiltSubject, subjectOf } from '../../matrix/subject.js'
import { protocolHeader } from '../protocol.js'
import { type Deed, type Plan, planOf } from '../schedule.js'
import { identifier, indented, quoted } from './c-text.js'
import { type Actor, Cast } from './cast.js'
import { flagsText, refusalOf } from './forms.js'
import { Functions } from './functions.js'
import { type ObjectKind, objectForm, type Written } from './objects.js'
import { Refused } from './refused.js'
import { gfpText, Steps } from './steps.js'

/** What a module is made of. */
export interface ModuleRequest {
  readonly scenario: Scenario
  readonly policy: Policy
  /** What it follows, one round each: tokens of counterexamples, or of executions that come to their end. */
  readonly tokens: readonly string[]
}

/** A module, or why there is none. */
export type Generated =
  | {
      readonly kind: 'module'
      /** The name of the module: that of its file without `.ko`. */
      readonly name: string
      /** Its own files by name; the harness, which is the same for all modules, comes with the package. */
      readonly files: ReadonlyMap<string, string>
      /** Who acts, in the order of the numbers of the protocol. */
      readonly actors: readonly Pick<Actor, 'is' | 'name' | 'number'>[]
      /** What is made of the same primitives as in the model instead of being the kernel's own. */
      readonly standIns: readonly { readonly object: string; readonly why: string }[]
      /** The kinds of objects that take part. */
      readonly kinds: readonly ObjectKind[]
    }
  | { readonly kind: 'refused'; readonly object: string; readonly why: string }

/** How many states may be looked at to learn what tasks do. */
const MAX_STATES = 20_000

/** The files of the harness, in the package's folder `reproduce`. */
export const HARNESS = [
  'ksim.h',
  'memory.h',
  'locks.h',
  'shared.h',
  'work.h',
  'standins.h',
  'director.h',
] as const

/**
 * Makes a module.
 * @throws Misuse when the scenario breaks a rule, or a token does not fit it.
 */
export function generateModule(request: ModuleRequest): Generated {
  const subject = subjectOf(request.scenario, request.policy)
  try {
    return new Writer(request, subject).module()
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown
    return { kind: 'refused', object: thrown.object, why: thrown.why }
  }
}

/** A queue, as far as it matters on a real kernel. */
interface QueueFacts {
  readonly flags: readonly string[]
  /** How many items may be under way; 0 for no limit. */
  readonly limit: number
  /** Whether its workers are those of a processor. */
  readonly isBound: boolean
  readonly holds: boolean
}

class Writer {
  readonly #request: ModuleRequest
  readonly #subject: BuiltSubject
  readonly #cast: Cast
  readonly #steps = new Steps()
  readonly #functions: Functions
  readonly #automata: readonly Automaton[]
  readonly #plans: readonly Plan[]
  readonly #firstRow: Int32Array
  /** What each lock is to lockdep. */
  readonly #classes = new Map<MachineObject, string>()

  constructor(request: ModuleRequest, subject: BuiltSubject) {
    this.#request = request
    this.#subject = subject
    const { machine } = subject
    const options = { maxStates: MAX_STATES, allDeadlocks: true, livelocks: false }
    const search = new Search(machine, options)
    search.run()
    const { programs } = search.stepper
    this.#firstRow = machine.initialRow(programs)
    this.#cast = new Cast(subject, programs)
    this.#functions = new Functions(this.#steps, idOf)
    const executions = request.tokens.map((token) =>
      replay(machine, token, new Execution(machine, programs)),
    )
    this.#plans = executions.map((execution) => planOf(subject, this.#cast, execution))
    this.#automata = [...new Set(machine.nodes.map(({ automaton }) => automaton))]
    for (const { effect } of this.#operations()) {
      if (effect?.kind === 'acquire') {
        this.#classes.set(effect.lock, effect.class ?? effect.lock.name)
      }
    }
  }

  /** @throws Refused when something of it cannot be on a real kernel. */
  module(): Generated {
    const { scenario, policy } = this.#request
    for (const operation of this.#operations()) {
      const why = refusalOf(operation)
      if (why !== null) throw new Refused(`${operation.object ?? operation}`, why)
    }
    const bodies = this.#cast.actors.map((actor) => this.#bodyOf(actor))
    const shrinkers = this.#shrinkers()
    const schedules = this.#schedules()
    const objects = this.#objects()
    const name = moduleName(scenario.name, policy.name)
    const text = [
      '// SPDX-License-Identifier: GPL-2.0 OR MIT',
      `/* Made by kernel-sim reproduce: ${scenario.name} under ${policy.name}. */`,
      `#define KSIM_CELL ${quoted(`${scenario.name} ${policy.name}`)}`,
      '',
      ...HARNESS.map((file) => `#include "${file}"`),
      '',
      '/* The policy. */',
      '',
      `static const bool ksim_conveys = ${policy.delegation === 'convey-on-queue'};`,
      `static const bool ksim_separates = ${policy.separateQueues};`,
      `static const bool ksim_inherits = ${policy.delegation === 'inherit-on-wait'};`,
      `static const int ksim_pages_counted = ${this.#pagesCounted()};`,
      '',
      '/* What actors do, step by step. */',
      '',
      ...this.#steps.lines,
      '',
      '/* Who and what there is. */',
      '',
      ...this.#cast.actors.map((actor) => `static struct ksim_actor ${actorId(actor)};`),
      ...objects.declarations,
      '',
      '/* What they do. */',
      '',
      this.#functions.text,
      '',
      ...shrinkers.lines,
      ...this.#cast.actors.flatMap((actor, at) => this.#actorLines(actor, bodies[at] ?? null)),
      'static struct ksim_actor *const ksim_actors[] = {',
      ...indented(this.#cast.actors.map((actor) => `&${actorId(actor)},`)),
      '};',
      'static const int ksim_nactors = ARRAY_SIZE(ksim_actors);',
      '',
      '/* The schedules. */',
      '',
      ...schedules,
      '',
      ...procedureLines('static int ksim_setup(void)', [
        ...objects.made,
        ...(shrinkers.registered.length > 0
          ? [`return ${shrinkers.registered.join(' ?: ')};`]
          : ['return 0;']),
      ]),
      ...procedureLines('static void ksim_reset(void)', objects.reset),
      ...procedureLines(
        'static void ksim_begin_round(const struct ksim_round *schedule)',
        objects.begun,
      ),
      ...procedureLines('static void ksim_release_all(void)', objects.released),
      ...procedureLines('static void ksim_leave_queues(void)', objects.left),
      ...procedureLines('static void ksim_wake_kswapd(void)', this.#wakesKswapd()),
    ].join('\n')
    return {
      kind: 'module',
      name,
      files: new Map([
        [`${name}.c`, text],
        ['protocol.h', protocolHeader()],
      ]),
      actors: this.#cast.actors.map(({ number, is, name }) => ({ number, is, name })),
      standIns: objects.standIns,
      kinds: [...new Set(this.#functions.objects.values())].sort(),
    }
  }

  /** All operations of the kernel that any task can come to. */
  *#operations(): Generator<KernelOperation> {
    const seen = new Set<KernelOperation>()
    for (const { action } of this.#subject.machine.nodes) {
      if (action.kind !== 'operation' || !(action.operation instanceof KernelOperation)) continue
      if (seen.has(action.operation)) continue
      seen.add(action.operation)
      yield action.operation
    }
  }

  /** The function that an actor runs; null for kthreadd, which runs none of ours. */
  #bodyOf({ is, task, object }: Actor): string | null {
    if (is === 'kthreadd') return null
    if (is === 'work') {
      const found = this.#automata.find(
        ({ procedure: { role } }) => role instanceof WorkFunction && role.work === object,
      )
      // Nobody ever queues it.
      return found === undefined ? null : this.#functions.of(found, false)
    }
    const { machine } = this.#subject
    return task === null ? null : this.#functions.of(machine.automaton(task.root, []), false)
  }

  #actorLines(actor: Actor, body: string | null): string[] {
    const { is, name, task } = actor
    const own = task === null ? 0 : this.#subject.kernel.ownFlags(this.#firstRow, task.index)
    const kept = own & (PF.restrictions | PF_MEMALLOC)
    const flags = kept === 0 ? [] : [`.flags = ${flagsText(kept as TaskFlags)},`]
    return [
      `static struct ksim_actor ${actorId(actor)} = {`,
      ...indented([
        `.name = ${quoted(name)},`,
        `.is = KSIM_${is.toUpperCase()},`,
        ...(body === null ? [] : [`.body = ${body},`]),
        ...flags,
      ]),
      '};',
      '',
    ]
  }

  /** The shrinkers, in the order in which reclaim calls them. */
  #shrinkers(): { readonly lines: readonly string[]; readonly registered: readonly string[] } {
    const lines: string[] = []
    const registered: string[] = []
    for (const procedure of this.#subject.machine.procedures) {
      const { role, name } = procedure
      if (!(role instanceof ShrinkerScan)) continue
      const number = registered.length
      const variants = this.#automata.filter(
        (automaton) => automaton.procedure === procedure && automaton.args[1] === DEF_PRIORITY,
      )
      const scans = variants.map((variant) => ({
        when: Number(variant.args[0]) & (__GFP_FS | __GFP_IO),
        id: this.#functions.of(variant),
      }))
      const id = identifier('scan', number, name)
      lines.push(
        ...procedureLines(`static int ${id}(struct ksim_actor *me, gfp_t gfp)`, scanLines(scans)),
        `static struct ksim_shrinker shrinker${number} = {`,
        ...indented([
          `.name = ${quoted(name)},`,
          `.number = ${number},`,
          `.needs = ${gfpText(role.needs)},`,
          `.scan = ${id},`,
        ]),
        '};',
        '',
      )
      registered.push(`ksim_register(&shrinker${number})`)
    }
    return { lines, registered }
  }

  #schedules(): string[] {
    const lines = this.#plans.flatMap(({ turns }, round) => [
      `static const struct ksim_turn turns${round}[] = {`,
      ...indented(turns.map((turn) => this.#turnText(turn))),
      '};',
    ])
    return [
      ...lines,
      'static const struct ksim_round ksim_schedules[] = {',
      ...indented(
        this.#plans.map(
          ({ turns, tight }, round) => `{ turns${round}, ${turns.length}, ${tight} },`,
        ),
      ),
      '};',
      'static const int ksim_nschedules = ARRAY_SIZE(ksim_schedules);',
    ]
  }

  #turnText(turn: Plan['turns'][number]): string {
    if ('happens' in turn) {
      const happens = turn.happens === 'expires' ? 'ksim_delay_is_over' : 'ksim_admit'
      return `{ .happens = ${happens}, .object = &${this.#functions.is(turn.work, 'work')} },`
    }
    const { actor, deed, outcome, result } = turn
    const flags = [
      ...(turn.pressed ? ['KSIM_PRESSED'] : []),
      ...(turn.fails ? ['KSIM_FAILS'] : []),
      ...(turn.blocks ? ['KSIM_BLOCKS'] : []),
      ...(turn.spins ? ['KSIM_SPINS'] : []),
      ...(turn.within ? ['KSIM_WITHIN'] : []),
      ...(deed.kind === 'finishes' ? ['KSIM_FINISHES'] : []),
    ]
    const happens =
      deed.kind === 'interrupt' && !turn.within && actor.object !== null
        ? [
            `.happens = ksim_interrupts, .object = &${this.#functions.is(actor.object, 'interrupt')}`,
          ]
        : []
    const values = [
      `&${actorId(actor)}`,
      `&${this.#stepOf(deed)}`,
      `${outcome}`,
      `${result}`,
      flags.length === 0 ? '0' : flags.join(' | '),
      ...happens,
    ]
    return `{ ${values.join(', ')} },`
  }

  #stepOf(deed: Deed): string {
    switch (deed.kind) {
      case 'allocation':
        return this.#steps.of({ gfp: deed.gfp })
      case 'begins':
        return this.#steps.of({ begins: deed.work })
      case 'finishes':
        return this.#steps.of({ finishes: deed.work })
      default:
        return this.#steps.of(deed.operation)
    }
  }

  #objects() {
    const declarations: string[] = []
    const made: string[] = []
    const reset: string[] = []
    const begun: string[] = []
    const released: string[] = []
    const left: string[] = []
    const standIns: { object: string; why: string }[] = []
    for (const { object } of this.#cast.actors) {
      if (object === null) continue
      const isWork = this.#subject.kernel.workRegistry.works.some((work) => work.object === object)
      this.#functions.is(object, isWork ? 'work' : 'interrupt')
    }
    const keys = new Map<string, string>()
    const written = [...this.#functions.objects].sort(([a], [b]) => a.id - b.id)
    for (const [object, kind] of written) {
      const id = idOf(object)
      const form = objectForm(kind)
      const lockClass = this.#classes.get(object) ?? object.name
      let key = keys.get(lockClass)
      if (form.isClassed && key === undefined) {
        key = `key${keys.size}`
        keys.set(lockClass, key)
        declarations.push(`static struct lock_class_key ${key};`)
      }
      const facts: Written = { id, object, lockClass, key: key ?? '' }
      declarations.push(...this.#declared(form.type, facts, kind))
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
    begun.push(...this.#exhausted())
    return { declarations, made, reset, begun, released, left, standIns }
  }

  #declared(type: string, { id, object }: Written, kind: ObjectKind): string[] {
    if (kind === 'work') {
      const work = this.#subject.kernel.workRegistry.works.find((each) => each.object === object)
      const actor = this.#cast.of(object)
      if (work === undefined || actor === null) throw new Refused(`${object}`, 'it is no work item')
      return [
        `static ${type} ${id} = {`,
        ...indented([
          `.actor = &${actorId(actor)},`,
          `.begins = &${this.#steps.of({ begins: object })},`,
          `.finishes = &${this.#steps.of({ finishes: object })},`,
          ...(work.isDelayed ? ['.is_delayed = true,'] : []),
        ]),
        '};',
      ]
    }
    if (kind === 'interrupt') return this.#interrupt(type, id, object)
    if (kind !== 'queue') return [`static ${type} ${id};`]
    const { flags, limit, isBound, holds } = this.#queueFacts(object)
    return [
      `static ${type} ${id} = {`,
      ...indented([
        `.name = ${quoted(object.name)},`,
        `.flags = ${flags.length === 0 ? '0' : flags.join(' | ')},`,
        `.limit = ${limit},`,
        `.cpu = ${isBound ? '0' : 'WORK_CPU_UNBOUND'},`,
        `.holds = ${holds},`,
      ]),
      '};',
    ]
  }

  #interrupt(type: string, id: string, object: MachineObject): string[] {
    const actor = this.#cast.of(object)
    const enters = actor?.task ? this.#cast.first(actor.task) : null
    const returns = [...this.#operations()].find(
      (operation) => operation.effect?.kind === 'irq_exit' && operation.object === object,
    )
    if (actor === null || enters === null) throw new Refused(`${object}`, 'nothing handles it')
    return [
      `static ${type} ${id} = {`,
      ...indented([
        `.actor = &${actorId(actor)},`,
        `.enters = &${this.#steps.of(enters)},`,
        `.returns = &${this.#steps.of(returns ?? enters)},`,
        `.is_hard = ${enters.effect?.kind === 'irq_enter' && enters.effect.irq === 'HARDIRQ'},`,
        `.is_timer = ${enters.kind === 'call_timer_fn'},`,
      ]),
      '};',
    ]
  }

  /** @throws Refused for a queue that a machine with one processor cannot have. */
  #queueFacts(object: MachineObject): QueueFacts {
    const { workRegistry } = this.#subject.kernel
    const queue = workRegistry.queueAt(object.reference)
    if (queue === undefined) throw new Refused(`${object}`, 'it is no queue')
    if (queue.cpus.length > 0)
      throw new Refused(
        `${object}`,
        'a queue with a part for each of several processors: the machine has one',
      )
    const { workers, creates = false } = queue.pool.options
    const isBound = creates || workers === 0
    const maxActive = Number.isFinite(queue.maxActive) ? queue.maxActive : 0
    const isBounded = workers !== undefined && !isBound
    if (isBounded && servedBy(queue.pool, workRegistry.queues) > 1) {
      throw new Refused(
        `${queue.pool.object}`,
        'a pool of a fixed size that serves several queues: pools of a kernel make workers',
      )
    }
    if (creates && workers !== 1) {
      throw new Refused(
        `${queue.pool.object}`,
        `a pool with ${workers} idle workers: only the last idle one can be told`,
      )
    }
    const limit = isBounded ? Math.min(workers, maxActive || workers) : maxActive
    return {
      flags: [...(isBound ? [] : ['WQ_UNBOUND']), ...(queue.memReclaim ? ['WQ_MEM_RECLAIM'] : [])],
      limit,
      isBound,
      // Who leaves a place leaves a worker too, which an exhausted pool must not have.
      holds: !(isBound && limit > 0) && !this.#isFlushed(object),
    }
  }

  /** Whether somebody waits for all of a queue, and so would wait for whoever holds its places. */
  #isFlushed(queue: MachineObject): boolean {
    const kinds = ['start_flush_workqueue', 'drain_workqueue']
    return [...this.#operations()].some(
      ({ kind, object }) => object === queue && kinds.includes(kind),
    )
  }

  /** How many pages there are at first, where they are counted; else -1. */
  #pagesCounted(): number {
    const taken = [...this.#operations()].find(({ kind }) => kind === 'rmqueue')
    return taken?.object?.fields[0]?.initial ?? -1
  }

  /** What an allocation does that wants kswapd. */
  #wakesKswapd(): string[] {
    const wanted = this.#subject.kernel.kswapdIsWanted
    if (wanted === null) return []
    const id = this.#functions.is(wanted, 'variable')
    return [`atomic_set(&${id}.value, 1);`, `wake_up_all(&${id}.waiters);`]
  }

  /** Makes pools without idle workers. */
  #exhausted(): string[] {
    const { pools, queues } = this.#subject.kernel.workRegistry
    const bare = pools.filter(
      (pool) => (pool.options.creates || pool.options.workers === 0) && servedBy(pool, queues) > 0,
    )
    const [pool, another] = bare
    if (pool === undefined) return []
    if (another !== undefined) {
      throw new Refused(
        `${another.object}`,
        `a second pool without idle workers beside ${pool.object}: the machine has one processor`,
      )
    }
    const kthreadd = this.#cast.actors.find(({ is }) => is === 'kthreadd')
    if (kthreadd === undefined) throw new Refused(`${pool.object}`, 'nobody makes workers for it')
    const leavesOne = pool.options.workers !== 0
    return [
      `ksim_exhaust(0, &${actorId(kthreadd)}, ${leavesOne}, schedule ? schedule->tight : true);`,
    ]
  }
}

function servedBy(pool: WorkerPool, queues: readonly Workqueue[]): number {
  return (
    queues.filter(
      (queue) => queue.pool === pool && queue.whole === queue && queue.restricted !== null,
    ).length || queues.filter((queue) => queue.pool === pool && queue.whole === queue).length
  )
}

/** What a shrinker does, by what is left of the request. */
function scanLines(scans: readonly { readonly when: number; readonly id: string }[]): string[] {
  const [first] = scans
  if (first === undefined) return ['return ksim_unforeseen(me, 0);']
  if (scans.every(({ id }) => id === first.id)) return [`return ${first.id}(me);`]
  const cases = new Map(scans.map(({ when, id }) => [when, id]))
  return [
    'switch (gfp & (__GFP_FS | __GFP_IO)) {',
    ...[...cases].flatMap(([when, id]) => [`case ${gfpText(when)}:`, `\treturn ${id}(me);`]),
    'default:',
    '\treturn ksim_unforeseen(me, 0);',
    '}',
  ]
}

function procedureLines(head: string, body: readonly string[]): string[] {
  return [head, '{', ...indented(body), '}', '']
}

function idOf(object: MachineObject): string {
  return identifier('o', object.id, object.name)
}

function actorId({ number, name }: Actor): string {
  return identifier('a', number, name)
}

/** A name that the kernel takes for a module: with its end it has at most 55 characters. */
function moduleName(scenario: string, policy: string): string {
  return `ksim_${scenario.slice(0, 28)}_${policy}`.replace(/[^a-z0-9]+/g, '_')
}
