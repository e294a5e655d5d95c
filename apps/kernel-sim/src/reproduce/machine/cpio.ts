/**
 * Cpio: the archive that a kernel unpacks as its first file system, in the format "newc" (Documentation/driver-api/early-userspace/
 * buffer-format.rst). It is written here, so that no program for it is needed and the same files give the same bytes.
 */

/** A file of the archive. Its path is relative, with slashes; the folders above it are made of it. */
export type ArchivedFile =
  | { readonly path: string; readonly content: Uint8Array | string; readonly executable?: boolean }
  /** A character device, by its numbers. */
  | { readonly path: string; readonly major: number; readonly minor: number }

/** The bits of `st_mode` that say what a file is. */
const KIND = { folder: 0o040000, file: 0o100000, characterDevice: 0o020000 } as const

interface Entry {
  readonly path: string
  readonly mode: number
  readonly content: Uint8Array
  readonly device: readonly [major: number, minor: number]
}

/** The archive of these files. All belong to root, and none has a time. @throws RangeError when a path is not relative. */
export function cpioArchive(files: readonly ArchivedFile[]): Uint8Array {
  const folders = new Set<string>()
  for (const { path } of files) {
    if (path === '' || path.startsWith('/') || path.split('/').includes('..')) {
      throw new RangeError(`${path} is not a path inside of an archive`)
    }
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      folders.add(path.slice(0, end))
    }
  }
  const entries = [
    ...[...folders].sort().map(
      (path): Entry => ({
        path,
        mode: KIND.folder | 0o755,
        content: new Uint8Array(),
        device: [0, 0],
      }),
    ),
    ...files.map(entryOf),
  ]
  return Buffer.concat([
    ...entries.flatMap((entry, at) => written(entry, at + 1)),
    ...written({ path: 'TRAILER!!!', mode: 0, content: new Uint8Array(), device: [0, 0] }, 0),
  ])
}

function entryOf(file: ArchivedFile): Entry {
  if ('major' in file) {
    const { path, major, minor } = file
    const mode = KIND.characterDevice | 0o600
    return { path, mode, content: new Uint8Array(), device: [major, minor] }
  }
  const { path, content, executable = false } = file
  return {
    path,
    mode: KIND.file | (executable ? 0o755 : 0o644),
    content: typeof content === 'string' ? Buffer.from(content) : content,
    device: [0, 0],
  }
}

/** A header, the name and the content, each filled up to four bytes. */
function written({ path, mode, content, device }: Entry, inode: number): Uint8Array[] {
  const name = Buffer.from(`${path}\0`)
  const links = (mode & KIND.folder) === KIND.folder ? 2 : 1
  const fields = [
    ...[inode, mode, 0, 0, links, 0, content.length],
    ...[0, 0, ...device],
    ...[name.length, 0],
  ]
  const header = Buffer.from(
    `070701${fields.map((field) => field.toString(16).toUpperCase().padStart(8, '0')).join('')}`,
  )
  return [header, name, filling(header.length + name.length), content, filling(content.length)]
}

function filling(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4)
}
