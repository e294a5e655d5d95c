/** Machine: boots a kernel in QEMU with the files of an initramfs, and hands over what it prints. */
import { join } from 'node:path'
import { writeFile } from '../disk.js'
import { InputError } from '../input-error.js'
import { type ArchivedFile, cpioArchive } from '../reproduce/machine/cpio.js'
import {
  type Accelerator,
  KERNEL_COMMAND_LINE,
  MEMORY,
  QEMU,
  qemuArguments,
} from '../reproduce/machine/qemu.js'
import { type Needed, programAt } from './programs.js'
import { runProgram } from './run-program.js'
import { inScratchFolder } from './scratch-folder.js'

/** What booting needs. */
export const BOOT_PROGRAMS: readonly Needed[] = [{ program: QEMU, package: 'qemu-system-x86' }]

export interface Boot {
  /** The path of a bzImage. */
  readonly image: string
  readonly files: readonly ArchivedFile[]
  readonly accelerator: Accelerator
  /** MiB. */
  readonly memory?: number
  /** The machine is ended after so many seconds. */
  readonly seconds: number
  readonly signal: AbortSignal
  /** Is told each line that the machine prints. */
  readonly onLine?: (line: string) => void
}

/** What was seen of a machine from outside. */
export interface BootEnd {
  /** All that it printed. */
  readonly console: string
  /** Its time was over before it ended by itself. */
  readonly timedOut: boolean
}

/** Seconds that QEMU may outlive its time, if this process cannot end it any more. */
const GRACE = 5

/** Runs a machine to its end. @throws InputError when QEMU cannot be started, or was interrupted. */
export function bootMachine(boot: Boot): Promise<BootEnd> {
  const { image, files, accelerator, memory = MEMORY, seconds, signal, onLine } = boot
  return inScratchFolder(async (folder) => {
    const initrd = join(folder, 'initrd')
    writeFile(initrd, cpioArchive(files))
    const args = qemuArguments({
      kernel: image,
      initrd,
      append: KERNEL_COMMAND_LINE,
      memory,
      accelerator,
    })
    const end = await runProgram({
      ...mortal(QEMU, args, seconds + GRACE),
      seconds,
      through: join(folder, 'console'),
      signal,
      ...(onLine === undefined ? {} : { onLine }),
    })
    if (end.status !== 0 && !end.timedOut) throw new InputError(whyQemuFailed(end.complaints))
    return { console: end.output, timedOut: end.timedOut }
  })
}

/** A program that ends after its time even if nobody is left to end it: coreutils' timeout sees to it, where that is there. */
function mortal(
  program: string,
  args: readonly string[],
  seconds: number,
): { readonly program: string; readonly args: readonly string[] } {
  return programAt('timeout') === undefined
    ? { program, args }
    : { program: 'timeout', args: ['--signal=KILL', String(seconds), program, ...args] }
}

function whyQemuFailed(complaints: string): string {
  const lines = complaints.split('\n').filter((line) => line.trim() !== '')
  const memory = lines.find((line) =>
    /[Cc]annot allocate memory|cannot set up guest memory/.test(line),
  )
  if (memory !== undefined) {
    return 'QEMU does not get the memory for the machine: end other programs, or give it less with --memory'
  }
  const [first = 'it does not say why'] = lines
  return `QEMU ended: ${first.replace(/^(?:timeout|[\w-]*qemu-system-x86_64): /, '')}`
}
