/** The memalloc scopes against the kernel's own functions: any order, repeats, stale and foreign tokens. */
import { Context } from '@scopemask/core'
import { describe, it } from 'vitest'
import {
  currentGfpContext,
  memallocNofsRestore,
  memallocNofsSave,
  memallocNoioRestore,
  memallocNoioSave,
  memallocNoreclaimRestore,
  memallocNoreclaimSave,
  memallocPinRestore,
  memallocPinSave,
  PF,
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
        const task = new Context(PF, { mask: PF.from(initial) })
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
