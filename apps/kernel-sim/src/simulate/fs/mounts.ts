/** Mounts: filesystems that come and go beside the one that the machine has, and what slabs give back when they go. */
import type { LiveSteps } from '@scopemask/checker/live'
import type { Task } from '../task.js'
import type { Files } from './files.js'
import type { ObjectCache } from './object-cache.js'

export class Mounts {
  /** How many have been unmounted. */
  unmounts = 0
  /** Pages of slabs, of dentries and of their inodes, before and after, in all. */
  before = 0
  after = 0
  /** Dentries and inodes that their shrinkers freed meanwhile. */
  shrunk = 0
  readonly #files: Files

  constructor(files: Files) {
    this.#files = files
  }

  /** Loads a module and mounts. @throws RangeError when the module is loaded already */
  mount(task: Task, module: string): Mount {
    const objects = this.#files.mounted(module)
    return new Mount(task, objects, () => this.#unmounting(objects))
  }

  /** What is known before; what is returned is told what is known after. */
  #unmounting(objects: ObjectCache): () => void {
    this.before += objects.slabPages
    return () => {
      this.unmounts++
      this.after += objects.slabPages
      this.shrunk += objects.freed
    }
  }
}

/** One of them. */
export class Mount {
  readonly #task: Task
  readonly #objects: ObjectCache
  readonly #unmounting: () => () => void

  constructor(task: Task, objects: ObjectCache, unmounting: () => () => void) {
    this.#task = task
    this.#objects = objects
    this.#unmounting = unmounting
  }

  /** Looks a file up, once its time has passed. Returns false when there was no memory. */
  *lookup(file: number): LiveSteps<boolean> {
    const objects = this.#objects
    if (!objects.hasDentry(file)) {
      if (!(yield* objects.addDentry(this.#task, file))) return false
      objects.name(file, file)
      if (!objects.hasInode(file) && !(yield* objects.addInode(this.#task, file))) return false
    }
    objects.used(file)
    return true
  }

  *unmount(): LiveSteps {
    const done = this.#unmounting()
    yield* this.#objects.unmount(this.#task)
    done()
  }
}
