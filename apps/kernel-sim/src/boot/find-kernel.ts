/** Find kernel: the one that was named, or the first of those that are there: fetched or built ones, then those of /boot. */
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../input-error.js'
import { lacking } from '../reproduce/machine/needed-options.js'
import { cachedKernels } from './kernel-cache.js'
import { imageRelease, type Kernel, kernelOf } from './kernel-image.js'

export interface KernelWish {
  /** A file, or the release of one that is there. */
  readonly kernel?: string | undefined
  /** Where its headers are, where they are not found by the release. */
  readonly headers?: string | undefined
}

interface Candidate {
  readonly image: string
  readonly headers: string
  readonly release: string
}

/** @throws InputError with one sentence that says what is missing, and how to get it. */
export function findKernel({ kernel, headers }: KernelWish): Kernel {
  if (kernel !== undefined && /[/\\]/.test(kernel)) {
    return able(kernelOf(kernel, headers ?? headersFor(kernel)))
  }
  const candidates = [...cachedKernels(), ...bootKernels()]
  const found = candidates.find(({ release }) => kernel === undefined || release === kernel)
  if (found !== undefined) return able(kernelOf(found.image, headers ?? found.headers))
  if (kernel !== undefined) {
    const known = candidates.map(({ release }) => release).join(', ') || 'none'
    throw new InputError(
      `there is no kernel ${kernel} with its headers (there: ${known}); to name a file, write its path`,
    )
  }
  throw new InputError(
    'no kernel with its headers was found: --install fetches one of Debian with apt, --build DIR builds one from the kernel’s source, and --kernel FILE --headers DIR name yours',
  )
}

function able(kernel: Kernel): Kernel {
  const lacks = lacking(kernel.options)
  if (lacks === undefined) return kernel
  throw new InputError(`${kernel.image} cannot be used: ${lacks}`)
}

/** Where packages put headers. */
function headersFor(image: string): string {
  const release = imageRelease(image)
  const found = headersOf(release)
  if (found !== undefined) return found
  throw new InputError(
    `the headers of ${release} are not installed: apt install linux-headers-${release}, or --headers DIR names their folder`,
  )
}

function headersOf(release: string): string | undefined {
  return [`/lib/modules/${release}/build`, `/usr/src/linux-headers-${release}`].find((folder) =>
    existsSync(join(folder, 'include/generated/utsrelease.h')),
  )
}

/** Kernels of this computer that can be read and whose headers are there, the newest first. They are read only, and never changed. */
function bootKernels(): Candidate[] {
  if (!existsSync('/boot')) return []
  return readdirSync('/boot')
    .filter((name) => name.startsWith('vmlinuz-'))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .flatMap((name) => {
      const release = name.slice('vmlinuz-'.length)
      const headers = headersOf(release)
      const image = join('/boot', name)
      return headers === undefined || !isReadable(image) ? [] : [{ image, headers, release }]
    })
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    // Ubuntu's are for root alone.
    return false
  }
}
