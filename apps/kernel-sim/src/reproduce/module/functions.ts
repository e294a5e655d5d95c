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
    const body = this.#from(automaton.root)
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

  #from(node: Node): string[] {
    const { action, automaton } = node
    if (action.kind === 'return') return [`return ${action.value};`]
    if (action.kind === 'call') return this.#call(node, action)
    const { operation } = action
    if (!(operation instanceof KernelOperation)) {
      throw new Refused(
        `${operation}`,
        `${automaton.procedure.name} does something that is not of the kernel`,
      )
    }
    assertPossible(operation)
    const call = callOf(operation)
    if (call === null) return this.#after(node, operation, null)
    return this.#after(node, operation, { text: this.#callText(operation, call), call })
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

  /** What is done with the results of an operation. */
  #after(
    node: Node,
    operation: KernelOperation,
    done: { readonly text: string; readonly call: Call } | null,
  ): string[] {
    const returns = done?.call.returns
    const branches = edgesOf(node).map(
      ([result, next]): Branch => ({
        result: returns?.(operation, result) ?? 0,
        lines: this.#from(next),
      }),
    )
    return this.#branched(`${operation}`, done?.text ?? null, branches, returns !== undefined)
  }

  #call(node: Node, { automaton: called }: Extract<Action, { kind: 'call' }>): string[] {
    const { role } = called.procedure
    const { numbering } = called
    const [gfp] = called.args
    if (role === ALLOCATION) {
      const call = `ksim_alloc(me, &${this.#steps.of({ gfp: Number(gfp) })}, ${gfpText(Number(gfp))})`
      const branches = edgesOf(node).map(
        ([value, next]): Branch => ({
          result: numbering.valueOf(value) === true ? 1 : 0,
          lines: this.#from(next),
        }),
      )
      return this.#branched('an allocation', call, branches, true)
    }
    if (role === RECLAIM) {
      this.reclaimers.add(node.automaton.procedure.name)
      const branches = edgesOf(node).map(
        ([, next]): Branch => ({ result: 0, lines: this.#from(next) }),
      )
      return this.#branched('reclaim', `ksim_reclaim(me, ${gfpText(Number(gfp))})`, branches)
    }
    const branches = edgesOf(node).map(
      ([result, next]): Branch => ({ result, lines: this.#from(next) }),
    )
    return this.#branched(called.procedure.name, `${this.of(called)}(me)`, branches)
  }

  /**
   * A call and what follows from what it returns.
   * @param call null where nothing is called: then all that follows is the same.
   * @param isTold whether the call returns a result that the model may never have had there.
   */
  #branched(
    what: string,
    call: string | null,
    branches: readonly Branch[],
    isTold = false,
  ): string[] {
    const [first] = branches
    if (first === undefined)
      return [...(call === null ? [] : [`${call};`]), 'return ksim_unforeseen(me, 0);']
    const byResult = new Map<number, readonly string[]>()
    for (const { result, lines } of branches) {
      const known = byResult.get(result)
      if (known !== undefined && known.join('\n') !== lines.join('\n')) {
        throw new Refused(
          what,
          'what follows depends on more than its result tells on a real kernel',
        )
      }
      byResult.set(result, lines)
    }
    const isSame = [...byResult.values()].every(
      (lines) => lines.join('\n') === first.lines.join('\n'),
    )
    if (call !== null && isSame && isTold && byResult.size === 1) {
      return [
        `if (${call} != ${first.result})`,
        '\treturn ksim_unforeseen(me, -1);',
        ...first.lines,
      ]
    }
    if (isSame) return [...(call === null ? [] : [`${call};`]), ...first.lines]
    if (call === null)
      throw new Refused(what, 'what follows depends on a result that a real kernel does not tell')
    return [
      `switch (${call}) {`,
      ...[...byResult].flatMap(([result, lines]) => [`case ${result}:`, ...indented(lines)]),
      'default:',
      '\treturn ksim_unforeseen(me, 0);',
      '}',
    ]
  }
}

/** The nodes that are known to follow one, by result. */
function edgesOf({ next }: Node): [number, Node][] {
  return next.flatMap((node, result): [number, Node][] =>
    node === undefined ? [] : [[result, node]],
  )
}
