/**
 * Current: `current->flags` of every task. The row holds a number for each set of flags that occurs; when a task does
 * something with its flags they are loaded into a context of core, as a CPU that switches to the task would have them,
 * and the allocator's own functions work on that.
 */
import { currentGfpContext, formatGfp, PF, PF_MEMALLOC, type TaskFlags } from '@scopemask/allocator'
import type { Field, Machine, Row, Task, WideValues } from '@scopemask/checker/machine'
import { Misuse, type Operation, type Steps } from '@scopemask/checker/machine'
import { convey } from '@scopemask/core'
import { Task as CoreTask } from '@scopemask/core/task'
import type { Interventions, SituationOf } from '../intervention.js'
import { LAYOUT, takesFsReclaim } from '../memory/gfp.js'
import { KernelOperation, type KernelOperationFacts } from '../operation.js'
import type { OperationKind } from '../operation-kind.js'
import type { Policy } from '../policy.js'
import type { Waits } from './waits.js'

const EVERY_FLAG = -1 as TaskFlags

export class Current {
  readonly #machine: Machine
  readonly #conveys: boolean
  readonly #waits: Waits
  /** Set where there are interventions that open scopes. */
  situationOf: SituationOf | null = null
  readonly #interventions: Interventions
  readonly #context = new CoreTask(PF, { name: 'current' })
  readonly #fields: Field[] = []
  readonly #initial: number[] = []
  readonly #flags: WideValues
  readonly #gfps: WideValues
  readonly #operations = new Map<string, Operation>()

  constructor(machine: Machine, policy: Policy, interventions: Interventions, waits: Waits) {
    this.#waits = waits
    this.#machine = machine
    this.#flags = machine.wide('task flags')
    this.#gfps = machine.wide('requests')
    this.#interventions = interventions
    this.#conveys = policy.delegation === 'convey-on-queue'
    PF.recordPlaces(0)
  }

  /** Gives a new task its flags. */
  add(task: Task, initial: number): void {
    const number = this.#flags.numberOf(initial)
    this.#fields[task.index] = this.#machine.field(task, 'flags', number)
    this.#initial[task.index] = number
  }

  /** Sets the bits of a mask; returns what they were, for `restore`. */
  *save(mask: TaskFlags): Steps<TaskFlags> {
    if (!Number.isInteger(mask))
      throw new Misuse(`${mask} is no task flag: use PF_MEMALLOC_NOFS and the like`)
    const label = `current_save(${PF.format(mask)})`
    const wide = (result: number): number => this.#flags.valueOf(result)
    const attempt: Operation['attempt'] = (row, task) => {
      const context = this.#load(row, task)
      const before = context.save(mask)
      this.#store(row, task)
      return this.#flags.numberOf(before)
    }
    const operation = this.#operation('current_save', [mask], { label, wide, attempt })
    return wide(yield* operation) as TaskFlags
  }

  /** Clears the bits of a mask and sets those of `saved`. */
  *restore(mask: TaskFlags, saved: TaskFlags): Steps<void> {
    const label = `current_restore(${PF.format(mask)}, ${PF.format(saved)})`
    const attempt: Operation['attempt'] = (row, task) => {
      this.#load(row, task).restore(mask, saved)
      this.#store(row, task)
      return 0
    }
    yield* this.#operation('current_restore', [mask, saved], { label, attempt })
  }

  /** What is left of a request in the running task: 0 when it must not reclaim at all. */
  *gfpContext(gfp: number): Steps<number> {
    const key = `current_gfp_context ${gfp}`
    let operation = this.#operations.get(key)
    if (operation === undefined) {
      operation = new KernelOperation({
        name: 'current_gfp_context',
        operands: [gfp],
        label: `current_gfp_context(${formatGfp(LAYOUT, gfp)})`,
        // Under inherit-on-wait others change what holds here: then it is no step of the task alone.
        ...(this.#waits.inherits ? { object: this.#waits.object } : {}),
        effect: {
          kind: 'alloc',
          entersFs: (result: number) => takesFsReclaim(this.#effective(result)),
        },
        attempt: (row, task) => {
          const flags = this.effective(row, task)
          if ((flags & PF_MEMALLOC) !== 0) return 0
          return this.#gfps.numberOf(currentGfpContext(flags, gfp)) + 1
        },
      })
      this.#operations.set(key, operation)
    }
    return this.#effective(yield* operation)
  }

  #effective(result: number): number {
    return result === 0 ? 0 : this.#gfps.valueOf(result - 1)
  }

  /** The flags in force for a task, those that it inherits included. */
  effective(row: Row, task: number): TaskFlags {
    let flags = this.#inForce(row, task) as number
    if (this.#waits.inherits) {
      const seen = [task]
      for (const at of seen) {
        for (const waiter of this.#waits.waitersOf(row, at)) {
          if (seen.includes(waiter)) continue
          seen.push(waiter)
          flags |= this.#inForce(row, waiter) & PF.restrictions
        }
      }
    }
    return flags as TaskFlags
  }

  /** Returns true if the flags in force for a task restrict it. */
  isRestricted(row: Row, task: number): boolean {
    return (this.effective(row, task) & PF.restrictions) !== 0
  }

  /** The flags of a task's own scopes. */
  own(row: Row, task: number): TaskFlags {
    return this.#flags.valueOf(this.#fields[task]?.get(row) ?? 0) as TaskFlags
  }

  /**
   * The number of what the running task conveys with an item that it queues.
   * @param work the item, by its kin.
   */
  conveyed(row: Row, task: number, work: number): number {
    const conveys = this.#conveys || this.#interventions.conveys(work)
    this.#context.restore(EVERY_FLAG, this.#inForce(row, task))
    return this.#flags.numberOf(
      convey(this.#context, conveys ? 'convey-on-queue' : 'none').mask | 0,
    )
  }

  /** Sets the flags that were conveyed, by number. */
  adopt(row: Row, task: number, conveyed: number): void {
    this.#load(row, task).save(this.#flags.valueOf(conveyed) as TaskFlags)
    this.#store(row, task)
  }

  /** Gives a child the flags of its parent. */
  copy(row: Row, parent: number, child: number): void {
    this.#fields[child]?.set(row, this.#flags.numberOf(this.#inForce(row, parent)))
  }

  /** Gives a kernel thread back the flags that it was made with. */
  reset(row: Row, task: number): void {
    this.#fields[task]?.set(row, this.#initial[task] ?? 0)
  }

  /** @throws Misuse when the flags are not as the task was made with: a scope was left open. */
  checkReturn(row: Row, task: number, extra = 0): void {
    const now = this.own(row, task)
    const before = this.#flags.valueOf(this.#initial[task] ?? 0) | this.#flags.valueOf(extra)
    if (now !== before) {
      throw new Misuse(
        `${this.#machine.tasks[task]} returns with the scope ${PF.format((now ^ before) as TaskFlags)} left open`,
      )
    }
  }

  /** The flags of a task's own scopes, those that interventions open included. */
  #inForce(row: Row, task: number): TaskFlags {
    const own = this.own(row, task)
    if (this.situationOf === null) return own
    return (own | this.#interventions.flags(this.situationOf(row, task))) as TaskFlags
  }

  #load(row: Row, task: number): CoreTask<'PF'> {
    this.#context.restore(EVERY_FLAG, this.own(row, task))
    return this.#context
  }

  #store(row: Row, task: number): void {
    this.#fields[task]?.set(row, this.#flags.numberOf(this.#context.mask))
  }

  /** An operation on the running task's own flags; only under inherit-on-wait do others see them. */
  #operation(
    name: OperationKind,
    operands: readonly number[],
    spec: Pick<KernelOperationFacts, 'label' | 'wide' | 'attempt'>,
  ): Operation {
    const key = `${name} ${operands.join()}`
    let operation = this.#operations.get(key)
    if (operation === undefined) {
      operation = new KernelOperation({
        name,
        operands,
        ...spec,
        ...(this.#waits.inherits ? { object: this.#waits.object } : {}),
      })
      this.#operations.set(key, operation)
    }
    return operation
  }
}
