/**
 * Protocol: a machine with many states for tests of limits, threads and symmetry. Tasks hold a lock of their own, or not, while
 * they hand a job to workers and wait for it; a worker may have to take some task's lock for a job, or ask a helper.
 */
import { Machine } from '../src/machine/machine.js'
import type { MachineObject } from '../src/machine/object.js'
import { Channel } from '../src/objects/channel.js'
import { Choices } from '../src/objects/choice.js'
import { Counter } from '../src/objects/counter.js'
import { objectsOf } from '../src/objects/domain.js'
import { Mutex } from '../src/objects/mutex.js'
import { Semaphore } from '../src/objects/semaphore.js'

interface Job {
  readonly isCareful: boolean
  readonly done: Semaphore
}

const TASKS = 3
const WORKERS = 2

export interface ProtocolOptions {
  /** True if a worker never takes a lock, so that there is no deadlock. By default it does as its job asks. */
  readonly isSafe?: boolean
  /** True if something goes on for ever beside it, so that what is a deadlock without that is a livelock. By default nothing does. */
  readonly ticks?: boolean
}

export function protocol({ isSafe = false, ticks = false }: ProtocolOptions = {}): Machine {
  const machine = new Machine()
  const choices = new Choices(machine)
  const wanted = new Counter(machine, 'wanted', 0)
  const queue = new Channel(machine, 'queue', TASKS, objectsOf(machine))
  const locks: Mutex[] = []
  const jobs = new Map<MachineObject, Job>()
  const work = machine.procedure('work', function* (isCareful: boolean) {
    if ((yield* choices.among('memory', ['enough', 'pressure'])) === 'enough') return
    if (isCareful) {
      yield* wanted.set(1)
      yield* wanted.until(0)
    } else {
      const lock = yield* choices.object('lock', locks)
      yield* lock.lock()
      yield* lock.unlock()
    }
  })
  machine.replicate('task', TASKS, () => {
    const lock = new Mutex(machine, 'lock')
    const done = new Semaphore(machine, 'done', 0)
    const plain = machine.object('plain job')
    const careful = machine.object('careful job')
    locks.push(lock)
    jobs.set(plain, { isCareful: false, done }).set(careful, { isCareful: true, done })
    machine.task('task', function* () {
      const isCareful = (yield* choices.among('work', ['careful', 'plain'])) === 'careful'
      if (isCareful) yield* lock.lock()
      yield* work(isCareful)
      yield* queue.send(isCareful ? careful : plain)
      yield* done.acquire()
      if (isCareful) yield* lock.unlock()
    })
  })
  machine.replicate('worker', WORKERS, () => {
    machine.task(
      'worker',
      function* () {
        const { isCareful, done } = jobs.get(yield* queue.receive()) as Job
        yield* work(isSafe || isCareful)
        yield* done.release()
      },
      true,
    )
  })
  machine.task(
    'helper',
    function* () {
      yield* wanted.until(1)
      yield* wanted.set(0)
    },
    true,
  )
  if (ticks) {
    const ticker = new Counter(machine, 'ticker', 0)
    const tick = machine.procedure(
      'tick',
      function* () {
        yield* ticker.set(1 - (yield* ticker.get()))
      },
      { loop: true },
    )
    machine.task(
      'ticker',
      function* () {
        yield* tick()
      },
      true,
    )
  }
  return machine.seal()
}
