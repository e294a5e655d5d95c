/** Numbers that tasks share: what follows from the kernel's code. */
import type { Steps } from '@scopemask/checker/machine'
import type { Kernel } from '../../kernel/kernel.js'
import { inForms, type Litmus } from './litmus.js'

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

export const VARIABLE: readonly Litmus[] = [
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
]
