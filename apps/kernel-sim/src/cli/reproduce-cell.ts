/** Reproduce cell: from a cell to the folder of its module, and from that to what a kernel does with it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Misuse } from '@scopemask/checker/machine'
import { busybox } from '../boot/busybox.js'
import type { Kernel } from '../boot/kernel-image.js'
import { kvmRuns } from '../boot/kvm.js'
import { inScratchFolder } from '../boot/scratch-folder.js'
import { tryModule } from '../boot/try-module.js'
import { writeFile } from '../disk.js'
import { InputError } from '../input-error.js'
import type { Policy } from '../kernel/policy.js'
import { cellOf } from '../matrix/cell.js'
import type { RunReport } from '../report/reproduce/run-report.js'
import { readConsole } from '../reproduce/console/console.js'
import { failureOf, judge } from '../reproduce/judge/judge.js'
import {
  type Prediction,
  type PredictionOptions,
  predictionOfCell,
  predictionOfToken,
} from '../reproduce/judge/prediction.js'
import { initScript } from '../reproduce/machine/init.js'
import { makefile } from '../reproduce/machine/makefile.js'
import { runScript } from '../reproduce/machine/run-script.js'
import { type Generated, generateModule, HARNESS } from '../reproduce/module/generate.js'
import type { Case } from '../scenarios/catalogue.js'
import { watchOf } from './watch.js'

export type Module = Extract<Generated, { kind: 'module' }>
type Refusal = Extract<Generated, { kind: 'refused' }>

export interface PreparedCell {
  readonly prediction: Prediction
  readonly generated: Generated
}

/** What the model says of a cell, and the module that follows it. @throws InputError for what cannot be followed. */
export async function preparedCell(
  found: Case,
  policy: Policy,
  options: PredictionOptions & { readonly token: string | undefined },
): Promise<PreparedCell> {
  const { scenario } = found
  const { token } = options
  try {
    const prediction =
      token === undefined
        ? predictionOfCell(
            scenario,
            policy,
            await cellOf(found, policy, { search: {}, onProgress: () => {}, watch: watchOf() }),
            options,
          )
        : predictionOfToken(scenario, policy, token)
    return {
      prediction,
      generated: generateModule({ scenario, policy, tokens: prediction.tokens }),
    }
  } catch (thrown) {
    if (!(thrown instanceof Misuse || thrown instanceof RangeError)) throw thrown
    throw new InputError(`${scenario.name} under ${policy.name}: ${thrown.message}`)
  }
}

/** Why something cannot be on a real kernel, in a sentence. */
export function refusal({ object, why }: Refusal): string {
  return `${object} cannot be put on a real kernel: ${why}`
}

/** How the module is run. */
export interface MachineChoice {
  /** So many rounds in which all run as they like, instead of schedules. */
  readonly random?: number
  readonly kvm?: true
  readonly memory?: number
  readonly seconds: number
  /** A file for what the machine prints. */
  readonly console?: string
}

/** Writes all files of a module. @throws InputError when they cannot be written. */
export function writeModule(
  folder: string,
  { name, files }: Module,
  { random }: Pick<MachineChoice, 'random'>,
): void {
  for (const [file, text] of files) writeFile(join(folder, file), text)
  for (const file of HARNESS) writeFile(join(folder, file), harness(file))
  writeFile(join(folder, 'Makefile'), makefile(name))
  writeFile(join(folder, 'init'), initScript(parameters(random)), 0o755)
  writeFile(join(folder, 'run.sh'), runScript(name), 0o755)
}

function harness(file: string): string {
  return readFileSync(new URL(`../reproduce/${file}`, import.meta.url), 'utf8')
}

function parameters(random: number | undefined): string[] {
  return random === undefined ? [] : [`rounds=${random}`]
}

export type Tried =
  | { readonly kind: 'judged'; readonly report: RunReport }
  /** The machine came to no judgement. */
  | { readonly kind: 'failed'; readonly why: string }

export interface TryPlace {
  readonly kernel: Kernel
  /** Where the module is built; by default in a folder for that time alone. */
  readonly folder: string | undefined
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Builds a module, boots a kernel with it, and judges. @throws InputError when that cannot be done, or was interrupted. */
export async function triedCell(
  { prediction, generated }: PreparedCell & { readonly generated: Module },
  options: MachineChoice,
  { kernel, folder: kept, signal, say }: TryPlace,
): Promise<Tried> {
  const { random, kvm, memory, seconds } = options
  const cell = `${prediction.scenario} under ${prediction.policy}`
  if (kvm && !(await kvmRuns(kernel, busybox(), signal))) {
    throw new InputError(
      'no kernel boots under KVM here, though it may open: leave out --kvm, QEMU emulates the processor then',
    )
  }
  const inFolder = async (folder: string): Promise<Tried> => {
    writeModule(folder, generated, options)
    say(`${cell}: building the module for ${kernel.release}`)
    const end = await tryModule({
      folder,
      name: generated.name,
      parameters: parameters(random),
      kernel,
      accelerator: kvm ? 'kvm' : 'tcg',
      memory,
      seconds,
      signal,
      onLine: (line) => say(`${cell}: ${line}`),
    })
    if (options.console !== undefined) writeFile(options.console, end.console)
    const reading = readConsole(end.console)
    const failure = failureOf(reading, { seconds, timedOut: end.timedOut })
    if (failure !== undefined) return { kind: 'failed', why: failure }
    return {
      kind: 'judged',
      report: {
        prediction,
        judgement: judge(prediction, reading),
        reports: reading.reports,
        hasLockdep: kernel.options.has('PROVE_LOCKING'),
        standIns: generated.standIns,
        accelerator: kvm ? 'kvm' : 'tcg',
      },
    }
  }
  return kept === undefined ? await inScratchFolder(inFolder) : await inFolder(kept)
}
