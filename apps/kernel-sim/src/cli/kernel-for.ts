/** Kernel for: the kernel that the options of a command ask for: fetched, built, named, or the one that is there. */
import { buildKernel } from '../boot/build-kernel.js'
import { findKernel } from '../boot/find-kernel.js'
import { installKernel } from '../boot/install-kernel.js'
import type { Kernel } from '../boot/kernel-image.js'

export interface KernelChoice {
  readonly kernel?: string
  readonly headers?: string
  readonly install?: true
  readonly build?: string
  readonly jobs: number
}

/** @throws InputError when there is none, or it cannot be had. */
export async function kernelFor(
  { kernel, headers, install, build, jobs }: KernelChoice,
  under: { readonly signal: AbortSignal; readonly say: (line: string) => void },
): Promise<Kernel> {
  if (install) return await installKernel(under)
  if (build !== undefined) return await buildKernel(build, { ...under, jobs })
  return findKernel({ kernel, headers })
}
