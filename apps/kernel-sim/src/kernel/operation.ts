/** Kernel operation: a step of a task with what it does to locks, for lockdep, which watches executions. */
import {
  type MachineObject,
  Operation,
  type OperationSpec,
  type Row,
} from '@scopemask/checker/machine'
import type { OperationKind } from './operation-kind.js'

/** What interrupts there are, by the names of lockdep. */
export type InterruptKind = 'HARDIRQ' | 'SOFTIRQ'

/** What an operation is to lockdep. */
export type Effect =
  | {
      readonly kind: 'acquire'
      readonly lock: MachineObject
      /** What lockdep takes the lock for; by default its name. */
      readonly class?: string
      readonly mode: 'write' | 'read' | 'recursive-read'
      /** A trylock has taken the lock if its result is not 0. */
      readonly trylock?: boolean
      readonly subclass?: number
      /** The interrupts that are turned off before it is taken. */
      readonly disables?: InterruptKind
    }
  | {
      readonly kind: 'release'
      readonly lock: MachineObject
      readonly class?: string
      /** The interrupts that are turned on again after it is given back, by the result. */
      readonly enables?: (result: number) => InterruptKind | null
    }
  /** An interrupt begins or ends. */
  | { readonly kind: 'irq_enter' | 'irq_exit'; readonly irq: InterruptKind }
  /** An allocation; whether lockdep takes it as one that may enter the filesystem follows from its result. */
  | { readonly kind: 'alloc'; readonly entersFs: (result: number) => boolean }
  | { readonly kind: 'fs_reclaim_acquire' | 'fs_reclaim_release' }
  /** A worker begins the item that the result refers to, from a queue that is found in the row. */
  | {
      readonly kind: 'begin_work'
      readonly queue: (row: Row, result: number) => string
      readonly workName: (result: number) => string
    }
  | { readonly kind: 'finish_work'; readonly lock: MachineObject }
  /** Somebody waits for something that lockdep takes for a lock, such as a work item; perhaps for more, by the result. */
  | {
      readonly kind: 'pass'
      readonly lock: MachineObject
      readonly class?: string
      readonly also?: (result: number) => string | null
      /** What the kernel warns of when a task begins to wait, if it does; by the result and the state after it. */
      readonly warns?: (row: Row, task: number, result: number) => string | null
    }

/** What an operation does with something that a task can hold, whether lockdep knows of it or not. */
export interface Hold {
  readonly kind: 'takes' | 'gives'
  readonly object: MachineObject
  /** Returns true if the operation, with this result, has done so. */
  readonly done: (result: number) => boolean
}

/** What an operation is called, and its kind where the name is the scenario's own or another kind has it too. By default the name. */
export type Kinded =
  | { readonly name: OperationKind; readonly kind?: OperationKind }
  | { readonly name: string; readonly kind: OperationKind }

export type KernelOperationSpec = Kinded & KernelOperationFacts

/** What an operation of the kernel is besides its name. */
export interface KernelOperationFacts extends Omit<OperationSpec, 'name'> {
  /** What a result stands for, where that is too wide for a row: flags of a task, a request. By default the result itself. */
  readonly wide?: (result: number) => number
  /** By default lockdep takes no notice of the operation. */
  readonly effect?: Effect
  /** For what lockdep takes no notice of, such as a bit; for a lock it follows from the effect. */
  readonly hold?: Omit<Hold, 'object'>
  /** The work item that it queues if its result is 1. */
  readonly queues?: MachineObject
}

export class KernelOperation extends Operation {
  /** What kind of operation it is: by it others know what it does. */
  readonly kind: OperationKind
  /** What a result stands for. */
  readonly wide: (result: number) => number
  readonly effect: Effect | null
  readonly hold: Hold | null
  readonly queues: MachineObject | null

  constructor(spec: KernelOperationSpec) {
    super(spec)
    this.kind = kindOf(spec)
    this.wide = spec.wide ?? ((result) => result)
    this.effect = spec.effect ?? null
    this.queues = spec.queues ?? null
    this.hold =
      spec.hold && this.object ? { ...spec.hold, object: this.object } : holdOf(this.effect)
  }
}

/** Operations that are made when they are first asked for: the search tells steps apart by identity, so each is made once. */
export class OperationTable {
  readonly #made = new Map<string, KernelOperation>()

  /** The operation of this name on an object, told from others by the operand. */
  of(
    name: OperationKind,
    object: MachineObject,
    operand: MachineObject | number | null,
    spec: Omit<KernelOperationFacts, 'object' | 'operands'> & { readonly kind?: OperationKind },
  ): KernelOperation {
    const told = typeof operand === 'number' ? `number ${operand}` : operand?.id
    const key = `${name} ${object.id} ${told}`
    let operation = this.#made.get(key)
    if (operation === undefined) {
      const operands = operand === null ? [] : [operand]
      operation = new KernelOperation({ name, object, operands, ...spec })
      this.#made.set(key, operation)
    }
    return operation
  }
}

function kindOf(spec: KernelOperationSpec): OperationKind {
  return spec.kind ?? spec.name
}

function holdOf(effect: Effect | null): Hold | null {
  if (effect?.kind === 'acquire') {
    const { lock: object, trylock = false } = effect
    return { kind: 'takes', object, done: (result) => !trylock || result !== 0 }
  }
  return effect?.kind === 'release'
    ? { kind: 'gives', object: effect.lock, done: () => true }
    : null
}
