/**
 * Memory cgroups of a machine file, by path, with the files of cgroup v2 by their names (Documentation/admin-guide/cgroup-v2.rst), and what
 * has to fit: the groups that workloads name, limits, and the memory of the machine.
 */
import { NO_LIMIT } from '@scopemask/allocator'
import type { CgroupSpec } from '../machine-spec.js'
import { Complaints, flag, type Kind, optional, record, withDefault } from './kinds.js'
import { type Place, short, shown } from './tree.js'
import { size } from './units.js'
import type { MachineWorkload } from './workloads.js'

const PAGE = 4096
const GIB = 1024 ** 3
/** As many as the allocator has room for. */
const MOST_GROUPS = 64
/** Names of directories, with no dot in front, as systemd and containers have them. */
const PATH = /^[\w@:-][\w.@:-]{0,99}(?:\/[\w@:-][\w.@:-]{0,99}){0,7}$/

/** More than any memory has, bytes: as many pages are what the allocator takes for no limit. */
const UNLIMITED = NO_LIMIT * PAGE
const BYTES = size({ least: 0, most: 64 * GIB, says: '24 MiB' })

/** A size in bytes, or `max` for no limit. */
const LIMIT: Kind<number> = {
  takes: `${BYTES.takes}, or max`,
  schema: { anyOf: [{ const: 'max' }, BYTES.schema] },
  read(tree, complaints) {
    if (tree.kind === 'scalar' && tree.value === 'max') return UNLIMITED
    const bytes = BYTES.read(tree, new Complaints())
    return bytes ?? complaints.add(tree, `${tree.path} takes ${LIMIT.takes}, not ${shown(tree)}`)
  },
}

const GROUP = record('a memory cgroup', {
  'memory.max': optional(
    LIMIT,
    'no more than that is charged: reclaim, and then the OOM killer of the group',
  ),
  'memory.high': optional(LIMIT, 'above it the tasks of the group reclaim, and are slowed down'),
  'memory.low': optional(LIMIT, 'below it the group is reclaimed only when there is nothing else'),
  'memory.min': optional(LIMIT, 'below it the group is not reclaimed'),
  'memory.swap.max': optional(LIMIT, 'no more than that of it is in swap space'),
  'memory.oom.group': withDefault(flag, false, 'the OOM killer kills all of its tasks, or none'),
})

type ReadGroup = NonNullable<ReturnType<typeof GROUP.read>>

/** A group, and where it stands. */
export interface PlacedCgroup {
  readonly spec: CgroupSpec
  readonly place: Place
}

/** A map of groups by path, in the order in which they can be made. */
export const CGROUPS: Kind<readonly PlacedCgroup[]> = {
  takes: 'a map of memory cgroups by path',
  schema: {
    type: 'object',
    maxProperties: MOST_GROUPS,
    propertyNames: { pattern: PATH.source },
    additionalProperties: GROUP.schema,
  },
  read(tree, complaints) {
    if (tree.kind !== 'map') {
      return complaints.add(tree, `${tree.path} takes ${CGROUPS.takes}, not ${shown(tree)}`)
    }
    const before = complaints.all.length
    const groups = tree.entries.flatMap(({ key, place, value }): PlacedCgroup[] => {
      if (!PATH.test(key)) {
        complaints.add(
          place,
          `${JSON.stringify(short(key))} is no path of a memory cgroup: a path is names with a / in between, such as web/worker`,
        )
        return []
      }
      const read = GROUP.read(value, complaints)
      return read === undefined ? [] : [{ spec: specOf(key, read), place }]
    })
    if (groups.length > MOST_GROUPS) {
      complaints.add(tree, `there are ${groups.length} memory cgroups; ${MOST_GROUPS} is the most`)
    }
    const paths = new Set(tree.entries.map(({ key }) => key))
    for (const { spec, place } of groups) {
      const above = parentOf(spec.path)
      if (above !== null && !paths.has(above)) {
        complaints.add(place, `${place.path} is in a memory cgroup ${above}, which is not there`)
      }
    }
    if (complaints.all.length > before) return undefined
    return groups.sort((a, b) => depth(a.spec.path) - depth(b.spec.path))
  },
}

/** Says what does not fit: workloads in groups that are not there, or that have groups below them. */
export function assertMembers(
  workloads: readonly MachineWorkload[],
  groups: readonly PlacedCgroup[],
  complaints: Complaints,
): void {
  const paths = groups.map(({ spec }) => spec.path)
  const inner = new Set(paths.map(parentOf))
  // Processes of one workload say the same.
  const said = new Set<Place>()
  for (const { cgroup } of workloads) {
    if (cgroup === null || said.has(cgroup.place)) continue
    said.add(cgroup.place)
    const { path, place } = cgroup
    if (!paths.includes(path)) {
      const there = paths.length === 0 ? 'the machine has none' : `there are ${paths.join(', ')}`
      complaints.add(place, `${place.path}: there is no memory cgroup ${short(path)}; ${there}`)
    } else if (inner.has(path)) {
      complaints.add(
        place,
        `${place.path}: ${path} has memory cgroups below it, and cgroup v2 has processes in those alone: name one of them`,
      )
    }
  }
}

/** What is said of groups and has no effect: sentences. @param memory bytes @param swap whether there is swap space */
export function groupNotes(
  groups: readonly PlacedCgroup[],
  { memory, swap }: { readonly memory: number; readonly swap: boolean },
): string[] {
  const pages = Math.floor(memory / PAGE)
  return groups.flatMap(({ spec }) => {
    const { path, max = NO_LIMIT, high, low = 0, min = 0, swapMax } = spec
    const of = (file: string): string => `memory.${file} of ${path}`
    return [
      ...(max < NO_LIMIT && max >= pages
        ? [`${of('max')} has no effect: it is no less than all memory.`]
        : []),
      ...(high !== undefined && high < NO_LIMIT && high >= max
        ? [`${of('high')} has no effect: it is not below memory.max.`]
        : []),
      ...(isAbove(low, max) || isAbove(min, max)
        ? [
            `${of(isAbove(min, max) ? 'min' : 'low')} protects no more than memory.max: the group has no more.`,
          ]
        : []),
      ...(swapMax !== undefined && !swap
        ? [`${of('swap.max')} has no effect: this machine has no swap.`]
        : []),
    ]
  })
}

/** Whole pages, rounded down as the kernel does (page_counter_memparse). */
function specOf(path: string, read: ReadGroup): CgroupSpec {
  const pages = (bytes: number | undefined): number | undefined =>
    bytes === undefined ? undefined : Math.floor(bytes / PAGE)
  const limits = {
    max: pages(read['memory.max']),
    high: pages(read['memory.high']),
    low: pages(read['memory.low']),
    min: pages(read['memory.min']),
    swapMax: pages(read['memory.swap.max']),
  }
  return {
    path,
    oomGroup: read['memory.oom.group'],
    ...Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined)),
  }
}

/** A protection that is said as a size, and is above a limit. */
function isAbove(protection: number, limit: number): boolean {
  return protection < NO_LIMIT && protection > limit
}

function parentOf(path: string): string | null {
  const cut = path.lastIndexOf('/')
  return cut < 0 ? null : path.slice(0, cut)
}

function depth(path: string): number {
  return path.split('/').length
}
