/** Scopes of a kernel: which a task can be in at all. Older kernels have the functions that later hold a scope, and no scopes. */
import {
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  PF_MEMALLOC_PIN,
} from '@scopemask/allocator/gfp'
import { isBefore, type KernelVersion, type Version } from '../kernel-version.js'

/** Since when a scope is there. */
export const SCOPES_SINCE: readonly {
  readonly scope: string
  readonly flag: number
  readonly since: Version
  readonly opens: string
}[] = [
  // 7dea19f9ee63 in 4.12.
  { scope: 'NOFS', flag: PF_MEMALLOC_NOFS, since: '4.12', opens: 'memalloc_nofs_save' },
  // 21caf2fc1931 in 3.9.
  { scope: 'NOIO', flag: PF_MEMALLOC_NOIO, since: '3.9', opens: 'memalloc_noio_save' },
]

const ALL = PF_MEMALLOC | PF_MEMALLOC_NOFS | PF_MEMALLOC_NOIO | PF_MEMALLOC_PIN

/** The task flags of scopes that a kernel has, as a mask; all where the recording does not tell how old it is. */
export function scopesOf(kernel: KernelVersion): number {
  return SCOPES_SINCE.filter(({ since }) => isBefore(kernel, since) === true).reduce(
    (mask, { flag }) => mask & ~flag,
    ALL,
  )
}
