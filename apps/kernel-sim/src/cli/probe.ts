/** Probe: what of a run is written to files beside its report: the kernel's own files, its log, and a trace for Perfetto. */
import { join } from 'node:path'
import { writeFile } from '../disk.js'
import { machineTrace } from '../report/machine/perfetto.js'
import { PROC_FILES, type ProcFiles, procFiles } from '../simulate/proc/proc-files.js'
import type { SimulationResult } from '../simulate/result.js'
import type { Simulation } from '../simulate/simulation.js'
import { SECOND } from '../simulate/time.js'
import { runWatched } from './run-watched.js'

/** What is wanted: names of files, and for the kernel's own files a folder and virtual seconds. */
export interface Wanted {
  readonly proc?: string
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
    const { proc } = this.#wanted
    if (proc === undefined) return
    for (const time of this.#times) {
      runWatched(simulation, own, { onProgress, limit: time * SECOND })
      write(this.#times.length === 1 ? proc : join(proc, `${time}s`), procFiles(simulation))
    }
  }

  /** The run is over: writes what is known only then. @throws InputError when it cannot be written */
  end(result: SimulationResult): void {
    const { proc, dmesg, perfetto } = this.#wanted
    if (proc !== undefined && this.#times.length === 0) write(proc, result.proc)
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

function write(folder: string, files: ProcFiles): void {
  for (const name of PROC_FILES) writeFile(join(folder, name), files[name])
}
