/** Cgroups: what a run has shown of its memory cgroups, as data and as figures. */
import { type MemCgroup, type MemcgEvents, NO_LIMIT } from '@scopemask/allocator'
import type { Charges } from '../memory/charges.js'
import type { Groups } from '../memory/groups.js'
import { MS } from '../time.js'

const PAGE_SIZE = 4096

/** A memory cgroup at the end of a run, with those below it. */
export interface CgroupResult {
  /** As the machine names it: `web/worker`. */
  readonly path: string
  /** memory.current and memory.peak, bytes. */
  readonly current: number
  readonly peak: number
  /** Limits, bytes; null for none. */
  readonly max: number | null
  readonly high: number | null
  /** memory.events. */
  readonly events: Readonly<MemcgEvents>
  /** How often its tasks reclaimed for its limits, and the pages that they freed. */
  readonly reclaims: number
  readonly reclaimed: number
  /** How often its own tasks were made to sleep above memory.high, and for how long, ns. */
  readonly throttles: number
  readonly throttled: number
}

/** What groups are taken from. */
export interface GroupedMachine {
  readonly groups: Groups
  readonly charges: Charges
}

/** All groups, each after the one that it is in. */
export function cgroupsOf({ groups, charges }: GroupedMachine): CgroupResult[] {
  return groups.all.map(([path, group]) => ({
    path,
    current: group.usage * PAGE_SIZE,
    peak: group.memory.watermark * PAGE_SIZE,
    max: limitOf(group.memory.max),
    high: limitOf(group.high),
    events: { ...group.events },
    ...charges.workOf(group),
  }))
}

/** The figures of groups, by the names of their files. */
export function cgroupFacts(machine: GroupedMachine): Readonly<Record<string, number>> {
  const facts: Record<string, number> = {}
  for (const { path, peak, events, reclaims, reclaimed, throttled } of cgroupsOf(machine)) {
    const note = (figure: string, value: number): void => {
      facts[cgroupFigure(path, figure)] = value
    }
    note('memory.peak_kb', peak / 1024)
    for (const [event, times] of Object.entries(events)) note(`memory.events.${event}`, times)
    note('reclaims', reclaims)
    note('reclaimed', reclaimed)
    note('throttled_ms', throttled / MS)
  }
  return facts
}

/** How a figure of a group is named. */
export function cgroupFigure(path: string, figure: string): string {
  return `cgroup.${path}.${figure}`
}

function limitOf(pages: MemCgroup['high']): number | null {
  return pages < NO_LIMIT ? pages * PAGE_SIZE : null
}
