/** The full path: scope filter, watermarks, per-CPU lists, migratetypes, owners, counters. */
import { GFP_KERNEL, NO_PAGE, PageAllocator, PF } from '@scopemask/allocator'
import { Task } from '@scopemask/core/task'

export default (pages, slots) => {
  const allocator = new PageAllocator({ nodes: [{ Normal: pages }] })
  const task = new Task(PF, { name: 'bench' })
  return {
    alloc: (order) => allocator.alloc(task, GFP_KERNEL, order),
    free: (page, order) => allocator.free(page, order),
    held: new Int32Array(slots),
    none: NO_PAGE,
    place: (page) => page,
  }
}
