/** Random machines: small programs over locks, variables, completions, queues and choices, some of them replicated. */
import fc from 'fast-check'
import { Choices } from '../../../apps/kernel-sim/src/kernel/data/choice.js'
import { Fifo } from '../../../apps/kernel-sim/src/kernel/data/fifo.js'
import { Variable } from '../../../apps/kernel-sim/src/kernel/data/variable.js'
import { Mutex } from '../../../apps/kernel-sim/src/kernel/lock/mutex.js'
import { RwSemaphore } from '../../../apps/kernel-sim/src/kernel/lock/rwsem.js'
import { Completion } from '../../../apps/kernel-sim/src/kernel/task/completion.js'
import { TaskStates } from '../../../apps/kernel-sim/src/kernel/task/task-state.js'
import { Machine } from '../src/machine/machine.js'
import type { MachineObject } from '../src/machine/object.js'
import type { Steps } from '../src/machine/operation.js'

/** Which mutex a statement means: one of all, that of the replica itself, or that of any replica. */
type Which = 'shared' | 'other' | 'own' | 'any'

/** How a statement takes the rwsem. */
type How = 'read' | 'write' | 'tryRead' | 'tryWrite'

export type Statement =
  | { readonly do: 'lock' | 'trylock'; readonly which: Which; readonly body: readonly Statement[] }
  | { readonly do: 'down'; readonly how: How; readonly body: readonly Statement[] }
  | { readonly do: 'set' | 'waitUntil' | 'retryUntil'; readonly value: 0 | 1 | 2 }
  | { readonly do: 'branch'; readonly body: readonly Statement[] }
  | { readonly do: 'complete' | 'wait' | 'isDone' | 'put' | 'take' | 'allocate' }

export interface Plan {
  readonly replicas: number
  readonly replicated: readonly Statement[]
  readonly single: readonly (readonly Statement[])[]
  readonly daemon: readonly Statement[]
}

const leaf: fc.Arbitrary<Statement> = fc.oneof(
  fc.record({
    do: fc.constantFrom('set' as const, 'waitUntil' as const, 'retryUntil' as const),
    value: fc.constantFrom(0 as const, 1 as const, 2 as const),
  }),
  fc.record({
    do: fc.constantFrom(
      'complete' as const,
      'wait' as const,
      'isDone' as const,
      'put' as const,
      'take' as const,
      'allocate' as const,
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
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('down' as const),
        how: fc.constantFrom<How>('read', 'write', 'tryRead', 'tryWrite'),
        body,
      }),
    },
  )
}

export const plan: fc.Arbitrary<Plan> = fc.record({
  replicas: fc.constantFrom(1, 2, 2, 3),
  replicated: fc.array(statement(2), { minLength: 1, maxLength: 2 }),
  single: fc.array(fc.array(statement(2), { minLength: 1, maxLength: 2 }), { maxLength: 1 }),
  daemon: fc.array(statement(1), { maxLength: 1 }),
})

/** Builds the machine of a plan. */
export function build({ replicas, replicated, single, daemon }: Plan): Machine {
  const machine = new Machine()
  const states = new TaskStates(machine)
  const choices = new Choices(machine)
  const shared = new Mutex(machine, states, 'shared')
  const other = new Mutex(machine, states, 'other')
  const sem = new RwSemaphore(machine, states, 'sem')
  const variable = new Variable(machine, states, 'variable', 0)
  const completion = new Completion(machine, states, 'completion')
  const fifo = new Fifo(machine, 'fifo', 2)
  const own = new Map<MachineObject, Mutex>()
  const locks: MachineObject[] = []
  const any = machine.procedure('any lock', function* () {
    const mutex = own.get(yield* choices.object('lock', locks)) as Mutex
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
          else if (!(yield* mutex.trylock())) break
          yield* run(step.body, mine)
          yield* mutex.unlock()
          break
        }
        case 'down':
          yield* down(step.how, step.body, mine)
          break
        case 'set':
          yield* variable.set(step.value)
          break
        case 'waitUntil':
          yield* variable.waitUntil(step.value)
          break
        case 'retryUntil':
          yield* retry(step.value)
          break
        case 'branch':
          if ((yield* choices.among('turn', ['left', 'right'])) === 0) yield* run(step.body, mine)
          break
        case 'allocate':
          yield* choices.among('memory', ['enough', 'pressure'])
          break
        case 'complete':
          yield* completion.complete()
          break
        case 'wait':
          yield* completion.wait()
          break
        case 'isDone':
          if (yield* completion.isDone()) yield* variable.set(1)
          break
        case 'put':
          yield* fifo.put(mine.object)
          break
        case 'take': {
          const taken = own.get(yield* fifo.take()) as Mutex
          yield* taken.lock()
          yield* taken.unlock()
          break
        }
      }
    }
  }

  function* down(how: How, body: readonly Statement[], mine: Mutex): Steps<void> {
    if (how === 'read') yield* sem.downRead()
    else if (how === 'write') yield* sem.downWrite()
    else if (!(yield* how === 'tryRead' ? sem.downReadTrylock() : sem.downWriteTrylock())) return
    yield* run(body, mine)
    if (how === 'read' || how === 'tryRead') yield* sem.upRead()
    else yield* sem.upWrite()
  }

  const task = (name: string, body: () => Steps<void>, isDaemon = false): void =>
    states.add(machine.task(name, body, isDaemon))
  machine.replicate('replica', replicas, () => {
    const mutex = new Mutex(machine, states, 'own')
    own.set(mutex.object, mutex)
    locks.push(mutex.object)
    task('replicated', () => run(replicated, mutex))
  })
  const first = [...own.values()][0] as Mutex
  // A single task may only know replicas in ways that renaming keeps.
  const fair = (body: readonly Statement[]): Statement[] =>
    body.map((step) =>
      'which' in step && step.which === 'own'
        ? { ...step, which: 'other', body: fair(step.body) }
        : 'body' in step
          ? { ...step, body: fair(step.body) }
          : step.do === 'put'
            ? { do: 'complete' }
            : step,
    )
  for (const body of single) task('single', () => run(fair(body), first))
  if (daemon.length > 0) {
    task(
      'daemon',
      function* () {
        yield* variable.exchange(2, 0)
        yield* run(fair(daemon), first)
      },
      true,
    )
  }
  sem.grow(machine.tasks.length)
  return machine.seal()
}

/** Two tasks: what the first does, and what the second does. */
function pair(first: readonly Statement[], second: readonly Statement[]): Plan {
  return { replicas: 1, replicated: second, single: [first], daemon: [] }
}

/** The second task sees 2 while the first still holds something, tries to take it, and waits for 1 for ever if it fails. */
function held(first: Statement, trying: (body: readonly Statement[]) => Statement): Plan {
  return pair(
    [first],
    [
      { do: 'waitUntil', value: 2 },
      trying([{ do: 'set', value: 1 }]),
      { do: 'waitUntil', value: 1 },
    ],
  )
}

const two: Statement = { do: 'set', value: 2 }

/** Programs in which one dependency decides about a deadlock, by what would be wrong without it. */
export const DIRECTED: ReadonlyMap<string, Plan> = new Map([
  [
    'mutex_unlock',
    held({ do: 'lock', which: 'shared', body: [two] }, (body) => ({
      do: 'trylock',
      which: 'shared',
      body,
    })),
  ],
  [
    'up_read',
    held({ do: 'down', how: 'read', body: [two] }, (body) => ({
      do: 'down',
      how: 'tryWrite',
      body,
    })),
  ],
  [
    'up_write',
    held({ do: 'down', how: 'write', body: [two] }, (body) => ({
      do: 'down',
      how: 'tryRead',
      body,
    })),
  ],
  [
    'complete',
    pair(
      [two, { do: 'complete' }],
      [{ do: 'waitUntil', value: 2 }, { do: 'isDone' }, { do: 'waitUntil', value: 1 }],
    ),
  ],
  [
    'set',
    pair(
      [two, { do: 'set', value: 1 }],
      [
        { do: 'waitUntil', value: 2 },
        { do: 'waitUntil', value: 0 },
      ],
    ),
  ],
])
