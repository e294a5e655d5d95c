/** Draft: what is known of a scenario under a policy while its module is written. All parts of the text are made from it. */
import type { Automaton, MachineObject } from '@scopemask/checker/machine'
import { type Program, Search } from '@scopemask/checker/search'
import { KernelOperation } from '../../kernel/operation.js'
import type { BuiltSubject } from '../../matrix/subject.js'
import { Cast } from './cast.js'
import { assertPossible } from './forms.js'
import { Functions } from './functions.js'
import { Refused } from './refused.js'
import { Steps } from './steps.js'

/** How many states may be looked at to learn what tasks do. */
const MAX_STATES = 20_000
/** How many may act: KSIM_MOST_ACTORS of the harness. */
const MOST_ACTORS = 64

export class Draft {
  readonly subject: BuiltSubject
  readonly programs: readonly Program[]
  readonly cast: Cast
  readonly steps = new Steps()
  readonly functions = new Functions(this.steps, (object) => this.#realOf(object))
  readonly automata: readonly Automaton[]
  /** All operations of the kernel that any task can come to. */
  readonly operations: readonly KernelOperation[]

  /** @throws Misuse when the scenario breaks a rule. @throws Refused when it does what cannot be on a real kernel. */
  constructor(subject: BuiltSubject) {
    this.subject = subject
    const { machine } = subject
    const options = { maxStates: MAX_STATES, allDeadlocks: true, livelocks: false }
    const search = new Search(machine, options)
    search.run()
    this.programs = search.stepper.programs
    this.cast = new Cast(subject, this.programs)
    this.automata = [...new Set(machine.nodes.map(({ automaton }) => automaton))]
    this.operations = [
      ...new Set(
        machine.nodes.flatMap(({ action }) =>
          action.kind === 'operation' && action.operation instanceof KernelOperation
            ? [action.operation]
            : [],
        ),
      ),
    ]
    for (const operation of this.operations) assertPossible(operation)
    const { length } = this.cast.actors
    if (length > MOST_ACTORS) {
      throw new Refused(
        'the scenario',
        `it has ${length} tasks, work items and interrupts: the harness has room for ${MOST_ACTORS}`,
      )
    }
    if (subject.kernel.drainsPages) {
      throw new Refused(
        'drainAllPages',
        'what an allocation does to get pages back from processors is in the kernel, and cannot be another thing there',
      )
    }
  }

  /** A queue has a part for each processor, which on a real kernel is no object of its own. */
  #realOf(object: MachineObject): MachineObject {
    const queue = this.subject.kernel.workRegistry.queueAt(object.reference)
    return queue?.whole.object ?? object
  }

  /** What an object is to lockdep. */
  lockClassOf(object: MachineObject): string {
    for (const { effect } of this.operations) {
      if (effect?.kind === 'acquire' && effect.lock === object) return effect.class ?? object.name
    }
    return object.name
  }
}
