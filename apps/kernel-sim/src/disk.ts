/** Disk: files are written, and what a disk says when one cannot be is put in words. */
import { mkdirSync, type Stats, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from './input-error.js'

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'the file would be too large',
  EIO: 'the disk does not work',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'it is on a disk that is only read',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a file is in the place of a folder',
  EISDIR: 'it is a folder',
  // A file that is there already is looked for before: what is left is one where a folder is to be made.
  EEXIST: 'a file is in the place of a folder',
  ELOOP: 'its links lead round in a circle',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many files are open',
  EBADF: 'it is closed',
  EPIPE: 'nobody reads it',
}

/** Why something of a disk failed. */
export function diskReason(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  return REASONS[code] ?? (thrown instanceof Error ? thrown.message : String(thrown))
}

/** Says that a file cannot be written, and why. */
export function unwritable(path: string, thrown: unknown): InputError {
  return new InputError(`${path} cannot be written: ${diskReason(thrown)}`)
}

/** Writes a file, and the folders that it is in. @throws InputError when that fails. */
export function writeFile(path: string, content: Uint8Array | string, mode = 0o644): void {
  try {
    makeFolder(dirname(path))
    writeFileSync(path, content, { mode })
  } catch (thrown) {
    throw unwritable(path, thrown)
  }
}

/** Makes a folder and those that it is in. Node's own `recursive` tries for ever where a filesystem takes none, as /proc. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  makeFolder(dirname(path))
  try {
    mkdirSync(path)
  } catch (thrown) {
    // Somebody else may have made it meanwhile.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw thrown
  }
}

/** Writes a file that is not there yet. @throws InputError when it is, or cannot be written. */
export function writeNewFile(path: string, content: Uint8Array | string): void {
  refuseExisting(path)
  try {
    writeFileSync(path, content, { flag: 'wx' })
  } catch (thrown) {
    throw unwritable(path, thrown)
  }
}

/**
 * Nothing is written over what somebody has: looked at before the work that the file is for is done.
 * @throws InputError when there is something of that name.
 */
export function refuseExisting(path: string): void {
  const found = lookedUp(path)
  if (found === undefined) return
  if (found.isDirectory()) throw new InputError(`${path} cannot be written: it is a folder`)
  throw new InputError(`${path} is there already: remove it, or choose another name`)
}

/** @throws InputError when nothing of that name can be. */
function lookedUp(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (thrown) {
    throw unwritable(path, thrown)
  }
}
