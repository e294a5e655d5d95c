/**
 * The memalloc scopes of include/linux/sched/mm.h, on core's raw layer: no order is checked, and restore ors its
 * token unmasked, as the kernel does. `task.enter(PF_MEMALLOC_NOFS)` is the checked form.
 *
 * Since 6.9 all of them are memalloc_flags_save() and memalloc_flags_restore(), whose token is the opposite: the flags
 * that the save set, which the restore clears. Closed in the reverse order of opening, both leave the same flags. In
 * another order they do not: the outer restore first leaves the flag set for ever in the old form, and
 * lifts the restriction early in the new one.
 */
import type { Task as CoreTask } from '@scopemask/core/task'
import {
  PF,
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  PF_MEMALLOC_PIN,
  type TaskFlags,
} from './flags.js'

const NONE = PF.mask()

/** What `current` points to, as far as allocation goes. */
export type Task = CoreTask<'PF'>

/** From here on no request of the task enters the filesystem. Returns the token for the restore. */
export function memallocNofsSave(task: Task): TaskFlags {
  return task.save(PF_MEMALLOC_NOFS)
}

/** Ends the section that the save with this token began. */
export function memallocNofsRestore(task: Task, token: TaskFlags): void {
  task.restore(PF_MEMALLOC_NOFS, token)
}

/** From here on no request of the task starts I/O. Returns the token for the restore. */
export function memallocNoioSave(task: Task): TaskFlags {
  return task.save(PF_MEMALLOC_NOIO)
}

/** Ends the section that the save with this token began. */
export function memallocNoioRestore(task: Task, token: TaskFlags): void {
  task.restore(PF_MEMALLOC_NOIO, token)
}

/** From here on no request of the task enters direct reclaim, and all may use the reserves. Returns the token. */
export function memallocNoreclaimSave(task: Task): TaskFlags {
  return task.save(PF_MEMALLOC)
}

/** Ends the section that the save with this token began. */
export function memallocNoreclaimRestore(task: Task, token: TaskFlags): void {
  task.restore(PF_MEMALLOC, token)
}

/** From here on no page of the task may be movable. Returns the token for the restore. */
export function memallocPinSave(task: Task): TaskFlags {
  return task.save(PF_MEMALLOC_PIN)
}

/** Ends the section that the save with this token began. */
export function memallocPinRestore(task: Task, token: TaskFlags): void {
  task.restore(PF_MEMALLOC_PIN, token)
}

/**
 * Sets the flags and returns those that were not set before, for {@link memallocFlagsRestore} (6.9 and later).
 * @param flags any task flags, several at once too
 */
export function memallocFlagsSave(task: Task, flags: TaskFlags): TaskFlags {
  return (flags & ~task.save(flags)) as TaskFlags
}

/** Clears the flags of the token that {@link memallocFlagsSave} returned. */
export function memallocFlagsRestore(task: Task, token: TaskFlags): void {
  task.restore(token, NONE)
}
