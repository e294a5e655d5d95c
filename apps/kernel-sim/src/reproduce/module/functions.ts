/**
 * Functions: the automata of a scenario as functions in C. What an automaton does after each sequence of results is a tree, and so is a
 * function of nested calls and branches; a call of a procedure is a call. What an allocation does inside is the kernel's own, and
 * what its shrinkers do is called by the kernel.
 */
import type { Action, Automaton, Node } from '@scopemask/checker/machine'
import { MachineObject } from '@scopemask/checker/machine'
import { KernelOperation } from '../../kernel/operation.js'
import { ALLOCATION, RECLAIM } from '../../kernel/role.js'
import { idOf } from './c-names.js'
import { identifier, indented } from './c-text.js'
import { assertPossible, type Call, callOf } from './forms.js'
import type { ObjectKind } from './objects.js'
import { Refused } from './refused.js'
import { gfpText, type Steps } from './steps.js'

/** How many lines the functions of a module may have. */
const MAX_LINES = 20_000

/** A call in C, or a return. */
interface Step {
  /** What it is, for people. */
  readonly what: string
  readonly text: string
  readonly isCall: boolean
  /** True if the call returns a result that the model may never have had there. */
  readonly isTold: boolean
  /** What follows, by what the call returns. */
  readonly edges: readonly (readonly [result: number, next: Node])[]
}

/** What a branch of a switch is for, and what is done there. */
interface Branch {
  readonly result: number
  readonly lines: readonly string[]
}

export class Functions {
  /** All that tasks share, with what it is. */
  readonly objects = new Map<MachineObject, ObjectKind>()
  /** Procedures that reclaim without allocating, as kswapd does. */
  readonly reclaimers = new Set<string>()
  readonly #steps: Steps
  readonly #realOf: (object: MachineObject) => MachineObject
  readonly #names = new Map<Automaton, string>()
  readonly #byText = new Map<string, string>()
  readonly #texts: string[] = []
  #lines = 0

  /** @param realOf what an object of the model is a part of on a real kernel; mostly it is that itself. */
  constructor(steps: Steps, realOf: (object: MachineObject) => MachineObject) {
    this.#steps = steps
    this.#realOf = realOf
  }

  /**
   * The name of the function of an automaton, which is written if it is not yet.
   * @param startsOver says that it starts over by itself until it returns something. By default as its procedure does.
   * @throws Refused when it cannot be written.
   */
  of(automaton: Automaton, startsOver = automaton.procedure.loop): string {
    const known = this.#names.get(automaton)
    if (known !== undefined) return known
    const { name } = automaton.procedure
    const body = this.#from([automaton.root], name)
    this.#lines += body.length
    if (this.#lines > MAX_LINES) {
      throw new Refused(name, `its code takes more than ${MAX_LINES} lines of C`)
    }
    // Called with other arguments it may be the same.
    const key = [name, startsOver, ...body].join('\n')
    const id = this.#byText.get(key) ?? identifier('f', this.#byText.size, name)
    this.#names.set(automaton, id)
    if (this.#byText.has(key)) return id
    this.#byText.set(key, id)
    const once = startsOver ? `${id}_once` : id
    this.#define(once, body)
    if (startsOver) {
      const again = automaton.numbering.numberOf(undefined)
      const loop = ['int value;', '', 'do', `\tvalue = ${once}(me);`, `while (value == ${again});`]
      this.#define(id, [...loop, 'return value;'])
    }
    return id
  }

  #define(id: string, body: readonly string[]): void {
    const head = `static int ${id}(struct ksim_actor *me)`
    this.#texts.push([head, '{', ...indented(body), '}'].join('\n'))
  }

  /** All functions, callers after what they call. */
  get text(): string {
    return this.#texts.join('\n\n')
  }

  /** Says what an object is. @returns its name in C. @throws Refused when it is two things. */
  is(part: MachineObject, kind: ObjectKind): string {
    const object = this.#realOf(part)
    const known = this.objects.get(object)
    if (known !== undefined && known !== kind) {
      throw new Refused(`${object}`, `it is used as a ${known} and as a ${kind}`)
    }
    this.objects.set(object, kind)
    return idOf(object)
  }

  /**
   * What is done at any of these nodes, since a real kernel does not tell them apart.
   * @param what the last of what led there.
   * @throws Refused when something else would have to be done at one of them than at another.
   */
  #from(nodes: readonly Node[], what: string): string[] {
    const steps = nodes.flatMap((node) => this.#stepsAt(node))
    const [first] = steps
    if (first === undefined) return ['return ksim_unforeseen(me, 0);']
    if (steps.some(({ text, isCall }) => text !== first.text || isCall !== first.isCall)) {
      throw new Refused(what, 'what follows depends on more than a real kernel tells of it')
    }
    if (!first.isCall) return [first.text]
    const next = new Map<number, Node[]>()
    for (const [result, node] of steps.flatMap(({ edges }) => edges)) {
      next.set(result, [...(next.get(result) ?? []), node])
    }
    const branches = [...next].map(
      ([result, following]): Branch => ({ result, lines: this.#from(following, first.what) }),
    )
    return branched(first, branches)
  }

  /** What is done at a node. Where that is nothing on a real kernel: what is done at those that follow. */
  #stepsAt(node: Node): Step[] {
    const { action, automaton } = node
    if (action.kind === 'return') {
      const text = `return ${action.value};`
      return [{ what: automaton.procedure.name, text, isCall: false, isTold: false, edges: [] }]
    }
    if (action.kind === 'call') return [this.#callAt(node, action)]
    const { operation } = action
    if (!(operation instanceof KernelOperation)) {
      throw new Refused(
        `${operation}`,
        `${automaton.procedure.name} does something that is not of the kernel`,
      )
    }
    assertPossible(operation)
    const call = callOf(operation)
    if (call === null) return edgesOf(node).flatMap(([, next]) => this.#stepsAt(next))
    const { returns } = call
    return [
      {
        what: `${operation}`,
        text: this.#callText(operation, call),
        isCall: true,
        isTold: returns !== undefined,
        edges: edgesOf(node).map(([result, next]) => [returns?.(operation, result) ?? 0, next]),
      },
    ]
  }

  #callAt(node: Node, { automaton: called }: Extract<Action, { kind: 'call' }>): Step {
    const { procedure, numbering, args } = called
    const gfp = Number(args[0])
    const edges = edgesOf(node)
    if (procedure.role === ALLOCATION) {
      return {
        what: 'an allocation',
        text: `ksim_alloc(me, &${this.#steps.of({ gfp })}, ${gfpText(gfp)})`,
        isCall: true,
        isTold: true,
        edges: edges.map(([value, next]) => [numbering.valueOf(value) === true ? 1 : 0, next]),
      }
    }
    if (procedure.role === RECLAIM) {
      this.reclaimers.add(node.automaton.procedure.name)
      return {
        what: 'reclaim',
        text: `ksim_reclaim(me, ${gfpText(gfp)})`,
        isCall: true,
        isTold: false,
        edges: edges.map(([, next]) => [0, next]),
      }
    }
    const text = `${this.of(called)}(me)`
    return { what: procedure.name, text, isCall: true, isTold: false, edges }
  }

  #callText(operation: KernelOperation, form: Call): string {
    const args = ['me', `&${this.#steps.of(operation)}`]
    const { object, operands } = operation
    if (form.on !== undefined && object !== null) args.push(`&${this.is(object, form.on)}`)
    const others =
      form.args?.(operation) ??
      operands.map((operand) =>
        operand instanceof MachineObject && form.operand !== undefined
          ? `&${this.is(operand, form.operand)}`
          : `${Number(operand)}`,
      )
    return `${form.call}(${[...args, ...others].join(', ')})`
  }
}

/** A call and what follows from what it returns. */
function branched({ text, isTold }: Step, branches: readonly Branch[]): string[] {
  const [first] = branches
  if (first === undefined) return [`${text};`, 'return ksim_unforeseen(me, 0);']
  const isSame = branches.every(({ lines }) => lines.join('\n') === first.lines.join('\n'))
  if (isSame && isTold && branches.length === 1) {
    return [`if (${text} != ${first.result})`, '\treturn ksim_unforeseen(me, -1);', ...first.lines]
  }
  if (isSame) return [`${text};`, ...first.lines]
  return [
    `switch (${text}) {`,
    ...branches.flatMap(({ result, lines }) => [`case ${result}:`, ...indented(lines)]),
    'default:',
    '\treturn ksim_unforeseen(me, 0);',
    '}',
  ]
}

/** The nodes that are known to follow one, by result. */
function edgesOf({ next }: Node): [number, Node][] {
  return next.flatMap((node, result): [number, Node][] =>
    node === undefined ? [] : [[result, node]],
  )
}
