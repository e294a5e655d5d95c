/** Workloads of a machine file, by name: those of the library, and generator functions of a file that is a program. */
import type { Program } from '../plan/programs.js'
import { SECOND } from '../time.js'
import type { NeedsCma } from './cma.js'
import type { Complaints, Kind } from './kinds.js'
import { count, flag, optional, readFields, text, type Values, withDefault } from './kinds.js'
import { PLACEMENT, type Placement } from './nodes.js'
import { ownProgram } from './own-program.js'
import { at, type Entry, type Place, short, shown, type Tree } from './tree.js'
import { duration } from './units.js'
import { type VariantType, variant } from './variant.js'
import { type Span, WORKLOAD_TYPES, type WorkloadProgram } from './workload-types.js'

/** A process of the machine. */
export interface MachineWorkload {
  readonly name: string
  /** It runs in a scope that keeps out of the filesystem, for its whole life. */
  readonly nofs: boolean
  /** The run ends when it does. */
  readonly main: boolean
  /** The memory cgroup that it is in, and where that is said; null for none. */
  readonly cgroup: { readonly path: string; readonly place: Place } | null
  /** What it is worth to the OOM killer. */
  readonly oomScoreAdj: number
  /** It is code of a user's, which may never come back. */
  readonly own: boolean
  /** What it needs of a CMA area, if it does. */
  readonly cma: NeedsCma | undefined
  /** What it wants of the machine's nodes and CPUs. */
  readonly placement: Placement
  /** What it does on a machine that runs for so long, ns. */
  readonly program: (end: number) => Program
}

/** As the kernel names tasks: 15 letters (TASK_COMM_LEN), and not one of the figures' separators. */
const NAME = /^[A-Za-z_][\w-]{0,14}$/
const MOST_PROCESSES = 2000
const TIME = duration({ least: 0, most: 86_400 * SECOND, says: '5 s' })

/** What every workload can be told. */
const COMMON = {
  start: withDefault(TIME, 0, 'when it begins, from the beginning of the run'),
  stop: optional(TIME, 'when it ends; by default with the run'),
  processes: withDefault(count(1, 1000), 1, 'how many do the same, each with what is its own'),
  nofs: withDefault(flag, false, 'it runs in one NOFS scope for its whole life'),
  main: withDefault(flag, false, 'the run ends when it does'),
  ...PLACEMENT,
  cgroup: optional(
    text('the path of a memory cgroup', /^[^\0]{1,500}$/),
    'the memory cgroup that it is in, by its path in cgroups; by default none',
  ),
  oom_score_adj: withDefault(
    count(-1000, 1000),
    0,
    'what it is worth to the OOM killer; -1000 for never',
  ),
}

type Common = Values<typeof COMMON>

/** A workload that has no name yet. */
interface Unnamed {
  readonly common: Common
  readonly own: boolean
  readonly program: WorkloadProgram
}

const TYPES = Object.fromEntries(
  Object.entries(WORKLOAD_TYPES).map(
    ([name, { says, fields, make }]): [string, VariantType<Unnamed>] => [
      name,
      {
        says,
        fields: { ...fields, ...COMMON },
        // Its fields have those of all workloads among them.
        make: (values) => ({ common: values as Common, own: false, program: make(values) }),
      },
    ],
  ),
)
const OF_LIBRARY = variant('a workload', TYPES)

/** A map of workloads by name. */
export const WORKLOADS: Kind<readonly MachineWorkload[]> = {
  takes: 'a map of workloads by name',
  schema: {
    type: 'object',
    minProperties: 1,
    propertyNames: { pattern: NAME.source },
    additionalProperties: OF_LIBRARY.schema,
  },
  read(tree, complaints) {
    if (tree.kind !== 'map' || tree.entries.length === 0) {
      const what = tree.kind === 'map' ? 'an empty one' : shown(tree)
      return complaints.add(tree, `${tree.path} takes ${WORKLOADS.takes}, not ${what}`)
    }
    const before = complaints.all.length
    const read = tree.entries.map((entry) => named(entry, complaints))
    const workloads = read.flatMap((each) => each ?? [])
    if (workloads.length > MOST_PROCESSES) {
      complaints.add(tree, `there are ${workloads.length} processes; ${MOST_PROCESSES} is the most`)
    }
    return complaints.all.length > before || read.includes(undefined) ? undefined : workloads
  },
}

/** The processes that an entry stands for. */
function named(
  { key, place, value }: Entry,
  complaints: Complaints,
): MachineWorkload[] | undefined {
  if (!NAME.test(key)) {
    complaints.add(
      place,
      `${JSON.stringify(short(key))} does not name a workload: names have up to 15 letters, digits, _ and -, and begin with a letter`,
    )
  }
  const read = one(value, complaints)
  if (read === undefined) return undefined
  const { common, own, program } = read
  const { start, stop, processes, nofs, main, numa, cpus, oom_score_adj: oomScoreAdj } = common
  const cgroup =
    common.cgroup === undefined ? null : { path: common.cgroup, place: at(value, 'cgroup') }
  if (stop !== undefined && stop <= start) {
    complaints.add(place, `${place.path} ends before it begins`)
  }
  const placement: Placement = { numa, cpus, place }
  return Array.from({ length: processes }, (_, index) => {
    const name = processes === 1 ? key : `${key}-${index + 1}`
    return {
      name,
      nofs,
      main,
      own,
      cma: program.cma,
      placement,
      cgroup,
      oomScoreAdj,
      program: (end): Program => {
        const span: Span = { name, start, stop: Math.min(stop ?? end, end) }
        const steps = program(span)
        if (start === 0) return steps
        return function* (os) {
          yield* os.sleepUntil(start)
          yield* steps(os)
        }
      },
    }
  })
}

function one(tree: Tree, complaints: Complaints): Unnamed | undefined {
  const own = ownOf(tree)
  if (own === undefined) return OF_LIBRARY.read(tree, complaints)
  const common = readFields(own.rest, COMMON, {
    what: `${tree.path} (a workload of its own)`,
    complaints,
  })
  return common === undefined ? undefined : { common, own: true, program: ownProgram(own.code) }
}

/** The function of a workload that is one: by itself, or as `run` of a map. */
function ownOf(tree: Tree) {
  if (tree.kind === 'code') {
    return { code: tree.code, rest: { ...tree, kind: 'map' as const, entries: [] } }
  }
  if (tree.kind !== 'map') return undefined
  const run = tree.entries.find(({ key }) => key === 'run')
  if (run?.value.kind !== 'code') return undefined
  return {
    code: run.value.code,
    rest: { ...tree, entries: tree.entries.filter((each) => each !== run) },
  }
}
