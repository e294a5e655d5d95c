/**
 * Build kernel: a tiny kernel with lockdep from a source tree, once; it stays in the cache. What an interrupted build has made is used
 * by the next one.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { writeFile } from '../disk.js'
import { InputError } from '../input-error.js'
import { lockdepConfig, missingOptions } from '../reproduce/machine/lockdep-config.js'
import { cacheFolder, keepKernel } from './kernel-cache.js'
import { type Kernel, kernelOf } from './kernel-image.js'
import { requirePrograms } from './programs.js'
import { runProgram } from './run-program.js'
import { whyMakeFailed } from './why-make-failed.js'

/** What its release ends with. */
const LOCAL_VERSION = '-kernel-sim'

export interface BuildOptions {
  readonly signal: AbortSignal
  /** How many files are compiled at once. */
  readonly jobs: number
  /** Is told what make does. */
  readonly say: (line: string) => void
}

/** @throws InputError when the folder is no source tree, or the kernel cannot be built. */
export async function buildKernel(
  given: string,
  { signal, jobs, say }: BuildOptions,
): Promise<Kernel> {
  const source = resolve(given)
  const makefile = join(source, 'Makefile')
  if (!existsSync(makefile) || !/^PATCHLEVEL = \d+$/m.test(readFileSync(makefile, 'utf8'))) {
    throw new InputError(`${given} is not a tree of the kernel’s source`)
  }
  requirePrograms([
    { program: 'make', package: 'make' },
    { program: 'gcc', package: 'gcc' },
    { program: 'flex', package: 'flex' },
    { program: 'bison', package: 'bison' },
    { program: 'bc', package: 'bc' },
  ])
  const make = async (args: readonly string[]): Promise<string> => {
    const end = await runProgram({
      program: 'make',
      args: ['-C', source, ...args],
      env: { LC_ALL: 'C' },
      signal,
      onLine: (line) => say(line.trim()),
    })
    if (end.status === 0) return end.output
    throw new InputError(`the kernel of ${given} cannot be built: ${whyMakeFailed(end)}`)
  }
  const version = (await make(['-s', 'kernelversion'])).trim()
  const folder = cacheFolder(`${version}${LOCAL_VERSION}`)
  const build = join(folder, 'build')
  if (!existsSync(join(build, '.config'))) {
    await make([`O=${build}`, 'tinyconfig'])
    const config = join(build, '.config')
    const local = `CONFIG_LOCALVERSION="${LOCAL_VERSION}"\n`
    writeFile(config, `${readFileSync(config, 'utf8')}${lockdepConfig()}${local}`)
  }
  await make([`O=${build}`, 'olddefconfig'])
  const missing = missingOptions(readFileSync(join(build, '.config'), 'utf8'))
  if (missing.length > 0) {
    throw new InputError(
      `the kernel of ${given} cannot be configured with ${missing.join(', ')}: it is older than 4.14, or for another architecture`,
    )
  }
  await make([`O=${build}`, `-j${jobs}`, 'bzImage', 'modules'])
  const links = keepKernel(folder, { image: 'build/arch/x86/boot/bzImage', headers: 'build' })
  return kernelOf(links.image, links.headers)
}
