/** Random machines: small programs over all shared objects and choices, some of them replicated. */
import fc from 'fast-check'
import { Machine } from '../src/machine/machine.js'
import type { MachineObject } from '../src/machine/object.js'
import type { Steps } from '../src/machine/operation.js'
import { Channel } from '../src/objects/channel.js'
import { Choices } from '../src/objects/choice.js'
import { Condition } from '../src/objects/condition.js'
import { Counter } from '../src/objects/counter.js'
import { objectsOf } from '../src/objects/domain.js'
import { Mutex } from '../src/objects/mutex.js'
import { Semaphore } from '../src/objects/semaphore.js'
import { Sleepers } from '../src/objects/sleepers.js'
import { Timer } from '../src/objects/timer.js'
import { Register } from './register.js'

/** Which mutex a statement means: one of all, that of the replica itself, or that of any replica. */
type Which = 'shared' | 'other' | 'own' | 'any'

export type Statement =
  | { readonly do: 'lock' | 'trylock'; readonly which: Which; readonly body: readonly Statement[] }
  | { readonly do: 'set' | 'until' | 'retryUntil'; readonly value: 0 | 1 | 2 }
  | { readonly do: 'branch'; readonly body: readonly Statement[] }
  | {
      readonly do:
        | 'release'
        | 'acquire'
        | 'tryAcquire'
        | 'send'
        | 'receive'
        | 'choose'
        | 'wait'
        | 'signal'
        | 'broadcast'
        | 'start'
        | 'cancel'
        | 'expired'
        | 'hasExpired'
    }

export interface Plan {
  readonly replicas: number
  readonly replicated: readonly Statement[]
  readonly single: readonly (readonly Statement[])[]
  readonly daemon: readonly Statement[]
}

const leaf: fc.Arbitrary<Statement> = fc.oneof(
  fc.record({
    do: fc.constantFrom('set' as const, 'until' as const, 'retryUntil' as const),
    value: fc.constantFrom(0 as const, 1 as const, 2 as const),
  }),
  fc.record({
    do: fc.constantFrom(
      'release' as const,
      'acquire' as const,
      'tryAcquire' as const,
      'send' as const,
      'receive' as const,
      'choose' as const,
    ),
  }),
  fc.record({
    do: fc.constantFrom(
      'wait' as const,
      'signal' as const,
      'broadcast' as const,
      'start' as const,
      'cancel' as const,
      'expired' as const,
      'hasExpired' as const,
    ),
  }),
)
const statement = (depth: number): fc.Arbitrary<Statement> => {
  if (depth === 0) return leaf
  const body = fc.array(statement(depth - 1), { maxLength: 2 })
  return fc.oneof(
    { weight: 1, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom('lock' as const, 'lock' as const, 'trylock' as const),
        which: fc.constantFrom<Which>('shared', 'other', 'own', 'any'),
        body,
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('branch' as const), body }) },
  )
}

export const plan: fc.Arbitrary<Plan> = fc.record({
  replicas: fc.constantFrom(1, 2, 2, 3),
  replicated: fc.array(statement(2), { minLength: 1, maxLength: 2 }),
  single: fc.array(fc.array(statement(2), { minLength: 1, maxLength: 2 }), { maxLength: 1 }),
  daemon: fc.array(statement(1), { maxLength: 1 }),
})

/** Values that fit into no field. */
const TIGHT = 2 ** 40
const AMPLE = -(2 ** 41)

/**
 * Builds the machine of a plan.
 * @param options `wide`: whoever chooses also exchanges values that are too wide for a row.
 */
export function build(
  { replicas, replicated, single, daemon }: Plan,
  { wide = false }: { readonly wide?: boolean } = {},
): Machine {
  const machine = new Machine()
  const sleepers = new Sleepers(machine)
  const choices = new Choices(machine)
  const shared = new Mutex(machine, 'shared')
  const other = new Mutex(machine, 'other')
  const variable = new Counter(machine, 'variable', 0)
  const semaphore = new Semaphore(machine, 'semaphore', 0)
  const channel = new Channel(machine, 'channel', 2, objectsOf(machine))
  const condition = new Condition(machine, 'condition', sleepers)
  const timer = new Timer(machine, 'timer')
  const register = new Register(machine, 'register')
  const own = new Map<MachineObject, Mutex>()
  const locks: Mutex[] = []
  const any = machine.procedure('any lock', function* () {
    const mutex = yield* choices.object('lock', locks)
    yield* mutex.lock()
    yield* mutex.unlock()
  })
  const retry = machine.procedure(
    'retry',
    function* (value: number) {
      return (yield* variable.get()) === value ? true : undefined
    },
    { loop: true },
  )

  function* run(body: readonly Statement[], mine: Mutex): Steps<void> {
    for (const step of body) {
      switch (step.do) {
        case 'lock':
        case 'trylock': {
          if (step.which === 'any') {
            yield* any()
            break
          }
          const mutex = { shared, other, own: mine }[step.which]
          if (step.do === 'lock') yield* mutex.lock()
          else if (!(yield* mutex.tryLock())) break
          yield* run(step.body, mine)
          yield* mutex.unlock()
          break
        }
        case 'set':
          yield* variable.set(step.value)
          break
        case 'until':
          yield* variable.until(step.value)
          break
        case 'retryUntil':
          yield* retry(step.value)
          break
        case 'branch':
          if ((yield* choices.among('turn', ['left', 'right'])) === 'left')
            yield* run(step.body, mine)
          break
        case 'choose': {
          const isTight = (yield* choices.among('memory', ['enough', 'pressure'])) === 'pressure'
          if (!wide) break
          if ((yield* register.exchange(isTight ? TIGHT : AMPLE)) === TIGHT) yield* variable.set(1)
          break
        }
        case 'release':
          yield* semaphore.release()
          break
        case 'acquire':
          yield* semaphore.acquire()
          break
        case 'tryAcquire':
          if (yield* semaphore.tryAcquire()) yield* variable.set(1)
          break
        case 'send':
          yield* channel.send(mine.object)
          break
        case 'receive': {
          const received = own.get(yield* channel.receive()) as Mutex
          yield* received.lock()
          yield* received.unlock()
          break
        }
        case 'wait':
          // Tried only: its own statements may hold it already.
          if (!(yield* mine.tryLock())) break
          yield* condition.wait(mine)
          yield* mine.unlock()
          break
        case 'signal':
          yield* condition.signal()
          break
        case 'broadcast':
          yield* condition.broadcast()
          break
        case 'start':
          yield* timer.start()
          break
        case 'cancel':
          if (!(yield* timer.cancel())) yield* variable.set(2)
          break
        case 'expired':
          yield* timer.expired()
          break
        case 'hasExpired':
          if (yield* timer.hasExpired()) yield* variable.set(1)
          break
      }
    }
  }

  const task = (name: string, body: () => Steps<void>, isDaemon = false): void =>
    sleepers.add(machine.task(name, body, isDaemon))
  machine.replicate('replica', replicas, () => {
    const mutex = new Mutex(machine, 'own')
    own.set(mutex.object, mutex)
    locks.push(mutex)
    task('replicated', () => run(replicated, mutex))
  })
  // A single task may only know replicas in ways that renaming keeps.
  const fair = (body: readonly Statement[]): Statement[] =>
    body.map((step) =>
      'which' in step && step.which === 'own'
        ? { ...step, which: 'other', body: fair(step.body) }
        : 'body' in step
          ? { ...step, body: fair(step.body) }
          : step.do === 'send'
            ? { do: 'release' }
            : step,
    )
  for (const body of single) {
    const mutex = new Mutex(machine, 'single')
    task('single', () => run(fair(body), mutex))
  }
  if (daemon.length > 0) {
    const mutex = new Mutex(machine, 'mutex of daemon')
    task(
      'daemon',
      function* () {
        yield* variable.until(2)
        yield* variable.set(0)
        yield* run(fair(daemon), mutex)
      },
      true,
    )
  }
  const { layout } = machine.seal()
  // Some of them begin without room to spare, so that fields get wider all the time.
  if (single.length === 0) layout.tighten(layout.initialRow(), 1)
  return machine
}

/** Two tasks: what the first does, and what the second does. */
function pair(first: readonly Statement[], second: readonly Statement[]): Plan {
  return { replicas: 1, replicated: second, single: [first], daemon: [] }
}

const two: Statement = { do: 'set', value: 2 }

/** Programs in which one dependency decides about a deadlock, by what would be wrong without it. */
export const DIRECTED: ReadonlyMap<string, Plan> = new Map([
  [
    'unlock',
    // The second task sees 2 while the first still holds the mutex, tries to take it, and waits for 1 for ever if it fails.
    pair(
      [{ do: 'lock', which: 'shared', body: [two] }],
      [
        { do: 'until', value: 2 },
        { do: 'trylock', which: 'shared', body: [{ do: 'set', value: 1 }] },
        { do: 'until', value: 1 },
      ],
    ),
  ],
  [
    'release',
    pair(
      [two, { do: 'release' }],
      [{ do: 'until', value: 2 }, { do: 'tryAcquire' }, { do: 'until', value: 1 }],
    ),
  ],
  [
    'set',
    pair(
      [two, { do: 'set', value: 1 }],
      [
        { do: 'until', value: 2 },
        { do: 'until', value: 0 },
      ],
    ),
  ],
  [
    'start',
    // It is running at the end only if it was cancelled before it was started.
    pair(
      [two, { do: 'start' }],
      [{ do: 'until', value: 2 }, { do: 'cancel' }, { do: 'until', value: 1 }],
    ),
  ],
  [
    'signal',
    // A wake-up finds the second task only if it comes late enough.
    pair(
      [two, { do: 'signal' }],
      [{ do: 'until', value: 2 }, { do: 'wait' }, { do: 'until', value: 1 }],
    ),
  ],
])
