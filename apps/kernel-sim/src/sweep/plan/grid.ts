/** Grid: a plan as jobs, one for each combination, in an order in which what is alike stands together. */
import { InputError } from '../../input-error.js'
import { combinations, type Parameters, valuesOf } from '../../kernel/parameters.js'
import type { Scenario } from '../../kernel/scenario.js'
import { CASES } from '../../scenarios/catalogue.js'
import { Complaints } from '../../simulate/machine-file/kinds.js'
import { mistakesText } from '../../simulate/machine-file/mistakes.js'
import type { Files } from '../files.js'
import { type Job, type JobSpec, jobOf } from '../job.js'
import {
  type CheckGrid,
  DEFAULT_LIMITS,
  type Plan,
  type SampleGrid,
  type SimulateGrid,
} from './plan.js'
import type { Axis, Placed } from './plan-kinds.js'

/** Finds what a plan names; the command line knows where. All throw InputError for what cannot be used. */
export interface Library {
  /** A scenario, and the files that it is made of, unless it comes along. @param more files that are taken along */
  scenario(given: string, more: readonly string[]): Promise<Found<Scenario>>
  /** The files of a machine. It is read with each of these values of its fields, to see what is wrong. */
  machine(
    given: string,
    more: readonly string[],
    values: Iterable<Readonly<Record<string, string | number | boolean>>>,
  ): Promise<Found<null>>
}

export interface Found<T> {
  readonly what: T
  readonly files: Files | null
}

export interface Grid {
  readonly jobs: readonly Job[]
  /** What jobs are made of, by hash. */
  readonly files: ReadonlyMap<string, Files>
}

/** More than that are a mistake, and would not fit into memory with all that belongs to them. */
const MOST_JOBS = 1_000_000

/**
 * The jobs of a plan.
 * @param where the name of the plan's file
 * @param version that of kernel-sim
 * @throws InputError with a sentence for each mistake, with its line
 */
export async function gridOf(
  plan: Plan,
  library: Library,
  { where, version }: { readonly where: string; readonly version: string },
): Promise<Grid> {
  const maker = new GridMaker(library, version)
  if (plan.check !== undefined) await maker.check(plan.check)
  if (plan.sample !== undefined) await maker.sample(plan.sample)
  if (plan.simulate !== undefined) await maker.simulate(plan.simulate)
  const { all } = maker.complaints
  if (all.length > 0) throw new InputError(mistakesText(all, where))
  return { jobs: [...maker.jobs.values()], files: maker.files }
}

class GridMaker {
  readonly complaints = new Complaints()
  /** By id: what is named twice is done once. */
  readonly jobs = new Map<string, Job>()
  readonly files = new Map<string, Files>()
  readonly #library: Library
  readonly #version: string

  constructor(library: Library, version: string) {
    this.#library = library
    this.#version = version
  }

  async check({ scenarios, policies, parameters, limits, files }: CheckGrid): Promise<void> {
    for await (const point of this.#scenarios(scenarios, parameters, files)) {
      for (const policy of policies) {
        this.#add({ kind: 'check', ...point, policy, limits: limits ?? DEFAULT_LIMITS })
      }
    }
  }

  async sample(grid: SampleGrid): Promise<void> {
    const { scenarios, policies, parameters, seeds, executions, strategy, limits, files } = grid
    for await (const point of this.#scenarios(scenarios, parameters, files)) {
      for (const policy of policies) {
        for (const seed of seeds) {
          const how = { seed, executions, strategy, limits: limits ?? DEFAULT_LIMITS }
          this.#add({ kind: 'sample', ...point, policy, ...how })
        }
      }
    }
  }

  async simulate(grid: SimulateGrid): Promise<void> {
    const { machines, policies, parameters, seeds, seconds = null, limits, files } = grid
    const fields: Parameters = Object.fromEntries(
      parameters.flatMap(({ name, values, place }) => {
        if (values !== 'all') return [[name, values]]
        this.complaints.add(place, `${place.path} takes a list of values: machines list none`)
        return []
      }),
    )
    for (const { value: given, place } of machines) {
      const found = await this.#found(place, () =>
        this.#library.machine(given, files, combinations(fields)),
      )
      if (found === undefined) continue
      const subject = this.#subject(given, found)
      for (const values of combinations(fields)) {
        for (const policy of policies) {
          for (const seed of seeds) {
            const how = { seed, seconds, limits: limits ?? DEFAULT_LIMITS }
            this.#add({ kind: 'simulate', ...subject, values, policy, ...how })
          }
        }
      }
    }
  }

  /** Scenarios with each combination of the values that are wanted of their parameters. */
  async *#scenarios(
    given: readonly Placed<string>[],
    axes: readonly Axis[],
    more: readonly string[],
  ): AsyncGenerator<Pick<JobSpec, 'subject' | 'file' | 'files' | 'values'>> {
    const known = new Set<string>()
    let whole = true
    for (const { value, place } of given.flatMap(everyCase)) {
      const found = await this.#found(place, () => this.#library.scenario(value, more))
      if (found === undefined) {
        whole = false
        continue
      }
      const { parameters = {} } = found.what
      for (const name of Object.keys(parameters)) known.add(name)
      const varied = this.#varied(value, parameters, axes)
      const subject = this.#subject(value, found)
      for (const values of combinations(varied)) yield { ...subject, values }
    }
    for (const { name, place } of axes) {
      if (whole && !known.has(name)) {
        this.complaints.add(place, `${place.path}: none of the scenarios has a parameter ${name}`)
      }
    }
  }

  /** The values that are wanted of each parameter of a scenario. */
  #varied(given: string, parameters: Parameters, axes: readonly Axis[]): Parameters {
    const varied = Object.entries(parameters).map(([name, choices]) => {
      const axis = axes.find((each) => each.name === name)
      if (axis === undefined) return [name, choices.slice(0, 1)] as const
      if (axis.values === 'all') return [name, choices] as const
      const wanted = axis.values.flatMap((value) => {
        try {
          return [valuesOf(parameters, { [name]: value })[name] ?? value]
        } catch (thrown) {
          if (!(thrown instanceof RangeError)) throw thrown
          this.complaints.add(axis.place, `${axis.place.path}: of ${given}, ${thrown.message}`)
          return []
        }
      })
      return [name, wanted.length === 0 ? choices.slice(0, 1) : wanted] as const
    })
    return Object.fromEntries(varied)
  }

  async #found<T>(
    place: Placed<string>['place'],
    find: () => Promise<Found<T>>,
  ): Promise<Found<T> | undefined> {
    try {
      return await find()
    } catch (thrown) {
      if (!(thrown instanceof InputError)) throw thrown
      return this.complaints.add(place, `${place.path}: ${thrown.message}`)
    }
  }

  #subject(given: string, { files }: Found<unknown>): Pick<JobSpec, 'subject' | 'file' | 'files'> {
    if (files !== null) this.files.set(files.hash, files)
    return { subject: given, file: files?.entry ?? null, files: files?.hash ?? null }
  }

  #add(spec: JobSpec): void {
    const job = jobOf(spec, this.#version)
    this.jobs.set(job.id, job)
    if (this.jobs.size > MOST_JOBS) {
      throw new InputError(`the plan has more than ${MOST_JOBS} jobs: divide it`)
    }
  }
}

/** All bundled scenarios where the word says so. */
function everyCase({ value, place }: Placed<string>): Placed<string>[] {
  if (value !== 'all') return [{ value, place }]
  return CASES.map(({ scenario }) => ({ value: scenario.name, place }))
}
