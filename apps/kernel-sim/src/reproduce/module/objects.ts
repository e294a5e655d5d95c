/**
 * Objects: what the objects of a scenario are on a real kernel: their type in C, what makes them, and what puts them back into the
 * state in which nothing has happened.
 */
import type { MachineObject } from '@scopemask/checker/machine'
import { quoted } from './c-text.js'
import { Refused } from './refused.js'

/** An object, as it is written in C. */
export interface Written {
  readonly id: string
  readonly object: MachineObject
  /** What lockdep takes it for. */
  readonly lockClass: string
  /** The identifier of the key of that class. */
  readonly key: string
}

/** What an object is in C. */
interface ObjectForm {
  readonly type: string
  /** True if lockdep knows it by a class that it is made with. */
  readonly isClassed?: true
  /** Makes it, once. */
  readonly make?: (written: Written) => string
  /** Puts it back into its first state, before each round. */
  readonly reset?: (written: Written) => string
  /** Why it is not the kernel's own, where it is made of the same primitives as the model's. */
  readonly standsIn?: string
}

/** How many objects a fifo may have room for: KSIM_MOST_SLOTS of the harness. */
const MOST_SLOTS = 64

/** @throws Refused for a fifo that the harness has no room for. */
function slotsOf(object: MachineObject): number {
  const { length } = object.fields
  if (length > MOST_SLOTS) {
    throw new Refused(
      `${object}`,
      `a fifo with room for ${length}: the harness has room for ${MOST_SLOTS}`,
    )
  }
  return length
}

/** How much it holds at first, of what has a number. */
const initial = ({ object }: Written): number => object.fields[0]?.initial ?? 0

const FORMS = {
  mutex: {
    type: 'struct mutex',
    isClassed: true,
    make: ({ id, lockClass, key }) => `__mutex_init(&${id}, ${quoted(lockClass)}, &${key});`,
  },
  rwsem: {
    type: 'struct rw_semaphore',
    isClassed: true,
    make: ({ id, lockClass, key }) => `__init_rwsem(&${id}, ${quoted(lockClass)}, &${key});`,
  },
  spinlock: { type: 'struct ksim_spinlock', make: ({ id }) => `spin_lock_init(&${id}.lock);` },
  bit: { type: 'struct ksim_bit', reset: ({ id }) => `${id}.word = 0;` },
  completion: {
    type: 'struct completion',
    make: ({ id }) => `init_completion(&${id});`,
    reset: ({ id }) => `reinit_completion(&${id});`,
  },
  'wait queue': {
    type: 'struct ksim_waitqueue',
    make: ({ id }) => `init_waitqueue_head(&${id}.head);`,
    reset: ({ id }) => `ksim_reset_waitqueue(&${id});`,
  },
  variable: {
    type: 'struct ksim_variable',
    make: ({ id }) => `init_waitqueue_head(&${id}.waiters);`,
    reset: (written) => `atomic_set(&${written.id}.value, ${initial(written)});`,
  },
  fifo: {
    type: 'struct ksim_fifo',
    make: ({ id, object }) => `ksim_init_fifo(&${id}, ${slotsOf(object)});`,
    reset: ({ id }) => `kfifo_reset(&${id}.items);`,
  },
  // These are written with what is known of them, in the module itself.
  queue: { type: 'struct ksim_queue' },
  work: { type: 'struct ksim_work' },
  interrupt: { type: 'struct ksim_interrupt' },
  process: {
    type: 'struct ksim_process',
    make: ({ id }) => `init_waitqueue_head(&${id}.waiters);`,
    reset: ({ id }) => `${id}.started = false;`,
    standsIn:
      'a thread that is there beforehand and takes the flags of whoever forks it: no scope can be put into a usermode helper',
  },
  transaction: {
    type: 'struct ksim_transaction',
    reset: ({ id }) => `${id}.owner = NULL;`,
    standsIn: 'what belongs to the transaction of a filesystem besides its scope is left out',
  },
  journal: {
    type: 'struct ksim_journal',
    make: ({ id }) => `ksim_init_journal(&${id});`,
    reset: ({ id, object }) => `ksim_reset_journal(&${id}, ${spaceOf(object)});`,
    standsIn: 'handles, commit and log space as in the model; no block is written',
  },
  mempool: {
    type: 'struct ksim_mempool',
    make: ({ id }) => `init_waitqueue_head(&${id}.waiters);`,
    reset: (written) => `atomic_set(&${written.id}.left, ${initial(written)});`,
    standsIn: 'elements are counted: which of its four ways a mempool goes cannot be chosen',
  },
} as const satisfies Record<string, ObjectForm>

/** What an object is on a real kernel. */
export type ObjectKind = keyof typeof FORMS

/** What a kind of objects is in C. */
export function objectForm(kind: ObjectKind): ObjectForm {
  return FORMS[kind]
}

/** How many committed transactions the log of a journal has room for: its last field, as it begins. */
function spaceOf({ fields }: MachineObject): number {
  return fields[4]?.initial ?? 0
}
