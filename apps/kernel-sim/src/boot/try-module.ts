/** Try module: builds the module of a folder and boots a kernel with it, which loads it. */
import { initScript, MODULE_PATH } from '../reproduce/machine/init.js'
import type { Accelerator } from '../reproduce/machine/qemu.js'
import { BUILD_PROGRAMS, buildModule } from './build-module.js'
import { busybox } from './busybox.js'
import type { Kernel } from './kernel-image.js'
import { BOOT_PROGRAMS, type BootEnd, bootMachine } from './machine.js'
import { requirePrograms } from './programs.js'

export interface ModuleTry {
  /** Has the Makefile and the source. */
  readonly folder: string
  readonly name: string
  /** What insmod is given: `name=value`. */
  readonly parameters: readonly string[]
  readonly kernel: Kernel
  readonly accelerator: Accelerator
  /** MiB; by default that of machine/qemu.ts. */
  readonly memory?: number | undefined
  /** The machine is ended after so many seconds. */
  readonly seconds: number
  readonly signal: AbortSignal
  /** Is told each line that the machine prints. */
  readonly onLine?: (line: string) => void
}

/** @throws InputError which names the programs that building and booting need and that are not there. */
export function requireTools(): void {
  requirePrograms([...BUILD_PROGRAMS, ...BOOT_PROGRAMS])
  busybox()
}

/** @throws InputError when a program is missing, the module cannot be built, or QEMU cannot be started or was interrupted. */
export async function tryModule(request: ModuleTry): Promise<BootEnd> {
  requirePrograms([...BUILD_PROGRAMS, ...BOOT_PROGRAMS])
  const program = busybox()
  const module = await buildModule(request)
  const { kernel, parameters, accelerator, memory, seconds, signal, onLine } = request
  return await bootMachine({
    image: kernel.image,
    files: [
      { path: 'init', content: initScript(parameters), executable: true },
      { path: 'bin/busybox', content: program, executable: true },
      { path: MODULE_PATH, content: module },
      { path: 'dev/console', major: 5, minor: 1 },
    ],
    accelerator,
    ...(memory === undefined ? {} : { memory }),
    seconds,
    signal,
    ...(onLine === undefined ? {} : { onLine }),
  })
}
