/**
 * Cgroup stat: what memory.stat says of a memory cgroup and those below it, and what the OOM killer's report has in place of the machine's
 * memory (mm/memcontrol.c, memory_stat_format and mem_cgroup_print_oom_meminfo, 6.1.192). What is not simulated has no line.
 */
import {
  ACTIVE_ANON,
  ACTIVE_FILE,
  INACTIVE_ANON,
  INACTIVE_FILE,
  type MemCgroup,
  NO_LIMIT,
  type PageAllocator,
} from '@scopemask/allocator'

const PAGE_SIZE = 4096
/** What no limit is in KiB: PAGE_COUNTER_MAX, on 64 bits. */
const UNLIMITED = '9007199254740988'

/** The lines of memory.stat, in the kernel's order: bytes, of the group and all below it. */
export function memoryStat(
  group: MemCgroup,
  memory: PageAllocator,
): readonly (readonly [name: string, value: number])[] {
  const on = (list: number): number => PAGE_SIZE * pagesOn(group, memory, list)
  const inactiveAnon = on(INACTIVE_ANON)
  const activeAnon = on(ACTIVE_ANON)
  const inactiveFile = on(INACTIVE_FILE)
  const activeFile = on(ACTIVE_FILE)
  let objects = 0
  for (const each of group.subtree()) objects += each.objects.bytes
  return [
    ['anon', inactiveAnon + activeAnon],
    ['file', inactiveFile + activeFile],
    ['kernel', kernelPages(group) * PAGE_SIZE],
    ['inactive_anon', inactiveAnon],
    ['active_anon', activeAnon],
    ['inactive_file', inactiveFile],
    ['active_file', activeFile],
    ['slab_reclaimable', objects],
    ['slab_unreclaimable', 0],
    ['slab', objects],
  ]
}

/** Pages that are charged to a group and those below it for objects of slabs. */
function kernelPages(group: MemCgroup): number {
  let pages = 0
  for (const each of group.subtree()) pages += each.objects.pages
  return pages
}

/** Pages on an LRU list of a group and those below it, on all nodes. */
export function pagesOn(group: MemCgroup, { lru, zones }: PageAllocator, list: number): number {
  let pages = 0
  for (const each of group.subtree()) {
    for (let node = 0; node < zones.nodes; node++) {
      pages += lru.size(lru.lruvec(each.number, node), list)
    }
  }
  return pages
}

/** What the OOM killer prints of a group at its limit. */
export function cgroupOomInfo(group: MemCgroup, memory: PageAllocator): string {
  const counter = ({ usage, max, failures }: MemCgroup['memory']): string =>
    `usage ${usage * 4}kB, limit ${limit(max)}kB, failcnt ${failures}`
  return [
    `memory: ${counter(group.memory)}`,
    `swap: ${counter(group.swap)}`,
    `Memory cgroup stats for ${group.path}:`,
    ...memoryStat(group, memory).map(([name, value]) => `${name} ${value}`),
  ].join('\n')
}

function limit(pages: number): string {
  return pages < NO_LIMIT ? `${pages * 4}` : UNLIMITED
}
