/** Busybox: the one program of the machine. It has to be static, since the machine has no libraries. */
import { readFileSync } from 'node:fs'
import { diskReason } from '../disk.js'
import { InputError } from '../input-error.js'
import { programAt } from './programs.js'

/** The program's bytes. @throws InputError when there is none, or it needs libraries. */
export function busybox(): Uint8Array {
  const path = programAt('busybox')
  if (path === undefined) {
    throw new InputError('busybox is not installed: apt install busybox-static')
  }
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (thrown) {
    throw new InputError(`${path} cannot be read: ${diskReason(thrown)}`)
  }
  const why = whyNotStatic(bytes)
  if (why !== undefined) throw new InputError(`${path} ${why}: apt install busybox-static`)
  return bytes
}

/** e_machine of x86-64, and the type of a segment that names a dynamic linker (elf(5)). */
const EM_X86_64 = 62
const PT_INTERP = 3

/** Why a program cannot run in the machine; undefined where it can. */
function whyNotStatic(bytes: Buffer): string | undefined {
  if (bytes.length < 64 || bytes.toString('latin1', 0, 4) !== '\x7fELF') return 'is not a program'
  if (bytes.readUInt16LE(18) !== EM_X86_64 || bytes[4] !== 2) return 'is not a program for x86-64'
  const start = Number(bytes.readBigUInt64LE(32))
  const size = bytes.readUInt16LE(54)
  const count = bytes.readUInt16LE(56)
  for (let at = 0; at < count; at++) {
    const header = start + at * size
    if (header + 4 > bytes.length) return 'is damaged'
    if (bytes.readUInt32LE(header) === PT_INTERP) return 'is not static: it needs libraries'
  }
  return undefined
}
