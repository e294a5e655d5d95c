/**
 * Journal: a running transaction that handles join, and a thread that commits it (fs/jbd2/transaction.c and commit.c, Linux 6.12).
 *
 * - A handle opens a NOFS scope, and the thread lives in one for ever. A handle of a task that has one already is the same
 *   handle once more (`journal_current_handle`).
 * - A commit first locks the transaction (T_LOCKED) and waits for its handles; new handles wait meanwhile. Then it writes
 *   (T_FLUSH, T_COMMIT), while new handles join the next transaction.
 * - With a log of limited size a new handle waits for space: it takes the checkpoint mutex and writes back what was committed.
 */
import { PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { Field, Machine, MachineObject, Row } from '@scopemask/checker/machine'
import { BLOCKED, type Operation, type Steps } from '@scopemask/checker/machine'
import { ReferenceList } from '../data/reference-list.js'
import { Mutex } from '../lock/mutex.js'
import { KernelOperation } from '../operation.js'
import type { Scopes } from '../task/scopes.js'
import type { TaskStates } from '../task/task-state.js'
import type { StartKthread } from '../work/kthread.js'

/** What a handle is to lockdep (jbd2_trans_commit_map). */
const HANDLE = 'jbd2_handle'

/** What becomes of the transaction that is being committed; IDLE when none is. */
const IDLE = 0
const LOCKED = 1
const WRITING = 2

/** What a journal may be made with. */
export interface JournalOptions {
  /** What a commit does once no handle is open: writes, and allocates for it. */
  readonly commit?: () => Steps<unknown>
  /** How many committed transactions the log has room for until they are written back. By default they are no matter. */
  readonly space?: number
  /** Writes back what was committed, to free space in the log: done by whoever starts a handle and finds none. */
  readonly checkpoint?: () => Steps<unknown>
}

/** What a journal is made with. */
interface Parts {
  readonly machine: Machine
  readonly tasks: TaskStates
  readonly scopes: Scopes
  readonly kthread: StartKthread
}

/**
 * A journal of jbd2's kind: handles join the transaction that runs, a commit waits until all of its handles are
 * closed.
 */
export class Journal {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  readonly #scopes: Scopes
  readonly #machine: Machine
  readonly #isLimited: boolean
  readonly #checkpoint: () => Steps<unknown>
  readonly #checkpointMutex: Mutex
  /** How many handles each task has open, one in the other. */
  readonly #depths: Field[] = []
  /** Who waits for the transaction that runs, and who for the one that is committed. */
  readonly #awaitRunning: ReferenceList
  readonly #awaitCommitting: ReferenceList
  readonly #nest: Operation
  readonly #unnest: Operation
  readonly #start: Operation
  readonly #stop: Operation
  readonly #lacksSpace: Operation
  readonly #freeSpace: Operation
  readonly #request: Operation
  readonly #waitCommit: Operation

  constructor({ machine, tasks, scopes, kthread }: Parts, name: string, options: JournalOptions) {
    const { commit, space = 0, checkpoint = function* () {} } = options
    this.#machine = machine
    this.#scopes = scopes
    this.#checkpoint = checkpoint
    this.#isLimited = space > 0
    const object = machine.object(name)
    this.object = object
    this.#checkpointMutex = new Mutex(machine, tasks, `j_checkpoint_mutex of ${name}`)
    /** Says if a transaction runs, and how many tasks have handles of it. */
    const running = machine.field(object, 'running')
    const handles = machine.field(object, 'handles')
    const requested = machine.field(object, 'requested')
    const state = machine.field(object, 'commit')
    const free = machine.field(object, 'space', space)
    this.#awaitRunning = new ReferenceList(machine, object, 'waits for the running transaction')
    this.#awaitCommitting = new ReferenceList(machine, object, 'waits for the commit')
    const depth = (task: number): Field => this.#depths[task] as Field
    const commits = () => ({ what: `the commit of journal ${object}`, tasks: [thread.index] })

    this.#start = new KernelOperation({
      name: 'jbd2_journal_start',
      object,
      effect: { kind: 'acquire', lock: object, class: HANDLE, mode: 'read' },
      wait: commits,
      attempt: (row, task) => {
        tasks.mightSleep(row, task, 'jbd2_journal_start', object)
        if (state.get(row) === LOCKED) return BLOCKED
        running.set(row, 1)
        handles.set(row, handles.get(row) + 1)
        depth(task).set(row, 1)
        return 0
      },
    })
    this.#stop = new KernelOperation({
      name: 'jbd2_journal_stop',
      object,
      wakes: true,
      effect: { kind: 'release', lock: object, class: HANDLE },
      attempt: (row, task) => {
        depth(task).set(row, 0)
        handles.set(row, handles.get(row) - 1)
        return 0
      },
    })
    // Only the task itself sees how deep it is.
    this.#nest = new KernelOperation({
      name: 'journal_current_handle',
      results: ['none', 'one more of it'],
      attempt: (row, task) => {
        const open = depth(task).get(row)
        if (open > 0) depth(task).set(row, open + 1)
        return open > 0 ? 1 : 0
      },
    })
    this.#unnest = new KernelOperation({
      name: 'jbd2_journal_stop_nested',
      attempt: (row, task) => {
        depth(task).set(row, depth(task).get(row) - 1)
        return 0
      },
    })
    this.#lacksSpace = new KernelOperation({
      name: 'jbd2_log_space_left',
      object,
      results: ['enough', 'too little'],
      attempt: (row) => (free.get(row) === 0 ? 1 : 0),
    })
    this.#freeSpace = new KernelOperation({
      name: 'jbd2_cleanup_journal_tail',
      object,
      wakes: true,
      attempt: (row) => {
        free.set(row, space)
        return 0
      },
    })
    this.#request = new KernelOperation({
      name: 'jbd2_log_start_commit',
      object,
      results: ['nothing to commit', 'requested'],
      attempt: (row, task) => {
        tasks.mightSleep(row, task, 'jbd2_journal_force_commit', object)
        const me = tasks.reference(task)
        if (running.get(row) === 1) {
          requested.set(row, 1)
          this.#awaitRunning.push(row, me)
        } else if (state.get(row) === WRITING) this.#awaitCommitting.push(row, me)
        else return 0
        return 1
      },
    })
    this.#waitCommit = new KernelOperation({
      name: 'jbd2_log_wait_commit',
      object,
      effect: { kind: 'pass', lock: object, class: HANDLE },
      wait: commits,
      attempt: (row, task) => {
        const me = tasks.reference(task)
        const waits =
          this.#awaitRunning.includes(row, me) || this.#awaitCommitting.includes(row, me)
        return waits ? BLOCKED : 0
      },
    })

    const begin = new KernelOperation({
      name: 'kjournald2',
      object,
      attempt: (row) => {
        if (requested.get(row) === 0) return BLOCKED
        requested.set(row, 0)
        state.set(row, LOCKED)
        return 0
      },
    })
    const holders = (row: Row) => ({
      what: `the handles of journal ${object}`,
      tasks: machine.tasks.flatMap(({ index }) => (depth(index).get(row) > 0 ? [index] : [])),
    })
    const drain = new KernelOperation({
      name: 'jbd2_journal_commit_transaction',
      object,
      wakes: true,
      wait: holders,
      attempt: (row) => {
        if (handles.get(row) > 0) return BLOCKED
        state.set(row, WRITING)
        running.set(row, 0)
        for (const waiter of this.#awaitRunning.all(row)) this.#awaitCommitting.push(row, waiter)
        this.#awaitRunning.clear(row)
        return 0
      },
    })
    const finish = new KernelOperation({
      name: 'jbd2_commit_done',
      object,
      wakes: true,
      attempt: (row) => {
        state.set(row, IDLE)
        this.#awaitCommitting.clear(row)
        if (space > 0) free.set(row, Math.max(0, free.get(row) - 1))
        return 0
      },
    })
    const thread = kthread(
      'kjournald2',
      function* () {
        yield* begin
        yield* drain
        if (commit) yield* commit()
        yield* finish
      },
      scopes.forLife(PF_MEMALLOC_NOFS),
    )
  }

  /** Makes room for all who may use it, once all tasks are known. */
  grow(tasks: number): void {
    for (const task of this.#machine.tasks) {
      this.#depths.push(this.#machine.field(task, `handles of ${this.object}`))
    }
    this.#awaitRunning.grow(tasks)
    this.#awaitCommitting.grow(tasks)
  }

  /** Runs a section with a handle open, in the handle's NOFS scope. */
  *handle<R>(section: () => Steps<R>): Steps<R> {
    if ((yield* this.#nest) === 1) {
      const result = yield* section()
      yield* this.#unnest
      return result
    }
    if (this.#isLimited) yield* this.#waitForSpace()
    yield* this.#start
    const result = yield* this.#scopes.section(PF_MEMALLOC_NOFS, section)
    yield* this.#stop
    return result
  }

  /** Asks for a commit of the running transaction and waits for it; with none running, for the one that is being written. */
  *forceCommit(): Steps<void> {
    if ((yield* this.#request) === 1) yield* this.#waitCommit
  }

  /** __jbd2_log_wait_for_space (fs/jbd2/checkpoint.c). */
  *#waitForSpace(): Steps<void> {
    if ((yield* this.#lacksSpace) === 0) return
    yield* this.#checkpointMutex.lock()
    if ((yield* this.#lacksSpace) === 1) {
      yield* this.#checkpoint()
      yield* this.#freeSpace
    }
    yield* this.#checkpointMutex.unlock()
  }
}
