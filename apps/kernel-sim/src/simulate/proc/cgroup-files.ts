/** Cgroup files: the files of memory cgroups below /sys/fs/cgroup, at the moment, in the kernel's formats (mm/memcontrol.c, memory_files, 6.1.192). */
import { type MemCgroup, NO_LIMIT, type PageAllocator } from '@scopemask/allocator'
import { memoryStat } from '../memory/cgroup-stat.js'
import type { Groups } from '../memory/groups.js'

const PAGE_SIZE = 4096

/** Texts by their paths below /sys/fs/cgroup: `web/memory.current`. */
export function cgroupFiles({
  groups,
  memory,
}: {
  readonly groups: Groups
  readonly memory: PageAllocator
}): Readonly<Record<string, string>> {
  return Object.fromEntries(
    groups.all.flatMap(([path, group]) =>
      Object.entries(filesOf(group, memory)).map(([name, text]) => [`${path}/${name}`, text]),
    ),
  )
}

function filesOf(group: MemCgroup, memory: PageAllocator): Readonly<Record<string, string>> {
  return {
    'memory.current': bytes(group.usage),
    'memory.peak': bytes(group.memory.watermark),
    'memory.min': bytes(group.memory.min),
    'memory.low': bytes(group.memory.low),
    'memory.high': bytes(group.high),
    'memory.max': bytes(group.memory.max),
    'memory.oom.group': `${group.oomGroup ? 1 : 0}\n`,
    'memory.events': lines(Object.entries(group.events)),
    'memory.events.local': lines(Object.entries(group.eventsLocal)),
    'memory.stat': lines(memoryStat(group, memory)),
    'memory.swap.current': bytes(group.swap.usage),
    'memory.swap.max': bytes(group.swap.max),
    'memory.swap.events': lines([['high', 0], ...Object.entries(group.swapEvents)]),
  }
}

function bytes(pages: number): string {
  return pages < NO_LIMIT ? `${pages * PAGE_SIZE}\n` : 'max\n'
}

function lines(values: Iterable<readonly [string, number]>): string {
  return [...values].map(([name, value]) => `${name} ${value}\n`).join('')
}
