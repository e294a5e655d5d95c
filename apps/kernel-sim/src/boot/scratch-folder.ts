/** Scratch folder: a folder for the time of a run, which is gone afterwards, however that ends. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diskReason } from '../disk.js'
import { InputError } from '../input-error.js'

/** Uses a folder, and removes it. @throws InputError when none can be made. */
export async function inScratchFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = made()
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  try {
    return await use(folder)
  } finally {
    process.off('exit', remove)
    remove()
  }
}

function made(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'kernel-sim-reproduce-'))
  } catch (thrown) {
    throw new InputError(
      `no folder for the time of the run can be made in ${tmpdir()}: ${diskReason(thrown)}; TMPDIR names another place`,
    )
  }
}
