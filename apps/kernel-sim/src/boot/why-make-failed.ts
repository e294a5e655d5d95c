/** Why make failed: the one line of what it printed that says so. */
import type { ProgramEnd } from './run-program.js'

/** The lines that say why, the best first. */
const TELLING = [
  /No space left on device/,
  /\bfatal error: /,
  /\berror: /,
  /virtual memory exhausted|Cannot allocate memory|Killed/,
  /^ERROR: /,
  /The source tree is not clean/,
  /: not found$/,
  /\*\*\*.*\bStop\.$/,
  /^make.*\*\*\*/,
]

/** @returns a line, without the place in make's own files. */
export function whyMakeFailed({ complaints, output, status }: ProgramEnd): string {
  const lines = `${complaints}\n${output}`.split('\n').map((line) => line.trim())
  for (const telling of TELLING) {
    const line = lines.find((each) => telling.test(each))
    if (line === undefined) continue
    if (/No space left on device/.test(line)) return 'the disk is full'
    if (/not clean/.test(line)) {
      return 'something was built in the source tree itself; make mrproper in it cleans it'
    }
    return line
  }
  return typeof status === 'string' ? `make was ended by ${status}` : `make ended with ${status}`
}
