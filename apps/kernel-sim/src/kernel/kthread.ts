/** Kthread: a thread of the kernel's own. It starts over for ever. */
import type { TaskFlags } from '@scopemask/allocator'
import type { Task } from '../machine/machine.js'
import type { Steps } from '../machine/operation.js'

/** Starts a kernel thread, with these flags for ever. */
export type StartKthread = (name: string, body: () => Steps<unknown>, flags?: TaskFlags) => Task
