/**
 * Journal: a running transaction that handles join, and a thread that commits it (fs/jbd2). A commit waits for the handles
 * that are open, and new handles wait for the commit. A handle opens a NOFS scope, and the thread lives in one for ever.
 */
import { PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { Machine, MachineObject } from '@scopemask/checker/machine'
import { BLOCKED, Misuse, type Operation, type Steps } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { Scopes } from '../task/scopes.js'
import type { StartKthread } from '../work/kthread.js'

/** What a handle is to lockdep (jbd2_trans_commit_map). */
const HANDLE = 'jbd2_handle'

export interface JournalOptions {
  /** What a commit does once no handle is open: writes, and allocates for it. */
  readonly commit?: () => Steps<unknown>
}

export class Journal {
  readonly object: MachineObject
  readonly #scopes: Scopes
  readonly #start: Operation
  readonly #stop: Operation
  readonly #request: Operation
  readonly #waitCommit: Operation

  constructor(
    machine: Machine,
    scopes: Scopes,
    kthread: StartKthread,
    name: string,
    { commit }: JournalOptions = {},
  ) {
    this.#scopes = scopes
    const object = machine.object(name)
    this.object = object
    const handles = machine.field(object, 'handles')
    const state = machine.field(object, 'commit')
    const holders = (): { what: string; tasks: readonly number[] } => ({
      what: `the commit of journal ${name}`,
      tasks: [thread.index],
    })
    this.#start = new KernelOperation({
      name: 'jbd2_journal_start',
      object,
      effect: { kind: 'acquire', lock: object, class: HANDLE, mode: 'read' },
      wait: holders,
      attempt: (row) => {
        if (state.get(row) !== 0) return BLOCKED
        handles.set(row, handles.get(row) + 1)
        return 0
      },
    })
    this.#stop = new KernelOperation({
      name: 'jbd2_journal_stop',
      object,
      wakes: true,
      effect: { kind: 'release', lock: object, class: HANDLE },
      attempt: (row) => {
        const open = handles.get(row)
        if (open === 0) throw new Misuse(`a handle of journal ${name} is stopped, and none is open`)
        handles.set(row, open - 1)
        return 0
      },
    })
    this.#request = new KernelOperation({
      name: 'jbd2_log_start_commit',
      object,
      attempt: (row) => {
        if (state.get(row) === 0) state.set(row, 1)
        return 0
      },
    })
    this.#waitCommit = new KernelOperation({
      name: 'jbd2_log_wait_commit',
      object,
      effect: { kind: 'pass', lock: object, class: HANDLE },
      wait: holders,
      attempt: (row) => (state.get(row) === 0 ? 0 : BLOCKED),
    })
    const begin = new KernelOperation({
      name: 'kjournald2',
      object,
      attempt: (row) => (state.get(row) === 1 ? 0 : BLOCKED),
    })
    const drain = new KernelOperation({
      name: 'jbd2_journal_commit_transaction',
      object,
      wait: () => ({ what: `the handles of journal ${name}` }),
      attempt: (row) => (handles.get(row) === 0 ? 0 : BLOCKED),
    })
    const finish = new KernelOperation({
      name: 'jbd2_commit_done',
      object,
      wakes: true,
      attempt: (row) => {
        state.set(row, 0)
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

  /** Runs a section with a handle open, in the handle's NOFS scope. */
  *handle<R>(section: () => Steps<R>): Steps<R> {
    yield* this.#start
    const result = yield* this.#scopes.section(PF_MEMALLOC_NOFS, section)
    yield* this.#stop
    return result
  }

  /** Asks for a commit and waits for it. */
  *forceCommit(): Steps<void> {
    yield* this.#request
    yield* this.#waitCommit
  }
}
