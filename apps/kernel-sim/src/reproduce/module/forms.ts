/**
 * Forms: what each kind of steps of the model is on a real kernel: a call of a function of the harness, the second half of such a call,
 * something that the kernel does by itself, or nothing that a machine can have. The compiler asks for each kind.
 */
import { PF, type TaskFlags } from '@scopemask/allocator'
import type { KernelOperation } from '../../kernel/operation.js'
import type { OperationKind } from '../../kernel/operation-kind.js'
import type { ObjectKind } from './objects.js'
import { Refused } from './refused.js'

/** A call of a function of the harness. */
export interface Call {
  /** The function. It is given the actor, the step, the object and the operands. */
  readonly call: string
  /** What the object of the operation is. */
  readonly on?: ObjectKind
  /** What objects among its operands are. */
  readonly operand?: ObjectKind
  /** The arguments after the object, where they are not the operands. */
  readonly args?: (operation: KernelOperation) => readonly string[]
  /** What the step is called where its name is that of the first of two halves. */
  readonly says?: string
  /** What the function returns for a result of the model; without it nothing. */
  readonly returns?: (operation: KernelOperation, result: number) => number
}

/** The second half of what is one call in C: the model has a step of its own for it, and the C code has none. */
export const SECOND_HALF = 'second half'

/** What the kernel does by itself: inside of an allocation, in reclaim, in workers between items. */
export const BY_ITSELF = 'by itself'

/** Something that cannot be had. */
interface Impossible {
  /** Why, in a sentence without its object. */
  readonly impossible: string
}

/** What a kind of steps is on a real kernel. */
export type Form = Call | typeof SECOND_HALF | typeof BY_ITSELF | Impossible

type Returns = Call['returns']

const same: Returns = (_operation, result) => result
/** An item that is being cancelled is not queued, and a real kernel does not say why it was not. */
const queued: Returns = (_operation, result) => (result === 1 ? 1 : 0)
const some: Returns = (_operation, result) => (result === 0 ? 0 : 1)

const mutex = (call: string, returns?: Returns): Call => form('mutex', call, returns)
const rwsem = (call: string, returns?: Returns): Call => form('rwsem', call, returns)
const spinlock = (call: string): Call => form('spinlock', call)
const bit = (call: string, returns?: Returns): Call => form('bit', call, returns)
const completion = (call: string, returns?: Returns): Call => form('completion', call, returns)
const waitQueue = (call: string, returns?: Returns): Call => form('wait queue', call, returns)
const variable = (call: string, returns?: Returns): Call => form('variable', call, returns)
const journal = (call: string, returns?: Returns): Call => form('journal', call, returns)
const interrupt = (call: string, returns?: Returns): Call => form('interrupt', call, returns)
const work = (call: string, returns?: Returns): Call => form('work', call, returns)

const NO_MEMCG = 'a memory cgroup: a module cannot put its threads into one'
const NO_VICTIM = 'a process that the OOM killer kills: the machine has none to lose'

function impossible(why: string): Impossible {
  return { impossible: why }
}

function form(on: ObjectKind, call: string, returns?: Returns): Call {
  return { call, on, ...(returns ? { returns } : {}) }
}

const FORMS: Readonly<Record<OperationKind, Form>> = {
  mutex_lock: mutex('ksim_mutex_lock'),
  mutex_lock_nested: mutex('ksim_mutex_lock_nested'),
  mutex_trylock: mutex('ksim_mutex_trylock', same),
  mutex_unlock: mutex('ksim_mutex_unlock'),

  // A writer that cannot have it waits in the same call.
  rwsem_queue_writer: { ...rwsem('ksim_down_write'), says: 'down_write' },
  down_write: SECOND_HALF,
  down_read: rwsem('ksim_down_read'),
  down_write_trylock: rwsem('ksim_down_write_trylock', same),
  down_read_trylock: rwsem('ksim_down_read_trylock', same),
  up_write: rwsem('ksim_up_write'),
  up_read: rwsem('ksim_up_read'),
  downgrade_write: rwsem('ksim_downgrade_write'),

  spin_lock: spinlock('ksim_spin_lock'),
  spin_unlock: spinlock('ksim_spin_unlock'),
  spin_lock_bh: spinlock('ksim_spin_lock_bh'),
  spin_unlock_bh: spinlock('ksim_spin_unlock_bh'),
  spin_lock_irqsave: spinlock('ksim_spin_lock_irqsave'),
  spin_unlock_irqrestore: spinlock('ksim_spin_unlock_irqrestore'),

  wait_on_bit_lock: bit('ksim_wait_on_bit_lock'),
  test_and_set_bit: bit('ksim_test_and_set_bit', same),
  clear_and_wake_up_bit: bit('ksim_clear_and_wake_up_bit'),
  wait_on_bit: bit('ksim_wait_on_bit'),

  complete: completion('ksim_complete'),
  complete_all: completion('ksim_complete_all'),
  wait_for_completion: completion('ksim_wait_for_completion'),
  wait_for_completion_timeout: completion('ksim_wait_for_completion_timeout', same),
  try_wait_for_completion: completion('ksim_try_wait_for_completion', same),
  reinit_completion: completion('ksim_reinit_completion'),
  completion_done: completion('ksim_completion_done', same),

  prepare_to_wait: waitQueue('ksim_prepare_to_wait'),
  prepare_to_wait_exclusive: waitQueue('ksim_prepare_to_wait_exclusive'),
  schedule: waitQueue('ksim_schedule'),
  schedule_timeout: waitQueue('ksim_schedule_timeout', same),
  finish_wait: waitQueue('ksim_finish_wait'),
  wake_up: waitQueue('ksim_wake_up'),
  wake_up_all: waitQueue('ksim_wake_up_all'),
  wake_up_nr: waitQueue('ksim_wake_up_nr'),

  read: variable('ksim_read', same),
  set: variable('ksim_set'),
  add: variable('ksim_add'),
  take_one: variable('ksim_take_one', same),
  wait_event: variable('ksim_wait_until'),
  wait_event_timeout: variable('ksim_wait_until_timeout', same),
  wait_event_not: variable('ksim_wait_while'),
  wait_and_set: variable('ksim_exchange'),

  // Which pages is no matter.
  free_pages: { call: 'ksim_free_pages', args: () => [] },

  kfifo_put: { call: 'ksim_fifo_put', on: 'fifo', args: ({ operands }) => operands.map(numberOf) },
  kfifo_get: { call: 'ksim_fifo_get', on: 'fifo', returns: same },

  choose: {
    call: 'ksim_choose',
    args: ({ outcomes }) => [`${outcomes}`],
    returns: same,
  },

  current_save: {
    call: 'ksim_save',
    args: ({ operands }) => operands.map((mask) => flagsText(Number(mask) as TaskFlags)),
    returns: (operation, result) => operation.wide(result),
  },
  current_restore: {
    call: 'ksim_restore',
    args: ({ operands }) => operands.map((mask) => flagsText(Number(mask) as TaskFlags)),
  },

  queue_work: { call: 'ksim_queue_work', on: 'queue', operand: 'work', returns: queued },
  queue_work_on: { call: 'ksim_queue_work', on: 'queue', operand: 'work', returns: queued },
  queue_delayed_work: {
    call: 'ksim_queue_delayed_work',
    on: 'queue',
    operand: 'work',
    returns: queued,
  },
  mod_delayed_work: {
    call: 'ksim_mod_delayed_work',
    on: 'queue',
    operand: 'work',
    returns: queued,
  },
  end_delay: { ...work('ksim_end_delay'), says: 'flush_delayed_work' },
  start_flush_work: { ...work('ksim_flush_work', some), says: 'flush_work' },
  flush_work: SECOND_HALF,
  start_flush_workqueue: { ...form('queue', 'ksim_flush_workqueue'), says: 'flush_workqueue' },
  flush_workqueue: SECOND_HALF,
  drain_workqueue: form('queue', 'ksim_drain_workqueue', same),
  cancel_work: { ...work('ksim_cancel_work', some), says: 'cancel_work_sync' },
  start_cancel_work_sync: SECOND_HALF,
  cancel_work_sync: SECOND_HALF,
  cancel_done: SECOND_HALF,
  begin_wait: { call: 'ksim_begin_wait', operand: 'work' },
  end_wait: { call: 'ksim_end_wait', args: () => [] },

  raise_irq: interrupt('ksim_raise'),
  raise_softirq: interrupt('ksim_raise'),
  mod_timer: interrupt('ksim_mod_timer', same),
  timer_delete: interrupt('ksim_timer_delete', same),
  timer_delete_sync: interrupt('ksim_timer_delete_sync', same),

  ret_from_fork: form('process', 'ksim_ret_from_fork'),
  kernel_clone: form('process', 'ksim_fork'),
  do_exit: { call: 'ksim_exit' },

  xfs_trans_set_context: form('transaction', 'ksim_trans_set'),
  t_pflags: form('transaction', 'ksim_trans_nest'),
  xfs_trans_clear_context: form('transaction', 'ksim_trans_clear', same),
  xfs_trans_switch_context: {
    call: 'ksim_trans_switch',
    on: 'transaction',
    operand: 'transaction',
  },

  jbd2_journal_start: journal('ksim_journal_start'),
  jbd2_journal_stop: journal('ksim_journal_stop'),
  journal_current_handle: { call: 'ksim_journal_nest', returns: same },
  jbd2_journal_stop_nested: { call: 'ksim_journal_unnest' },
  jbd2_log_space_left: journal('ksim_journal_lacks_space', same),
  jbd2_cleanup_journal_tail: journal('ksim_journal_free_space'),
  jbd2_log_start_commit: journal('ksim_journal_start_commit', same),
  jbd2_log_wait_commit: journal('ksim_journal_wait_commit'),
  kjournald2: journal('ksim_journal_begin'),
  jbd2_journal_commit_transaction: journal('ksim_journal_drain'),
  jbd2_commit_done: journal('ksim_journal_finish'),

  remove_element: form('mempool', 'ksim_mempool_take', same),
  io_schedule: form('mempool', 'ksim_mempool_wait'),
  mempool_free: form('mempool', 'ksim_mempool_give'),

  // What an allocation does, and reclaim.
  current_gfp_context: BY_ITSELF,
  might_alloc: BY_ITSELF,
  fs_reclaim_acquire: BY_ITSELF,
  fs_reclaim_release: BY_ITSELF,
  do_shrink_slab: BY_ITSELF,
  memory: BY_ITSELF,
  reclaimed: BY_ITSELF,
  rmqueue: BY_ITSELF,
  rmqueue_reserve: impossible(
    'pages kept for requests with __GFP_HIGH: how many a real kernel keeps cannot be told',
  ),
  out_of_memory: impossible(
    'a request for which the OOM killer kills: the machine has no process to lose',
  ),
  get_signal: impossible(NO_VICTIM),
  exit_mm: impossible(NO_VICTIM),
  free_pcppages_bulk: impossible(
    'the pages that each processor keeps: the machine has one processor, and kernels since 6.1 take those of others back without an item on them',
  ),
  // Whoever charges it is refused.
  get_mem_cgroup_from_current: BY_ITSELF,
  set_active_memcg: impossible(NO_MEMCG),
  page_counter_try_charge: impossible(NO_MEMCG),
  page_counter_charge: impossible(NO_MEMCG),
  page_counter_uncharge: impossible(NO_MEMCG),

  // How a handler begins and ends the harness knows, and what workers do between items.
  handle_irq_event: BY_ITSELF,
  handle_irq_event_returns: BY_ITSELF,
  handle_softirqs: BY_ITSELF,
  handle_softirqs_returns: BY_ITSELF,
  call_timer_fn: BY_ITSELF,
  call_timer_fn_returns: BY_ITSELF,
  delayed_work_timer_fn: BY_ITSELF,
  worker_thread: BY_ITSELF,
  worker_enter_idle: BY_ITSELF,
  process_one_work: BY_ITSELF,
  rescuer_thread: BY_ITSELF,
  finish_work: BY_ITSELF,
  create_worker: BY_ITSELF,
  wake_up_new_task: BY_ITSELF,
  // The director gives back what was taken.
  relief: BY_ITSELF,
}

/** Flags of a task as C has them. */
export function flagsText(mask: TaskFlags): string {
  const names = PF.format(mask).split('|')
  return (mask as number) === 0 ? '0' : names.map((name) => `PF_${name.trim()}`).join(' | ')
}

/** What an operation is on a real kernel. */
export function formOf({ kind }: KernelOperation): Form {
  return FORMS[kind]
}

/** The call that an operation is; null where it is none. */
export function callOf(operation: KernelOperation): Call | null {
  const form = formOf(operation)
  return typeof form === 'object' && 'call' in form ? form : null
}

/** Why a kind of steps cannot be on a real kernel; empty where it can. */
export function whyImpossible(kind: OperationKind): string {
  const form = FORMS[kind]
  return typeof form === 'object' && 'impossible' in form ? form.impossible : ''
}

/** @throws Refused for an operation that cannot be on a real kernel. */
export function assertPossible(operation: KernelOperation): void {
  const why = whyImpossible(operation.kind)
  if (why !== '') throw new Refused(`${operation.object ?? operation}`, why)
}

function numberOf(operand: KernelOperation['operands'][number]): string {
  return typeof operand === 'number' ? `${operand}` : `${operand.reference}`
}
