/** Groups: the memory cgroups of a machine, by their paths. */
import type { MemCgroup, PageAllocator } from '@scopemask/allocator'
import type { CgroupSpec } from '../machine-spec.js'

export class Groups {
  /** By path, without a `/` in front: each after the one that it is in. */
  readonly #byPath = new Map<string, MemCgroup>()

  constructor({ memcgs }: PageAllocator, specs: readonly CgroupSpec[]) {
    for (const { path, oomGroup, ...limits } of specs) {
      const cut = path.lastIndexOf('/')
      const parent = cut < 0 ? memcgs.root : this.get(path.slice(0, cut))
      const group = memcgs.create(path.slice(cut + 1), limits, parent)
      group.oomGroup = oomGroup
      this.#byPath.set(path, group)
    }
  }

  /** All groups, each after the one that it is in. */
  get all(): readonly (readonly [path: string, group: MemCgroup])[] {
    return [...this.#byPath]
  }

  /** @throws RangeError for a path that no group has */
  get(path: string): MemCgroup {
    const group = this.#byPath.get(path)
    if (group === undefined) throw new RangeError(`there is no memory cgroup ${path}`)
    return group
  }
}
