/**
 * Kernel: what a scenario is written against. Functions have the names of the kernel's; those that can sleep or
 * that others can observe are generators, called with `yield*`.
 *
 * A scenario is built once: it makes locks, queues, shrinkers and tasks. Then its tasks run, in all interleavings;
 * what changes while they run has to be in the kernel's objects.
 */
import {
  __GFP_FS,
  __GFP_IO,
  currentGfpContext,
  GFP_KERNEL,
  PF,
  PF_KSWAPD,
  PF_MEMALLOC,
  type TaskFlags,
} from '@scopemask/allocator'
import type { MachineObject, Redirect, Row, Steps, Value } from '@scopemask/checker/machine'
import { Machine, Misuse, type Task } from '@scopemask/checker/machine'
import { ownCode } from '../own-code.js'
import { assertIs, assertOptions } from './arguments.js'
import type { Pressure } from './cause.js'
import { Choices } from './data/choice.js'
import { Fifo } from './data/fifo.js'
import { Variable } from './data/variable.js'
import { BlockDevice } from './fs/block-device.js'
import { Journal, type JournalOptions } from './fs/journal.js'
import { Page } from './fs/page.js'
import { type Intervention, Interventions } from './intervention.js'
import { BitLock } from './lock/bit-lock.js'
import { Mutex } from './lock/mutex.js'
import { RwSemaphore } from './lock/rwsem.js'
import { Spinlock } from './lock/spinlock.js'
import type { Memcg, MemcgOptions } from './memory/memcg.js'
import { Memory, type MemoryLimit } from './memory/memory.js'
import { Mempool } from './memory/mempool.js'
import type { Scan, ShrinkerOptions } from './memory/shrinkers.js'
import type { Policy } from './policy.js'
import { type Relief, startRelief } from './relief.js'
import { ALLOCATION, pathOf } from './role.js'
import { Situations } from './situations.js'
import { Completion } from './task/completion.js'
import { Current } from './task/current.js'
import { Interrupt, Interrupts } from './task/interrupt.js'
import { Process } from './task/process.js'
import { Scopes } from './task/scopes.js'
import { TaskStates } from './task/task-state.js'
import { Timer } from './task/timer.js'
import { Transaction } from './task/transaction.js'
import { WaitQueue } from './task/wait-queue.js'
import { Waits } from './task/waits.js'
import type { StartKthread } from './work/kthread.js'
import { Work } from './work/work.js'
import type { WorkRegistry } from './work/work-registry.js'
import type { PoolOptions, WorkerPool } from './work/worker-pool.js'
import { Workqueue, type WorkqueueOptions } from './work/workqueue.js'
import { Workqueues } from './work/workqueues.js'

/** What kthreadd works on. */
interface Kthreadd {
  readonly task: Task
  readonly requests: Fifo
  readonly pools: Map<MachineObject, WorkerPool>
}

/**
 * The kernel that a scenario is built in: what makes tasks, locks, work and filesystems, and the functions of the
 * kernel that the tasks call. A function that is a step is called with `yield*`.
 */
export class Kernel {
  /** The policy that the scenario is checked under. */
  readonly policy: Policy
  /** The model checker's machine that all of it is made on. */
  readonly machine = new Machine(ownCode())
  /** The memalloc scopes of the running task. */
  readonly scopes: Scopes
  /** @internal What holds in a state, for whoever studies one. */
  readonly situations: Situations
  readonly #interventions: Interventions
  readonly #tasks: TaskStates
  readonly #waits: Waits
  readonly #current: Current
  readonly #choices: Choices
  readonly #memory: Memory
  readonly #workqueues: Workqueues
  readonly #kthread: StartKthread = (name, body, flags) => this.kthread(name, body, flags)
  /** What gets its room once all tasks are known. */
  readonly #growing: { grow(tasks: number): void }[] = []
  #systemPool: WorkerPool | null = null
  #kthreadd: Kthreadd | null = null
  #interrupts: Interrupts | null = null
  readonly #relief: Relief | null

  /**
   * @param interventions changes to what the scenario builds: see intervention.ts.
   * @param relief what may come from outside: see relief.ts. By default nothing.
   */
  constructor(
    policy: Policy,
    interventions: readonly Intervention[] = [],
    relief: Relief | null = null,
  ) {
    this.policy = policy
    this.#relief = relief
    this.#interventions = new Interventions(interventions)
    this.#tasks = new TaskStates(this.machine)
    this.#waits = new Waits(this.machine, this.#tasks, policy)
    this.#current = new Current(this.machine, policy, this.#interventions, this.#waits)
    this.scopes = new Scopes(this.#current, policy)
    this.#choices = new Choices(this.machine)
    this.#memory = new Memory(this.machine, this.#tasks, this.#current, this.#kthread)
    this.#growing.push(this.#memory)
    this.#workqueues = new Workqueues({
      machine: this.machine,
      tasks: this.#tasks,
      current: this.#current,
      policy,
      interventions: this.#interventions,
      waits: this.#waits,
      start: this.#kthread,
    })
    this.situations = new Situations({
      machine: this.machine,
      memory: this.#memory,
      current: this.#current,
      waits: this.#waits,
      workqueues: this.#workqueues,
    })
    if (this.#interventions.haveScopes) {
      this.#current.situationOf = (row, task) => this.situations.of(row, task)
    }
    if (this.#interventions.haveAllocations) this.machine.redirect = this.#redirect
  }

  // Tasks.

  /** A process: it runs once, and has to come to an end. */
  task(name: string, body: () => Steps<unknown>): Task {
    return this.#start(name, body, false, 0)
  }

  /** A kernel thread: it starts over for ever, and may wait for ever for the first thing that it does. */
  kthread(name: string, body: () => Steps<unknown>, flags: TaskFlags = 0 as TaskFlags): Task {
    return this.#start(name, body, true, flags)
  }

  /** A process that others fork: see process.ts. */
  process(name: string, body: () => Steps<unknown>): Process {
    const process = new Process(this.machine, this.#current, this.#kthread, name, body)
    this.situations.addProcess(process)
    return process
  }

  /** Makes identical parts; states that differ only in which is which count once. */
  replicate<T>(name: string, size: number, build: (replica: number) => T): T[] {
    return this.machine.replicate(name, size, build)
  }

  /** A function of the scenario that shows as a frame of its own, and is forgotten when it returns. */
  procedure<A extends readonly Value[], R>(
    name: string,
    body: (...args: A) => Steps<R>,
  ): (...args: A) => Steps<R> {
    return this.machine.procedure(name, body)
  }

  /** A loop: `body` runs again and again, each time forgotten, until it returns something other than undefined. */
  loop<R>(name: string, body: () => Steps<R | undefined>): () => Steps<R> {
    return this.machine.procedure(name, body, { loop: true }) as () => Steps<R>
  }

  /** One of the turns that the model leaves open; returns its number. */
  *choose(what: string, turns: readonly string[]): Steps<number> {
    return yield* this.#choices.among(what, turns)
  }

  /** Any one of several objects, such as locks of replicas. */
  *any<T extends Pick<BitLock, 'object'>>(what: string, from: readonly T[]): Steps<T> {
    const chosen = yield* this.#choices.object(
      what,
      from.map(({ object }) => object),
    )
    return from.find(({ object }) => object === chosen) as T
  }

  // Locks and waiting.

  /**
   * A mutex: it sleeps, and who locked it unlocks it (struct mutex).
   * @param lockClass what lockdep takes it for, when several have different names.
   */
  mutex(name: string, lockClass = name): Mutex {
    const mutex = new Mutex(this.machine, this.#tasks, name, lockClass)
    this.situations.addLock(mutex)
    return mutex
  }

  /** A read-write semaphore (struct rw_semaphore): a writer that waits keeps later readers out. */
  rwsem(name: string): RwSemaphore {
    const rwsem = new RwSemaphore(this.machine, this.#tasks, name)
    this.#growing.push(rwsem)
    this.situations.addLock(rwsem)
    return rwsem
  }

  /** A spinlock (spinlock_t): who holds it must not sleep. */
  spinlock(name: string): Spinlock {
    return new Spinlock(this.machine, this.#tasks, name)
  }

  /** A lock that one task takes and another may give back, as that of a page or a buffer: lockdep does not see it. */
  bitLock(name: string): BitLock {
    return new BitLock(this.machine, this.#tasks, name)
  }

  /** A completion: waiters sleep until somebody completes it (struct completion). */
  completion(name: string): Completion {
    return new Completion(this.machine, this.#tasks, name)
  }

  /** A wait queue: tasks sleep on it until somebody wakes them and their condition holds (wait_queue_head_t). */
  waitQueue(name: string): WaitQueue {
    const queue = new WaitQueue(this.machine, this.#tasks, name)
    this.#growing.push(queue)
    return queue
  }

  /** Calls a function at any moment after it was armed, in a softirq, where it must not sleep. */
  timer(name: string, fn: () => Steps<unknown>): Timer {
    const parts = { machine: this.machine, tasks: this.#tasks, interrupts: this.#interruptsThere() }
    return new Timer(parts, name, fn)
  }

  /** An interrupt of a device: its handler runs on top of whatever task it hits, and must not sleep. */
  interrupt(name: string, handler: () => Steps<unknown>): Interrupt {
    const parts = { machine: this.machine, interrupts: this.#interruptsThere() }
    return new Interrupt(parts, name, 'HARDIRQ', handler)
  }

  /** A softirq: as an interrupt of a device, but tasks keep it out by `lockBh` too. */
  softirq(name: string, handler: () => Steps<unknown>): Interrupt {
    const parts = { machine: this.machine, interrupts: this.#interruptsThere() }
    return new Interrupt(parts, name, 'SOFTIRQ', handler)
  }

  /** A number that tasks share, instead of a JavaScript variable. */
  variable(name: string, initial = 0): Variable {
    return new Variable(this.machine, this.#tasks, name, initial)
  }

  /** A queue of objects between tasks. */
  fifo(name: string, capacity: number): Fifo {
    return new Fifo(this.machine, this.#tasks, name, capacity)
  }

  /** An object without a state, to put into queues. */
  token(name: string): MachineObject {
    return this.machine.object(name)
  }

  // Memory.

  /**
   * Registers a shrinker.
   * @param needs what a request must allow for it: `__GFP_FS`, `__GFP_IO` or 0.
   * @param scan returns how many objects it freed, or SHRINK_STOP, or nothing: see memory/shrinkers.ts.
   */
  shrinker(name: string, needs: number, scan: Scan, options: ShrinkerOptions = {}): void {
    assertOptions(`shrinker ${name}`, options, { memcgAware: 'true or false' })
    this.#memory.shrinker(name, needs, scan, options)
  }

  /** Says what an allocation does that finds no page after reclaim, to get back those that processors keep for themselves. */
  drainAllPages(drain: () => Steps<unknown>): void {
    this.#memory.drainAllPages(drain)
  }

  /** Gives back the pages on the list of a processor, where pages are counted. */
  *drainLocalPages(cpu: number): Steps<void> {
    yield* this.#memory.drainLocalPages(cpu)
  }

  /** A memory cgroup: requests with `__GFP_ACCOUNT` of its tasks are charged to it. */
  memcg(name: string, options: MemcgOptions): Memcg {
    assertOptions(`memcg ${name}`, options, {
      limit: 'a whole number from 0',
      charged: 'a whole number from 0',
      oomVictims: 'a whole number from 0',
    })
    return this.#memory.memcg(name, options)
  }

  /** Makes memory run out for real: see memory/supply.ts. */
  limitMemory(limit: MemoryLimit): void {
    assertOptions('limitMemory()', limit, {
      pages: 'a whole number from 0',
      reserve: 'a whole number from 0',
      onCpus: 'a list',
      oomVictims: 'a whole number from 0',
    })
    this.#memory.limit(limit)
  }

  /**
   * A process that the OOM killer can kill, where memory is limited: it frees a page once it is gone.
   * @param exit what it has to do before: a victim that waits for a lock cannot die. By default nothing.
   */
  oomVictim(name: string, exit: () => Steps<unknown> = function* () {}): void {
    this.#memory.oomVictim(name, exit)
  }

  /** Allocates memory: seen through the scope of the running task, reclaiming under pressure. */
  *kmalloc(gfp: number): Steps<boolean> {
    return yield* this.#memory.allocPages(gfp)
  }

  /** Frees a page, where memory runs out for real. */
  *freePages(): Steps<void> {
    yield* this.#memory.freePages()
  }

  /** A mempool: elements set aside, so that a request that may sleep gets one sooner or later (mempool_t). */
  mempool(name: string, elements: number): Mempool {
    return new Mempool(this.machine, this.#tasks, this.#memory, name, elements)
  }

  /**
   * kswapd: reclaims in the background, with nothing held, whenever an allocation finds memory tight.
   * @param wanted is not 0 while it is wanted; a scenario may set it itself, too.
   */
  kswapd(wanted: Variable = this.variable('kswapd is wanted')): void {
    const flags = (PF_MEMALLOC | PF_KSWAPD) as TaskFlags
    const kswapd = this.kthread('kswapd0', () => this.#kswapd(wanted), flags)
    this.#memory.wakesKswapdBy(wanted)
    this.situations.servesAll(kswapd)
  }

  /** What an author who knows writes where a gfp is asked for: `restricted` under explicit, else GFP_KERNEL. */
  gfp(restricted: number): number {
    return this.policy.explicit ? restricted : GFP_KERNEL
  }

  // Work.

  /** A pool of worker threads; queues that name none share one whose workers never run out. */
  workerPool(name: string, options: PoolOptions = {}): WorkerPool {
    assertOptions(`workerPool ${name}`, options, {
      workers: 'a whole number from 0',
      creates: 'true or false',
      most: 'a whole number from 0',
    })
    const pool = this.#workqueues.pool(name, options)
    if (options.creates) this.#needKthreadd().pools.set(pool.object, pool)
    return pool
  }

  /**
   * A workqueue (alloc_workqueue). By default it is served by the kernel's shared pool, whose workers never run out.
   */
  workqueue(name: string, options: WorkqueueOptions = {}): Workqueue {
    assertOptions(`workqueue ${name}`, options, {
      memReclaim: 'true or false',
      rescuesAllAtOnce: 'true or false',
      maxActive: 'a whole number from 0',
      pool: 'an object of the kernel',
      cpus: 'a list',
    })
    const own = options.pool ?? options.cpus?.[0]
    this.#systemPool ??= own ? null : this.workerPool('u4')
    const pool = own ?? (this.#systemPool as WorkerPool)
    return this.#workqueues.queue(name, pool, options)
  }

  /**
   * A work item (INIT_WORK).
   * @param fn what a worker does for it.
   */
  work(name: string, fn: () => Steps<unknown>): Work {
    return this.#workqueues.work(name, fn)
  }

  /** Queues an item (queue_work). @returns false when it was pending already. */
  *queueWork(queue: Workqueue, work: Work): Steps<boolean> {
    assertQueueing('queueWork(queue, work)', queue, work)
    return yield* this.#workqueues.queueing.queueWork(queue, work)
  }

  /** Queues an item on the CPU with this number, of a per-CPU queue (queue_work_on). @returns true if it was queued by this call. */
  *queueWorkOn(cpu: number, queue: Workqueue, work: Work): Steps<boolean> {
    assertQueueing('queueWorkOn(cpu, queue, work)', queue, work)
    return yield* this.#workqueues.queueing.queueWorkOn(cpu, queue, work)
  }

  /** Waits until the item, as it was queued last, is done (flush_work). */
  *flushWork(work: Work): Steps<void> {
    assertIs('flushWork(work) takes a work item', work, Work)
    yield* this.#workqueues.flushing.flushWork(work)
  }

  /** An item that can be queued with a delay. */
  delayedWork(name: string, fn: () => Steps<unknown>): Work {
    return this.#workqueues.work(name, fn, true)
  }

  /** Queues an item after a delay, which may be over at any moment. @returns true if it was queued by this call. */
  *queueDelayedWork(queue: Workqueue, work: Work): Steps<boolean> {
    assertQueueing('queueDelayedWork(queue, work)', queue, work)
    return yield* this.#workqueues.queueing.queueDelayedWork(queue, work)
  }

  /** Begins the delay of an item anew, whether it is pending or not. @returns true if it was pending. */
  *modDelayedWork(queue: Workqueue, work: Work): Steps<boolean> {
    assertQueueing('modDelayedWork(queue, work)', queue, work)
    return yield* this.#workqueues.queueing.modDelayedWork(queue, work)
  }

  /** Ends the delay of an item now, and waits for it. */
  *flushDelayedWork(work: Work): Steps<void> {
    assertIs('flushDelayedWork(work) takes a work item', work, Work)
    yield* this.#workqueues.queueing.flushDelayedWork(work)
  }

  /** Waits until a queue is empty, also of items that are queued meanwhile. */
  *drainWorkqueue(queue: Workqueue): Steps<void> {
    assertIs('drainWorkqueue(queue) takes a workqueue', queue, Workqueue)
    yield* queue.drain()
  }

  /** Waits until all items that are on the queue now are done (__flush_workqueue). */
  *flushWorkqueue(queue: Workqueue): Steps<void> {
    assertIs('flushWorkqueue(queue) takes a workqueue', queue, Workqueue)
    yield* this.#workqueues.flushing.flushWorkqueue(queue)
  }

  /** Takes an item off its queue, or waits until it is done (cancel_work_sync). */
  *cancelWorkSync(work: Work): Steps<void> {
    assertIs('cancelWorkSync(work) takes a work item', work, Work)
    yield* this.#workqueues.queueing.cancelWorkSync(work)
  }

  /**
   * Waits for a completion that a work item will bring about. It is the same as `completion.wait()`, but that under
   * inherit-on-wait the item's worker has the waiter's restrictions meanwhile.
   */
  *waitForWork(completion: Completion, work: Work): Steps<void> {
    assertIs('waitForWork(completion, work) takes a completion first', completion, Completion)
    assertIs('waitForWork(completion, work) takes a work item behind it', work, Work)
    yield* this.#waits.inheriting(work, completion.wait())
  }

  // Filesystems and devices.

  /** A page of the page cache, clean by default. */
  page(name: string, options: { readonly dirty?: boolean } = {}): Page {
    assertOptions(`page ${name}`, options, { dirty: 'true or false' })
    return new Page(this.machine, this.#tasks, name, options.dirty ?? false)
  }

  /** A device that serves requests one after the other. @param serve what it does for each. */
  blockDevice(name: string, serve?: () => Steps<unknown>, flags?: TaskFlags): BlockDevice {
    return new BlockDevice(this.machine, this.#tasks, this.#kthread, name, serve, flags)
  }

  /** A journal with a thread that commits, as jbd2 has one. */
  journal(name: string, options: JournalOptions = {}): Journal {
    assertOptions(`journal ${name}`, options, {
      commit: 'a generator function',
      space: 'a whole number from 0',
      checkpoint: 'a generator function',
    })
    const parts = {
      machine: this.machine,
      tasks: this.#tasks,
      scopes: this.scopes,
      kthread: this.#kthread,
    }
    const journal = new Journal(parts, name, options)
    this.#growing.push(journal)
    return journal
  }

  /** A transaction that opens a NOFS scope, which moves along when the transaction is handed on, as XFS's do. */
  transaction(name: string): Transaction {
    return new Transaction(this.machine, this.#tasks, this.scopes, name)
  }

  /** How allocations meet that memory is tight. For reports. */
  get pressures(): readonly Pressure[] {
    return this.#memory.pressures
  }

  /** @internal The items, queues and pools that there are, for whoever makes them elsewhere. */
  get workRegistry(): WorkRegistry {
    return this.#workqueues.registry
  }

  /** @internal The task that creates workers, where one does. */
  get kthreadd(): Task | null {
    return this.#kthreadd?.task ?? null
  }

  /** @internal What allocations set that want kswapd; null where there is none. */
  get kswapdIsWanted(): MachineObject | null {
    return this.#memory.kswapdIsWanted
  }

  /** @internal Returns true if the scenario says what an allocation does to drain pages. */
  get drainsPages(): boolean {
    return this.#memory.drainsPages
  }

  /** @internal The flags of a task's own scopes, and those that it has for ever. */
  ownFlags(row: Row, task: number): TaskFlags {
    return this.#current.own(row, task)
  }

  /** Returns true if a worker comes with relief. */
  get hasSpareWorkers(): boolean {
    return this.#workqueues.haveSpareWorkers
  }

  /** The restrictions in force for a task. For reports. */
  restrictions(row: Row, task: number): number {
    return this.#current.effective(row, task) & PF.restrictions
  }

  /** Restrictions by name: `NOFS`; empty for none. For reports. */
  restrictionsName(restrictions: number): string {
    const flags = restrictions as TaskFlags
    return flags === 0 ? '' : PF.format(flags).replaceAll('MEMALLOC_', '')
  }

  /** What restrictions leave of a request. For reports. */
  filtered(gfp: number, restrictions: number): number {
    return currentGfpContext(restrictions as TaskFlags, gfp)
  }

  /** What a request may let reclaim do, in words. For reports. */
  requestName(gfp: number): string {
    if ((gfp & __GFP_FS) !== 0) return 'with __GFP_FS'
    return (gfp & __GFP_IO) !== 0
      ? 'with __GFP_IO, without __GFP_FS'
      : 'without __GFP_FS and __GFP_IO'
  }

  /** Ends the building; called by whoever runs the scenario. @throws Misuse when nothing was built that runs. */
  seal(): Machine {
    if (this.machine.tasks.length === 0) {
      throw new Misuse('there is no task: kernel.task(name, function* () { ... })')
    }
    const { workers, rescuers } = this.#workqueues.startWorkers(
      (pool) => this.#kthreadCreate(pool),
      this.#relief,
    )
    if (this.#relief !== null) {
      startRelief(this.machine, this.#kthread, this.#relief, (row) =>
        this.#workqueues.addSpareWorkers(row),
      )
    }
    for (const worker of [...workers, ...rescuers]) this.situations.servesAll(worker)
    for (const rescuer of rescuers) this.situations.addRescuer(rescuer)
    for (const each of this.#growing) each.grow(this.machine.tasks.length)
    return this.machine.seal()
  }

  /** Takes away what interventions at allocations take. */
  readonly #redirect: Redirect = ({ role }, [gfp], callers) => {
    if (role !== ALLOCATION || typeof gfp !== 'number') return null
    return [this.#interventions.gfp(gfp, pathOf(callers))]
  };

  *#kswapd(wake: Variable): Steps<void> {
    yield* wake.waitWhile(0)
    yield* this.#memory.directReclaim(GFP_KERNEL)
    yield* wake.set(0)
  }

  #start(name: string, body: () => Steps<unknown>, daemon: boolean, flags: number): Task {
    const task = this.machine.task(name, body, daemon)
    this.#tasks.add(task)
    this.#current.add(task, flags)
    this.#waits.addTask(task)
    task.onReturn = (row, running) => {
      this.#tasks.checkReturn(row, running)
      this.#current.checkReturn(row, running)
    }
    return task
  }

  #interruptsThere(): Interrupts {
    if (this.#interrupts === null) {
      this.#interrupts = new Interrupts(this.machine, this.#tasks, (name, body) => {
        const thread = this.kthread(name, body)
        this.situations.servesAll(thread)
        return thread
      })
      this.#growing.push(this.#interrupts)
    }
    return this.#interrupts
  }

  #needKthreadd(): Kthreadd {
    if (this.#kthreadd === null) {
      const requests = new Fifo(this.machine, this.#tasks, 'kthread_create_list', 1)
      const pools = new Map<MachineObject, WorkerPool>()
      const task = this.kthread('kthreadd', () => this.#createWorker(requests, pools))
      this.#kthreadd = { task, requests, pools }
      this.situations.servesAll(task)
    }
    return this.#kthreadd
  }

  /** kthreadd: makes a thread for whoever asks. It lives in no scope of its own. */
  *#createWorker(requests: Fifo, pools: Map<MachineObject, WorkerPool>): Steps<void> {
    const object = yield* requests.take()
    yield* this.kmalloc(GFP_KERNEL)
    const pool = pools.get(object) as WorkerPool
    yield* pool.wakeUpNewTask
  }

  *#kthreadCreate(pool: WorkerPool): Steps<void> {
    yield* this.#needKthreadd().requests.put(pool.object)
    yield* pool.waitForWorker
  }
}

function assertQueueing(call: string, queue: unknown, work: unknown): void {
  assertIs(`${call} takes a workqueue first`, queue, Workqueue)
  assertIs(`${call} takes a work item behind it`, work, Work)
}
