/** Fifos: what follows from the kernel's code. */
import { inForms, type Litmus } from './litmus.js'

export const FIFO: readonly Litmus[] = inForms(
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
)
