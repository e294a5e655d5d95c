/** Build module: makes the module of a folder against a kernel's headers. It is loaded nowhere but in a machine of its own. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../input-error.js'
import type { Kernel } from './kernel-image.js'
import { type Needed, programAt } from './programs.js'
import { runProgram } from './run-program.js'
import { whyMakeFailed } from './why-make-failed.js'

/** What building needs. */
export const BUILD_PROGRAMS: readonly Needed[] = [
  { program: 'make', package: 'make' },
  { program: 'gcc', package: 'gcc' },
]

export interface ModuleBuild {
  /** Has the Makefile and the source. */
  readonly folder: string
  /** The module is `NAME.ko`. */
  readonly name: string
  readonly kernel: Kernel
  readonly signal: AbortSignal
}

/** Builds a module. @returns its bytes. @throws InputError when that fails: the compiler's own words say why. */
export async function buildModule(build: ModuleBuild): Promise<Uint8Array> {
  const { folder, name, kernel, signal } = build
  requireCompiler(kernel)
  const end = await runProgram({
    program: 'make',
    args: ['-C', folder, `HEADERS=${kernel.headers}`],
    env: { LC_ALL: 'C' },
    signal,
  })
  const module = join(folder, `${name}.ko`)
  if (end.status !== 0 || !existsSync(module)) {
    throw new InputError(
      `the module cannot be built for ${kernel.release}: ${whyMakeFailed(end).replaceAll(`${folder}/`, '')}`,
    )
  }
  return readFileSync(module)
}

/** Debian's headers name the compiler that the kernel was built with, and use no other. */
function requireCompiler({ headers, release }: Kernel): void {
  const file = join(headers, '.kernelvariables')
  if (!existsSync(file)) return
  const named = /^CC = .*\b(gcc-\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1]
  if (named !== undefined && programAt(named) === undefined) {
    throw new InputError(
      `the headers of ${release} need ${named}, which is not installed: apt install ${named}`,
    )
  }
}
