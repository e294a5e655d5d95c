/**
 * Folder name: says whose the folder of a search is. While a process has it, it is named after the computer, the process and when that began, so
 * that others know when it is gone; one that was left has a name of its own. To take one over is to rename it, which only one process
 * succeeds in.
 */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

const PREFIX = 'search-on-disk'
const LEFT = 'unfinished'

/** Whose a folder is: `ours` has a process of this computer; `gone` had one that is there no more, or was left; `theirs` is of another computer. */
export type Holder = 'ours' | 'gone' | 'theirs'

/** The name of a folder that this process has, but for what makes it the only one of that name. */
export function heldPrefix(): string {
  const began = statusOf('self')?.began ?? ''
  return `${PREFIX}.${hostname()}.${process.pid}${began === '' ? '' : `-${began}`}.`
}

/** The name of a folder that this process has, made of the one that it had. */
export function heldName(name: string): string {
  return heldPrefix() + suffixOf(name)
}

/** The name of a folder that nobody has, made of the one that it had. */
export function leftName(name: string): string {
  return `${PREFIX}.${LEFT}.${suffixOf(name)}`
}

/** Whose a folder is; null when it is not one of a search. */
export function holderOf(name: string): Holder | null {
  if (new RegExp(`^${PREFIX}\\.${LEFT}\\.\\w+$`).test(name)) return 'gone'
  const [, host, id, began = ''] =
    new RegExp(`^${PREFIX}\\.(.+)\\.(\\d+)(?:-(\\d+))?\\.\\w+$`).exec(name) ?? []
  if (host === undefined) return null
  if (host !== hostname()) return 'theirs'
  return isAlive(Number(id), began) ? 'ours' : 'gone'
}

function suffixOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

function isAlive(id: number, began: string): boolean {
  try {
    process.kill(id, 0)
  } catch (thrown) {
    // Somebody else's process may not be asked, but it is there.
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
  const now = statusOf(id)
  if (now === null) return true
  if (now.isOver) return false
  // The number of a process that is gone may be that of another one now.
  return began === '' || began === now.began
}

/** What proc(5)'s stat says of a process. */
interface Status {
  /** True if it has ended, and is only kept for who has started it to ask how (a zombie). */
  readonly isOver: boolean
  /** When it began, in ticks since the computer did. */
  readonly began: string
}

/** Null where the system does not tell. */
function statusOf(id: number | 'self'): Status | null {
  let stat: string
  try {
    stat = readFileSync(`/proc/${id}/stat`, 'latin1')
  } catch {
    // It is not Linux, or the process has just ended.
    return null
  }
  // The name of the command comes second, and may have blanks and brackets in it. The third field is the state, the 22nd the beginning.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { isOver: 'ZXx'.includes(fields[0] ?? ''), began: fields[19] ?? '' }
}
