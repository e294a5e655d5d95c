/**
 * The memalloc scopes of include/linux/sched/mm.h, on core's raw layer: no order is checked, and restore ors its
 * token unmasked, as the kernel does. `context.enter(PF_MEMALLOC_NOFS)` is the checked form.
 */
import type { Context } from '@scopemask/core'
import {
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  PF_MEMALLOC_PIN,
  type TaskFlags,
} from './flags.js'

/** What `current` points to, as far as allocation goes. */
export type Task = Context<'PF'>

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
