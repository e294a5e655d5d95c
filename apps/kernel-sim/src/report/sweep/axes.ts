/** Axes: along what the jobs of one scenario or machine differ, so that a table can have rows and columns for it. */
import type { ParameterValue } from '../../kernel/parameters.js'
import type { Job } from '../../sweep/job.js'

/** Something that differs between jobs: a parameter, or the policy. */
export interface Axis {
  readonly name: string
  readonly of: (job: Job) => ParameterValue
  /** All that it is, in the order of the plan. */
  readonly values: readonly ParameterValue[]
}

/** Jobs of one kind and one subject, along the same axes. */
export interface Group {
  readonly kind: Job['kind']
  readonly subject: string
  readonly jobs: readonly Job[]
  /** Parameters first, the policy last; only those with several values. */
  readonly axes: readonly Axis[]
  /** What all of them have in common: `depth=1`, `under scope`. */
  readonly common: readonly string[]
}

/** The groups of jobs, in the order of the plan. */
export function groupsOf(jobs: readonly Job[]): Group[] {
  const groups = new Map<string, Job[]>()
  for (const job of jobs) {
    const key = `${job.kind} ${job.subject}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [job])
    else group.push(job)
  }
  return [...groups.values()].map((all) => {
    const { kind, subject, values } = all[0] as Job
    const parameters = Object.keys(values).map((name) =>
      axisOf(name, all, (job) => job.values[name] ?? ''),
    )
    const policy = axisOf('policy', all, (job) => job.policy)
    const varies = ({ values }: Axis): boolean => values.length > 1
    return {
      kind,
      subject,
      jobs: all,
      axes: [...parameters, policy].filter(varies),
      common: [
        ...(varies(policy) ? [] : [`under ${policy.values[0]}`]),
        ...parameters
          .filter((axis) => !varies(axis))
          .map((axis) => `${axis.name}=${axis.values[0]}`),
      ],
    }
  })
}

function axisOf(name: string, jobs: readonly Job[], of: Axis['of']): Axis {
  return { name, of, values: [...new Set(jobs.map(of))] }
}

/** Jobs that stand in the same place along some axes, in the order of the plan. */
export function placesOf(jobs: readonly Job[], axes: readonly Axis[]): (readonly Job[])[] {
  const places = new Map<string, Job[]>()
  for (const job of jobs) {
    const key = JSON.stringify(axes.map(({ of }) => of(job)))
    const place = places.get(key)
    if (place === undefined) places.set(key, [job])
    else place.push(job)
  }
  return [...places.values()]
}
