/** Probe: what of a run is written to files beside its report: the kernel's own files, its log, and a trace for Perfetto. */
import { join } from 'node:path'
import { writeFile } from '../disk.js'
import { machineTrace } from '../report/machine/perfetto.js'
import { cgroupFiles } from '../simulate/proc/cgroup-files.js'
import { procFiles } from '../simulate/proc/proc-files.js'
import { sysFiles } from '../simulate/proc/sys-files.js'
import type { SimulationResult } from '../simulate/result.js'
import type { Simulation } from '../simulate/simulation.js'
import { SECOND } from '../simulate/time.js'
import { runWatched } from './run-watched.js'

/** What is wanted: names of files, and for the kernel's own files folders and virtual seconds. */
export interface Wanted {
  readonly proc?: string
  readonly sys?: string
  readonly at?: readonly number[]
  readonly dmesg?: string
  readonly perfetto?: string
}

export class Probe {
  readonly #wanted: Wanted
  /** Virtual seconds, in order; none for the end of the run. */
  readonly #times: readonly number[]
  #simulation: Simulation | null = null

  constructor(wanted: Wanted) {
    this.#wanted = wanted
    this.#times = [...new Set(wanted.at)].sort((a, b) => a - b)
  }

  get wantsTimeline(): boolean {
    return this.#wanted.perfetto !== undefined
  }

  /** Runs a simulation, some of whose workloads may be a user's own, up to the last of the times, and writes the kernel's files at each. @throws InputError when they cannot be written */
  look(simulation: Simulation, own: boolean, onProgress: (now: number) => void): void {
    this.#simulation = simulation
    const { proc, sys } = this.#wanted
    if (proc === undefined && sys === undefined) return
    const folder = (of: string, time: number): string =>
      this.#times.length === 1 ? of : join(of, `${time}s`)
    for (const time of this.#times) {
      runWatched(simulation, own, { onProgress, limit: time * SECOND })
      if (proc !== undefined) {
        write(folder(proc, time), procFiles(simulation), cgroupFiles(simulation.vm))
      }
      if (sys !== undefined) write(folder(sys, time), sysFiles(simulation))
    }
  }

  /** The run is over: writes what is known only then. @throws InputError when it cannot be written */
  end(result: SimulationResult): void {
    const { proc, sys, dmesg, perfetto } = this.#wanted
    const isAtEnd = this.#times.length === 0
    if (proc !== undefined && isAtEnd) write(proc, result.proc, result.cgroupFiles)
    if (sys !== undefined && isAtEnd && this.#simulation !== null) {
      write(sys, sysFiles(this.#simulation))
    }
    if (dmesg !== undefined) writeFile(dmesg, result.dmesg)
    const timeline = this.#simulation?.timeline ?? null
    if (perfetto === undefined || timeline === null) return
    writeFile(perfetto, machineTrace(result, timeline))
    const { fullAt } = timeline
    if (fullAt === Number.POSITIVE_INFINITY) return
    process.stderr.write(
      `${perfetto} has what happened in the first ${(fullAt / SECOND).toFixed(2)} s, which was all that a trace keeps: run fewer --seconds to see the end. Its counters go on.\n`,
    )
  }
}

/** @param cgroups by their paths below /sys/fs/cgroup, where they are in the folder too */
function write(
  folder: string,
  files: Readonly<Record<string, string>>,
  cgroups: Readonly<Record<string, string>> = {},
): void {
  for (const [name, text] of Object.entries(files)) writeFile(join(folder, name), text)
  for (const [path, text] of Object.entries(cgroups)) {
    writeFile(join(folder, 'sys/fs/cgroup', path), text)
  }
}
