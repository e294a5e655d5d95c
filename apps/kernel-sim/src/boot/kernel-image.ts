/** Kernel image: a bzImage, and the headers that modules for it are built against. */
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { diskReason } from '../disk.js'
import { InputError } from '../input-error.js'

export interface Kernel {
  /** Paths. */
  readonly image: string
  readonly headers: string
  /** `6.1.0-56-cloud-amd64`: what `uname -r` prints. */
  readonly release: string
  /** What it was configured with, `y` or `m`, without `CONFIG_`. */
  readonly options: ReadonlySet<string>
}

/** A kernel of these files. @throws InputError when they cannot be read, or do not belong together. */
export function kernelOf(image: string, headers: string): Kernel {
  const release = imageRelease(image)
  const built = headersRelease(headers)
  if (built !== release) {
    throw new InputError(
      `${headers} has the headers of ${built}, and ${image} is ${release}: a module for the one does not load in the other`,
    )
  }
  return { image, headers, release, options: optionsOf(headers) }
}

/**
 * The release of a bzImage, from its header (Documentation/arch/x86/boot.rst: `HdrS` at 0x202; at 0x20e, where the text with the
 * version begins, less 0x200).
 * @throws InputError when it is not one.
 */
export function imageRelease(image: string): string {
  const bytes = beginning(image, 0x20000)
  if (bytes.length < 0x210 || bytes.toString('latin1', 0x202, 0x206) !== 'HdrS') {
    throw new InputError(
      `${image} is not a kernel for x86 that QEMU can start: it takes a bzImage, such as /boot/vmlinuz-…`,
    )
  }
  const start = bytes.readUInt16LE(0x20e) + 0x200
  const [release = ''] = bytes.toString('latin1', start, start + 128).split(/[ \0]/)
  if (!/^\d+\.\d+[\w.+~-]*$/.test(release)) {
    throw new InputError(`${image} is damaged: its header does not say which kernel it is`)
  }
  return release
}

function beginning(path: string, most: number): Buffer {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (thrown) {
    throw new InputError(`${path} cannot be read: ${diskReason(thrown)}`)
  }
  try {
    const bytes = Buffer.alloc(most)
    return bytes.subarray(0, readSync(file, bytes, 0, most, 0))
  } catch (thrown) {
    throw new InputError(`${path} cannot be read: ${diskReason(thrown)}`)
  } finally {
    closeSync(file)
  }
}

/** The release that headers are of. `include/config/kernel.release` is not it: Debian's names another one there. */
function headersRelease(headers: string): string {
  const file = join(headers, 'include/generated/utsrelease.h')
  if (!existsSync(file)) {
    throw new InputError(
      `${headers} has no headers to build a module with: it takes the folder that /lib/modules/RELEASE/build is, or a tree in which a kernel was built`,
    )
  }
  return /UTS_RELEASE "([^"]+)"/.exec(readFileSync(file, 'utf8'))?.[1] ?? 'an unknown kernel'
}

function optionsOf(headers: string): ReadonlySet<string> {
  const file = join(headers, 'include/config/auto.conf')
  if (!existsSync(file)) {
    throw new InputError(
      `${headers} does not say how the kernel was configured: ${file} is missing`,
    )
  }
  const lines = readFileSync(file, 'utf8').split('\n')
  return new Set(
    lines.flatMap((line) => {
      const [, option] = /^CONFIG_(\w+)=[ym]$/.exec(line) ?? []
      return option === undefined ? [] : [option]
    }),
  )
}
