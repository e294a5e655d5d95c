/** Kthread: a thread of the kernel's own. It starts over for ever. */
import type { TaskFlags } from '@scopemask/allocator'
import type { Steps, Task } from '@scopemask/checker/machine'

/** Starts a kernel thread, with these flags for ever. */
export type StartKthread = (name: string, body: () => Steps<unknown>, flags?: TaskFlags) => Task
