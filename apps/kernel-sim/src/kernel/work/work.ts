/** Work: an item, a function to run later, on a worker (struct work_struct). */
import type { Field, Machine, MachineObject, Steps } from '@scopemask/checker/machine'
import { ReferenceList } from '../data/reference-list.js'
import { WorkFunction } from '../role.js'

/** A work item (struct work_struct). Its fields are the state that the workqueue keeps of it. */
export class Work {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  /** What a worker does for it. */
  readonly fn: () => Steps<unknown>
  /** True if it is on a list. */
  readonly pending: Field
  /** True if its timer runs: then it is pending, and on no list yet. */
  readonly timer: Field
  /** How many tasks cancel it; it is not queued meanwhile. */
  readonly canceling: Field
  /** The worker that runs it. */
  readonly worker: Field
  /** The queue that it was put on last. */
  readonly queue: Field
  /** The queue from which it runs: it may be queued again, elsewhere, while it does. */
  readonly runsFrom: Field
  /** What was conveyed with it. */
  readonly conveyed: Field
  /** Who waits for it as it is pending now, and who for the run that is under way (struct wq_barrier). */
  readonly pendingBarriers: ReferenceList
  /** Who waits for the run that is under way (struct wq_barrier). */
  readonly runningBarriers: ReferenceList

  /** True if it can be queued with a delay (struct delayed_work). */
  readonly isDelayed: boolean

  constructor(machine: Machine, name: string, fn: () => Steps<unknown>, isDelayed: boolean) {
    this.isDelayed = isDelayed
    const object = machine.object(name)
    this.object = object
    this.fn = machine.procedure(name, fn, { role: new WorkFunction(object) })
    this.pending = machine.field(object, 'pending')
    this.timer = machine.field(object, 'timer')
    this.canceling = machine.field(object, 'canceling')
    this.worker = machine.reference(object, 'worker')
    this.queue = machine.reference(object, 'queue')
    this.runsFrom = machine.reference(object, 'runs from')
    this.conveyed = machine.field(object, 'conveyed')
    this.pendingBarriers = new ReferenceList(machine, object, 'flushed when pending by')
    this.runningBarriers = new ReferenceList(machine, object, 'flushed when running by')
  }
}
