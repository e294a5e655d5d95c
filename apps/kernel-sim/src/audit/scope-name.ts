/** Scope name: how tables call the scope that a task is in. */
import {
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  PF_MEMALLOC_PIN,
} from '@scopemask/allocator/gfp'

/** The scopes that matter to an allocation, in the order in which a name lists them. */
const SCOPES: readonly (readonly [flag: number, name: string])[] = [
  [PF_MEMALLOC, 'MEMALLOC'],
  [PF_MEMALLOC_NOIO, 'NOIO'],
  [PF_MEMALLOC_NOFS, 'NOFS'],
  [PF_MEMALLOC_PIN, 'PIN'],
]

/** Every combination by its bits in the order of SCOPES. */
const NAMES = Array.from({ length: 1 << SCOPES.length }, (_, bits) => {
  const names = SCOPES.filter((_, i) => bits & (1 << i)).map(([, name]) => name)
  return names.join('+') || 'none'
})

/** `NOFS`, `NOIO+NOFS`, `none`; `unknown` where the recording does not have task flags. */
export function scopeName(taskFlags: number | undefined): string {
  if (taskFlags === undefined) return 'unknown'
  let bits = 0
  for (let i = 0; i < SCOPES.length; i++) {
    if (taskFlags & (SCOPES[i]?.[0] ?? 0)) bits |= 1 << i
  }
  return NAMES[bits] ?? 'unknown'
}

/** The order in which tables show scopes. */
export const SCOPE_NAMES: readonly string[] = [...NAMES, 'unknown']

/** Every flag that marks a scope. */
const ANY_SCOPE = SCOPES.reduce((all, [flag]) => all | flag, 0)

/** Returns true if these task flags keep allocations out of filesystems: NOFS does, and NOIO, which is stronger. */
export function isRestricted(taskFlags: number | undefined): taskFlags is number {
  return taskFlags !== undefined && (taskFlags & (PF_MEMALLOC_NOFS | PF_MEMALLOC_NOIO)) !== 0
}

/** Returns true if these task flags are known and in no scope at all. */
export function isUnscoped(taskFlags: number | undefined): boolean {
  return taskFlags !== undefined && (taskFlags & ANY_SCOPE) === 0
}
