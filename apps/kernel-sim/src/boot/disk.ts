/** Disk: files are written, and what a disk says when they are not is put in words. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from '../input-error.js'

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'it is on a disk that is only read',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a file is in the place of a folder',
  EISDIR: 'it is a folder',
  EEXIST: 'it is there already',
}

/** Why something of a disk failed. */
export function diskReason(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  return REASONS[code] ?? (thrown instanceof Error ? thrown.message : String(thrown))
}

/** Writes a file, and the folders that it is in. @throws InputError when that fails. */
export function writeFile(path: string, content: Uint8Array | string, mode = 0o644): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content, { mode })
  } catch (thrown) {
    throw new InputError(`${path} cannot be written: ${diskReason(thrown)}`)
  }
}
