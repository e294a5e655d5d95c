/** Probe: the kernel's own files of a run, written to a folder at the times that were asked for, or at its end. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { InputError } from '../input-error.js'
import { PROC_FILES, type ProcFiles, procFiles } from '../simulate/proc/proc-files.js'
import type { Simulation } from '../simulate/simulation.js'
import { SECOND } from '../simulate/time.js'

export class Probe {
  readonly #folder: string | undefined
  /** Virtual seconds, in order; none for the end of the run. */
  readonly #times: readonly number[]

  constructor(folder: string | undefined, times: readonly number[] = []) {
    this.#folder = folder
    this.#times = [...new Set(times)].sort((a, b) => a - b)
  }

  /** Runs a simulation up to the last of the times, and writes the files at each. @throws InputError when they cannot be written */
  look(simulation: Simulation, onProgress: (now: number) => void): void {
    const folder = this.#folder
    if (folder === undefined) return
    for (const time of this.#times) {
      simulation.run(onProgress, time * SECOND)
      write(this.#times.length === 1 ? folder : join(folder, `${time}s`), procFiles(simulation))
    }
  }

  /** Writes the files of the end, if no times were asked for. @throws InputError when they cannot be written */
  end(files: ProcFiles): void {
    if (this.#folder !== undefined && this.#times.length === 0) write(this.#folder, files)
  }
}

function write(folder: string, files: ProcFiles): void {
  for (const name of PROC_FILES) writeText(join(folder, name), files[name])
}

/** Writes a file, and the folders that it is in. @throws InputError when that is not possible */
export function writeText(path: string, data: string | Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, data)
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : thrown
    throw new InputError(`${path} cannot be written: ${String(code)}`)
  }
}
