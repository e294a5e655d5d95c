/**
 * Scopes: the memalloc scopes of the running task (include/linux/sched/mm.h). The raw functions do what the kernel's
 * do; the sections open a scope where the policy has one, so that one scenario serves all policies.
 */
import { PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO, type TaskFlags } from '@scopemask/allocator'
import type { Steps } from '@scopemask/checker/machine'
import type { Policy } from '../policy.js'
import type { Current } from './current.js'

/** The memalloc scopes of the running task: the kernel's functions, and sections that the policy decides about. */
export class Scopes {
  readonly #current: Current
  readonly #policy: Policy

  constructor(current: Current, policy: Policy) {
    this.#current = current
    this.#policy = policy
  }

  /** Whatever the policy: from here on no request of the task enters the filesystem. Returns the token. */
  *memallocNofsSave(): Steps<TaskFlags> {
    return yield* this.#current.save(PF_MEMALLOC_NOFS)
  }

  /** Ends the scope that gave this token. */
  *memallocNofsRestore(saved: TaskFlags): Steps<void> {
    yield* this.#current.restore(PF_MEMALLOC_NOFS, saved)
  }

  /** Whatever the policy: from here on no request of the task starts I/O. Returns the token. */
  *memallocNoioSave(): Steps<TaskFlags> {
    return yield* this.#current.save(PF_MEMALLOC_NOIO)
  }

  /** Ends the scope that gave this token. */
  *memallocNoioRestore(saved: TaskFlags): Steps<void> {
    yield* this.#current.restore(PF_MEMALLOC_NOIO, saved)
  }

  /** Sets flags by hand, grants included, and returns what these bits were. */
  *saveFlags(mask: TaskFlags): Steps<TaskFlags> {
    return yield* this.#current.save(mask)
  }

  /** Puts the bits of the mask back to what they were. */
  *restoreFlags(mask: TaskFlags, saved: TaskFlags): Steps<void> {
    yield* this.#current.restore(mask, saved)
  }

  /** Opens a scope that is closed elsewhere, if the policy has scopes. Returns what the bits were. */
  *open(mask: TaskFlags): Steps<TaskFlags> {
    return this.#policy.scope ? yield* this.#current.save(mask) : (0 as TaskFlags)
  }

  /** Closes a scope that {@link open} opened, if the policy has scopes. */
  *close(mask: TaskFlags, saved: TaskFlags): Steps<void> {
    if (this.#policy.scope) yield* this.#current.restore(mask, saved)
  }

  /** Runs a section in a scope, if the policy has scopes. */
  *section<R>(mask: TaskFlags, section: () => Steps<R>): Steps<R> {
    return this.#policy.scope ? yield* this.#scoped(mask, section) : yield* section()
  }

  /** Runs the body of a work function in a scope of its own, if the policy has that. */
  *calleeSection<R>(mask: TaskFlags, section: () => Steps<R>): Steps<R> {
    return this.#policy.calleeScope ? yield* this.#scoped(mask, section) : yield* section()
  }

  /** The flags of a thread that lives in a scope for ever, if the policy has scopes. */
  forLife(mask: TaskFlags): TaskFlags {
    return this.#policy.scope ? mask : (0 as TaskFlags)
  }

  *#scoped<R>(mask: TaskFlags, section: () => Steps<R>): Steps<R> {
    const saved = yield* this.#current.save(mask)
    const result = yield* section()
    yield* this.#current.restore(mask, saved)
    return result
  }
}
