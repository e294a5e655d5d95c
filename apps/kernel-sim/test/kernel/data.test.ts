import type { Steps } from '@scopemask/checker/machine'
import { describe } from 'vitest'
import type { Kernel } from '../../src/kernel/kernel.js'
import { inForms, itBehaves, type Litmus } from './litmus.js'

/** A task that waits for a variable, which another sets. */
function waits(
  source: string,
  forms: readonly (readonly [program: string, want: Litmus['want'], set: number | null])[],
  wait: (variable: ReturnType<Kernel['variable']>) => Steps<unknown>,
): Litmus[] {
  return inForms(source, forms, (kernel, set) => {
    const variable = kernel.variable('v')
    kernel.task('waits', () => wait(variable))
    if (set !== null) kernel.task('sets', () => variable.set(set))
  })
}

describe('a variable', () => {
  itBehaves([
    ...waits(
      'include/linux/wait.h, wait_event',
      [
        ['waited for until it is 1, and set to 1', 'safe', 1],
        ['waited for until it is 1, and set to 2', 'deadlock', 2],
      ],
      (variable) => variable.waitUntil(1),
    ),
    ...waits(
      'include/linux/wait.h, wait_event',
      [
        ['waited for until it is not 0, and set to 2', 'safe', 2],
        ['waited for until it is not 0, and never set', 'deadlock', null],
      ],
      (variable) => variable.waitWhile(0),
    ),
    ...waits(
      'include/linux/wait.h, wait_event (the condition takes what it found)',
      [
        ['taken when it is 1, and set to 1', 'safe', 1],
        ['taken when it is 1, and never set', 'deadlock', null],
      ],
      (variable) => variable.exchange(1, 0),
    ),
    ...inForms(
      'include/linux/wait.h, ___wait_cond_timeout',
      [
        ['wait_event_timeout comes back by itself', 'safe', { holds: false, hangs: false }],
        ['wait_event_timeout may say that it timed out', 'deadlock', { holds: false, hangs: true }],
        [
          'wait_event_timeout never says so where the condition holds',
          'safe',
          { holds: true, hangs: true },
        ],
      ],
      (kernel, { holds, hangs }) => {
        const variable = kernel.variable('v', holds ? 1 : 0)
        const never = kernel.completion('never')
        kernel.task('waits', function* () {
          const done = yield* variable.waitUntilTimeout(1)
          if (!done && hangs) yield* never.wait()
        })
      },
    ),
    ...inForms(
      'include/linux/atomic/atomic-instrumented.h, atomic_dec_if_positive',
      [
        ['one that is 2, from which two tasks take one each', 'safe', 2],
        ['one that is 1, from which two tasks take one each', 'deadlock', 1],
      ],
      (kernel, initial) => {
        const variable = kernel.variable('v', initial)
        const never = kernel.completion('never')
        for (const name of ['A', 'B']) {
          kernel.task(name, function* () {
            if ((yield* variable.takeOne('take')) === 0) yield* never.wait()
          })
        }
      },
    ),
  ])
})

describe('a fifo', () => {
  itBehaves(
    inForms(
      'kernel/kthread.c, kthreadd and include/linux/kfifo.h',
      [
        ['two are put into one with room for two, and taken', 'safe', { room: 2, takes: 2 }],
        ['two are put into one with room for one, and one is taken', 'safe', { room: 1, takes: 1 }],
        [
          'two are put into one with room for one, and none is taken',
          'deadlock',
          { room: 1, takes: 0 },
        ],
        ['three are taken of two', 'deadlock', { room: 2, takes: 3 }],
      ],
      (kernel, { room, takes }) => {
        const fifo = kernel.fifo('q', room)
        const token = kernel.token('t')
        kernel.task('puts', function* () {
          yield* fifo.put(token)
          yield* fifo.put(token)
        })
        for (let taken = 0; taken < takes; taken++) kernel.task('takes', () => fifo.take())
      },
    ),
  )
})
