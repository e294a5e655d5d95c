/** The memalloc scopes against the kernel's own functions: any order, repeats, stale and foreign tokens. */
import { Task as CoreTask } from '@scopemask/core/task'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  currentGfpContext,
  memallocFlagsRestore,
  memallocFlagsSave,
  memallocNofsRestore,
  memallocNofsSave,
  memallocNoioRestore,
  memallocNoioSave,
  memallocNoreclaimRestore,
  memallocNoreclaimSave,
  memallocPinRestore,
  memallocPinSave,
  PF,
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  PF_MEMALLOC_PIN,
  type Task,
  type TaskFlags,
} from '../../src/index.js'
import { agree } from '../vectors.js'

const saves: Record<string, (task: Task) => TaskFlags> = {
  nofs_save: memallocNofsSave,
  noio_save: memallocNoioSave,
  noreclaim_save: memallocNoreclaimSave,
  pin_save: memallocPinSave,
}
const restores: Record<string, (task: Task, token: TaskFlags) => void> = {
  nofs_restore: memallocNofsRestore,
  noio_restore: memallocNoioRestore,
  noreclaim_restore: memallocNoreclaimRestore,
  pin_restore: memallocPinRestore,
}

describe('memalloc scopes', () => {
  it('agree with Linux 6.1.192 on every sequence', () => {
    agree(
      'scenario',
      (initial: number, operations: readonly [name: string, operand?: number][]) => {
        const task = new CoreTask(PF, { mask: PF.from(initial) })
        return operations.map(([name, operand = 0]) => {
          let result: number | null = null
          if (name === 'ctx') result = currentGfpContext(task.mask, operand)
          else if (saves[name] !== undefined) result = saves[name](task) >>> 0
          else restores[name]?.(task, PF.from(operand))
          return [result, task.mask >>> 0]
        })
      },
    )
  })
})

describe('memalloc_flags of 6.9 and later', () => {
  const pairs = [
    [PF_MEMALLOC_NOFS, memallocNofsSave, memallocNofsRestore],
    [PF_MEMALLOC_NOIO, memallocNoioSave, memallocNoioRestore],
    [PF_MEMALLOC, memallocNoreclaimSave, memallocNoreclaimRestore],
    [PF_MEMALLOC_PIN, memallocPinSave, memallocPinRestore],
  ] as const
  const u32 = fc.integer({ min: 0, max: 0xffffffff })

  it('leave the same flags as the older functions, in the reverse order of opening', () => {
    fc.assert(
      fc.property(u32, fc.array(fc.integer({ min: 0, max: 3 })), (initial, order) => {
        const mask = PF.from(initial)
        const old = new CoreTask(PF, { mask })
        const now = new CoreTask(PF, { mask })
        const nest = (depth: number): void => {
          const pair = pairs[order[depth] ?? -1]
          if (pair === undefined) return
          const [flag, save, restore] = pair
          const before = old.mask
          const token = save(old)
          const token2 = memallocFlagsSave(now, flag)
          expect(token | token2).toBe(flag)
          expect(now.mask).toBe(old.mask)
          nest(depth + 1)
          restore(old, token)
          memallocFlagsRestore(now, token2)
          expect([old.mask, now.mask]).toEqual([before, before])
        }
        nest(0)
      }),
    )
  })

  it('take several flags at once, and give back those that were new', () => {
    const task = new CoreTask(PF, { mask: PF_MEMALLOC_NOFS })
    const token = memallocFlagsSave(task, PF.mask('MEMALLOC_NOFS', 'MEMALLOC_NOIO', 'KSWAPD'))
    expect(token).toBe(PF.mask('MEMALLOC_NOIO', 'KSWAPD'))
    expect(task.mask).toBe(PF.mask('MEMALLOC_NOFS', 'MEMALLOC_NOIO', 'KSWAPD'))
    memallocFlagsRestore(task, token)
    expect(task.mask).toBe(PF_MEMALLOC_NOFS)
  })

  it('differ from the older functions where the outer restore comes first', () => {
    const old = new CoreTask(PF)
    const tokens = [memallocNofsSave(old), memallocNofsSave(old)]
    for (const token of tokens) memallocNofsRestore(old, token)
    expect(old.mask).toBe(PF_MEMALLOC_NOFS)

    const now = new CoreTask(PF)
    const [outer, inner] = [
      memallocFlagsSave(now, PF_MEMALLOC_NOFS),
      memallocFlagsSave(now, PF_MEMALLOC_NOFS),
    ]
    memallocFlagsRestore(now, outer)
    expect(now.mask).toBe(0)
    memallocFlagsRestore(now, inner)
    expect(now.mask).toBe(0)
  })
})
