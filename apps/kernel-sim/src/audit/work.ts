/**
 * Work: operations that tasks delegate to workqueues, and what became of the scope they were in. An item is followed
 * by its address: queued (or its timer armed) here, executed there, next in time. Never by the name of its function:
 * the same function is queued from inside a scope and from outside.
 *
 * An item that waits can be delegated again before a worker takes it: mod_delayed_work() takes it back and queues it
 * anew (kernel/workqueue.c). One execution then serves all who delegated it. What an interrupt or softirq
 * queues on top of a task is not charged to that task; for delayed work the delegation is the arming of its timer.
 */
import type { CallSite } from '../trace/attribute/call-site.js'
import type {
  ArmWorkEvent,
  ExecuteWorkEvent,
  QueueWorkEvent,
  SleepEvent,
  TraceEvent,
} from '../trace/event.js'
import type { Stack } from '../trace/stack.js'
import { Armings } from './armings.js'
import { AwaitedAudit } from './awaited.js'
import type { FilteredRequest } from './filter.js'
import { LostScopes } from './lost-scopes.js'
import { Recent } from './recent.js'
import { Rows } from './rows.js'
import { type SampleBudget, Samples } from './samples.js'
import { isRestricted, isUnscoped, scopeName } from './scope-name.js'
import type { DelegationRow, Execution, InScope } from './work-execution.js'
import type { Counted, DelegationKind, WorkFacts, WorkFunctionFact } from './work-facts.js'

/** The moment at which a task delegated an item. */
interface Delegation {
  /** In ns. */
  readonly time: number
  readonly task: string
  readonly taskFlags: number | undefined
  readonly stack: Stack | undefined
  readonly line: number
}

/** How many of those who delegated the same item are looked at, whether they wait for it. */
const WAITERS = 16

const NOBODY: readonly InScope[] = []

/** Stands for the scope where an interrupt or softirq delegates. */
const INTERRUPT = 'interrupt'

/** Stands for the function of an item that no event names. */
const UNNAMED = '(not recorded)'

/** How many items, and how many workers, are followed at the same time. */
const LIMIT = 1 << 16

export class WorkAudit {
  readonly #armed = new Recent<string, Delegation>(LIMIT)
  /** Items on their way, by whom they were delegated from inside scopes. */
  readonly #queued = new Recent<string, readonly InScope[]>(LIMIT)
  readonly #running = new Recent<number, Execution>(LIMIT)

  readonly #budget: SampleBudget
  readonly #rows = new Rows(1, (fn: string, kind: DelegationKind, scope: string) =>
    delegationRow(fn, kind, scope, this.#budget),
  )
  readonly #lost: LostScopes
  readonly #armings: Armings
  readonly #functions = new Rows(1, functionFact)
  readonly #awaited = new AwaitedAudit()
  #queueings = 0
  /** When the recording begins, in ns. */
  #begin: number | undefined

  constructor(budget: SampleBudget) {
    this.#budget = budget
    this.#armings = new Armings(budget)
    this.#lost = new LostScopes(budget)
  }

  /** Every event of a worker says in which scope the worker is. */
  see(event: TraceEvent): void {
    this.#begin ??= event.time
    const execution = this.#running.get(event.pid)
    if (execution !== undefined && isRestricted(event.taskFlags)) execution.inScope = true
  }

  arm(event: ArmWorkEvent): void {
    const { work, stack, line, interrupt } = event
    // The task below an interrupt did not arm it: whoever did is in no scope that counts.
    const taskFlags = interrupt ? undefined : event.taskFlags
    this.#armed.set(work, { taskFlags, stack, line, time: event.time, task: taskText(event) })
    const scope = interrupt ? INTERRUPT : scopeName(taskFlags)
    this.#armings.add(work, { scope, stack, line, count: 1 })
  }

  queue(event: QueueWorkEvent): void {
    const { work, pid, stack, taskFlags, line, interrupt } = event
    if (event.fn !== '') this.#armings.name(work, event.fn)
    const fn = this.#armings.functionOf(work) ?? UNNAMED
    this.#queueings++
    const fact = this.#functions.of(fn)
    fact.queued++
    const armed = this.#armed.take(work)
    // By whom: the task, unless this is an interrupt on top of it; then the task that armed the timer.
    const byTimer = pid < 0 || stack === undefined || interrupt
    const by = byTimer ? armed : { taskFlags, stack, line, time: event.time, task: taskText(event) }
    if (byTimer && armed !== undefined) fact.queuedByTimer++
    const before = this.#queued.get(work) ?? NOBODY
    if (by === undefined || !isRestricted(by.taskFlags)) {
      this.#queued.set(work, before)
      return
    }
    const row = this.#rows.of(fn, byTimer ? 'delayed' : 'direct', scopeName(by.taskFlags))
    row.fact.queued++
    row.samples.add(by.stack, by.line)
    let same = before.find((other) => other.row === row)
    if (same === undefined) {
      same = { row, ...by, taskFlags: by.taskFlags, count: 1, awaited: [] }
      this.#queued.set(work, [...before, same])
    } else {
      same.count++
      same.stack = by.stack
      same.line = by.line
      same.time = by.time
      same.task = by.task
    }
    if (!byTimer && stack !== undefined && same.awaited.length < WAITERS) {
      same.awaited.push(this.#awaited.delegated(pid, stack, row.fact))
    }
  }

  /** A task sleeps inside a scope: perhaps it waits for what it delegated. */
  sleep(event: SleepEvent): void {
    this.#awaited.sleep(event)
  }

  start(event: ExecuteWorkEvent): void {
    this.#armings.name(event.work, event.fn)
    const fn = this.#functions.of(event.fn)
    const queued = this.#queued.take(event.work)
    const restricted = isRestricted(event.taskFlags)
    fn.executions++
    if (queued === undefined) fn.withoutQueueing++
    const execution = {
      delegated: queued ?? NOBODY,
      fn,
      startedInScope: restricted,
      inScope: restricted,
      allocations: 0,
      unscoped: 0,
      lost: undefined,
      started: event.time,
      worker: taskText(event),
      ended: undefined,
      example: undefined,
    }
    // Items of BH workqueues (since 6.9) are executed in softirqs, on top of whatever task is there: it is no worker.
    if (event.interrupt) this.#count(execution)
    else this.#running.set(event.pid, execution)
  }

  /** A worker's request, as the filter saw it. */
  request(filtered: FilteredRequest, site: CallSite): void {
    const { event } = filtered
    const execution = this.#running.get(event.pid)
    if (execution === undefined || event.interrupt) return
    execution.allocations++
    if (filtered.class === 'KERNEL' && isUnscoped(event.taskFlags)) execution.unscoped++
    if (execution.delegated.length > 0) this.#lost.request(execution, filtered, site)
  }

  end(event: ExecuteWorkEvent): void {
    const execution = this.#running.take(event.pid)
    if (execution === undefined) return
    execution.ended = event.time
    this.#count(execution)
  }

  /** A new recording begins: nothing that is under way now will be seen to end. */
  restart(): void {
    for (const execution of this.#running.values()) this.#count(execution)
    this.#running.clear()
    this.#armed.clear()
    this.#queued.clear()
    this.#armings.restart()
    this.#awaited.restart()
    this.#begin = undefined
  }

  /** What was found. Executions that are still running count as far as they were seen. */
  facts(): WorkFacts {
    this.restart()
    const functions = this.#functions.values()
    return {
      queued: this.#queueings,
      executions: functions.reduce((sum, { executions }) => sum + executions, 0),
      delegations: this.#rows
        .values()
        .map(({ fact: { waiters, ...fact }, samples }) => ({
          ...fact,
          waiters: waiters.size,
          queuedInAll: queuedInAll(this.#functions.of(fact.fn), fact.kind),
          samples: samples.top(),
        }))
        .sort((a, b) => b.queued - a.queued),
      ...this.#lost.facts(),
      armed: this.#armings.facts(),
      functions: functions.sort((a, b) => b.executions - a.executions),
      forgotten: this.#armed.forgotten + this.#queued.forgotten + this.#running.forgotten,
    }
  }

  #count(execution: Execution): void {
    const { fn, delegated, startedInScope, inScope, allocations, unscoped } = execution
    this.#lost.keepExample(execution, this.#begin ?? 0)
    fn.allocations += allocations
    fn.unscopedAllocations += unscoped
    if (inScope) fn.inScope++
    if (unscoped > 0) fn.unscoped++
    for (const { row, count, awaited } of delegated) {
      for (const each of awaited) each.done = true
      const { fact } = row
      fact.executed += count
      fact.unscopedAllocations += unscoped
      if (startedInScope) fact.startedInScope += count
      if (inScope) fact.enteredScope += count
      if (allocations > 0) fact.allocating += count
      if (unscoped > 0) fact.unscoped += count
    }
  }
}

/** `name-pid` */
function taskText({ comm, pid }: TraceEvent): string {
  return `${comm}-${pid}`
}

function queuedInAll(fn: WorkFunctionFact, kind: DelegationKind): number {
  return kind === 'delayed' ? fn.queuedByTimer : fn.queued
}

function delegationRow(
  fn: string,
  kind: DelegationKind,
  scope: string,
  budget: SampleBudget,
): DelegationRow {
  return {
    fact: {
      fn,
      kind,
      scope,
      queued: 0,
      executed: 0,
      startedInScope: 0,
      enteredScope: 0,
      allocating: 0,
      unscoped: 0,
      unscopedAllocations: 0,
      slept: 0,
      waited: 0,
      waiters: new Set(),
    },
    samples: new Samples(budget),
  }
}

function functionFact(fn: string): Counted<WorkFunctionFact> {
  return {
    fn,
    queued: 0,
    queuedByTimer: 0,
    executions: 0,
    withoutQueueing: 0,
    inScope: 0,
    allocations: 0,
    unscoped: 0,
    unscopedAllocations: 0,
  }
}
