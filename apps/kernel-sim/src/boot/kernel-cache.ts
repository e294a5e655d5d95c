/**
 * Kernel cache: the user's folder for kernels that were fetched or built, one folder each, named by its release. In it `vmlinuz` and
 * `headers` are links to what the kernel's package or build has, so that a kernel is there when its links are.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { diskReason } from '../disk.js'
import { InputError } from '../input-error.js'

const IMAGE = 'vmlinuz'
const HEADERS = 'headers'

/** Where the kernels are. */
function kernelCache(): string {
  const base = process.env.XDG_CACHE_HOME
  return join(
    base === undefined || base === '' ? join(homedir(), '.cache') : base,
    'kernel-sim',
    'kernels',
  )
}

/** The folder of a release; it is made if need be. @throws InputError when it cannot be. */
export function cacheFolder(release: string): string {
  const folder = join(kernelCache(), release)
  try {
    mkdirSync(folder, { recursive: true })
  } catch (thrown) {
    throw new InputError(`${folder} cannot be made: ${diskReason(thrown)}`)
  }
  return folder
}

/** Says that a kernel is there. @param of paths below the folder, or whole ones */
export function keepKernel(
  folder: string,
  of: { readonly image: string; readonly headers: string },
): { readonly image: string; readonly headers: string } {
  const links = { image: join(folder, IMAGE), headers: join(folder, HEADERS) }
  for (const [link, target] of [
    [links.headers, of.headers],
    [links.image, of.image],
  ] as const) {
    rmSync(link, { force: true })
    symlinkSync(target, link)
  }
  return links
}

/** The kernels that are there, the newest release first. */
export function cachedKernels(): { image: string; headers: string; release: string }[] {
  const folder = kernelCache()
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((release) => ({
      image: join(folder, release, IMAGE),
      headers: join(folder, release, HEADERS),
      release,
    }))
    .filter(({ image, headers }) => existsSync(image) && existsSync(headers))
}
