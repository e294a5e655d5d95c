/**
 * Explain: the one sentence that says why tasks wait for each other for ever. It is put together from facts: who waits for which
 * object, what its stack is to the kernel, which restrictions hold for it, and what the deadlock comes from (cause.ts).
 */
import type { Machine, Row } from '@scopemask/checker/machine'
import type { Execution, StackFrame, Waiter } from '@scopemask/checker/search'
import { type Cause, causeOf, type Pressure, type Site, sameSite, siteOf } from './cause.js'
import { RECLAIM, roleOf, WorkFunction } from './role.js'

/** What an explanation asks of the kernel. */
export interface Explained {
  readonly machine: Machine
  /** How allocations meet that memory is tight. */
  readonly pressures: readonly Pressure[]
  /** The restrictions in force for a task. */
  restrictions(row: Row, task: number): number
  /** Restrictions by name; empty for none. */
  restrictionsName(restrictions: number): string
  /** What restrictions leave of a request. */
  filtered(gfp: number, restrictions: number): number
  /** What a request lets reclaim do, in words. */
  requestName(gfp: number): string
}

/** Why it came to this. */
export interface Explanation {
  /** One sentence, without a full stop. */
  readonly why: string
  /** What it comes from; null for a livelock. */
  readonly cause: Cause | null
}

/** @param waiting the tasks along the circle, or all that are not done where there is none. */
export function explain(
  kernel: Explained,
  execution: Execution,
  waiting: readonly Waiter[],
): Explanation {
  const words = new Words(kernel, execution, waiting)
  if (waiting.some(({ blocked }) => !blocked)) return { why: words.goRound(), cause: null }
  const cause = causeOf(execution, waiting, kernel.pressures)
  return { why: words.because(cause), cause }
}

/** A task that waits, with what is known of it. */
interface Fact extends Omit<Waiter, 'stack'> {
  readonly stack: readonly StackFrame[]
  readonly restrictions: number
  /** The allocation that it is in, if any. */
  readonly site: Site | null
}

/** A task that waits in reclaim. */
interface Reclaiming {
  readonly waiter: Fact
  readonly shrinker: string
  readonly gfp: number
}

class Words {
  readonly #kernel: Explained
  readonly #waiting: readonly Fact[]

  constructor(kernel: Explained, execution: Execution, waiting: readonly Waiter[]) {
    this.#kernel = kernel
    this.#waiting = waiting.map((waiter) => {
      const { task } = waiter
      const stack = execution.stack(task)
      const restrictions = kernel.restrictions(execution.row, task)
      return { ...waiter, stack, restrictions, site: siteOf(task, stack) }
    })
  }

  /** A livelock: some can move, and nothing comes of it. */
  goRound(): string {
    const names = (moving: readonly Fact[]) =>
      moving.map(({ task }) => this.#name(task)).join(' and ')
    const moving = this.#waiting.filter(({ blocked }) => !blocked)
    const allocating = moving.filter(({ site }) => site !== null)
    const others = moving.filter(({ site }) => site === null)
    const says: string[] = []
    if (allocating.length > 0) {
      const one = allocating.length === 1
      says.push(
        `${names(allocating)} ${one ? 'tries' : 'try'} again to allocate for ever, and nobody is left who may free what ${one ? 'it needs' : 'they need'}`,
      )
    }
    if (others.length > 0) {
      const one = others.length === 1
      says.push(
        `${names(others)} ${one ? 'goes' : 'go'} round for ever, and nothing changes what ${one ? 'it looks' : 'they look'} at`,
      )
    }
    const blocked = this.#waiting.filter((waiter) => waiter.blocked)
    const goes = says.join('; ')
    return blocked.length === 0 ? goes : `${goes}, while ${this.#links(blocked, ' and ')}`
  }

  /** A deadlock. */
  because(cause: Cause): string {
    const reclaiming = this.#reclaiming(cause)
    switch (cause.kind) {
      case 'none':
        return reclaiming === null
          ? `${this.#links(this.#waiting)}: no allocation is involved, so no restriction can help`
          : `${this.#links(this.#waiting)}: it comes to this without memory pressure too, so no restriction can help`
      case 'allocation':
        return reclaiming === null
          ? `${this.#links(this.#waiting)}: it comes to this only when ${this.#who(cause.site)} allocates and memory is tight`
          : this.#inReclaim(reclaiming)
      case 'several':
        return reclaiming === null
          ? `${this.#links(this.#waiting)}: it comes to this only when memory is tight, at one of several allocations`
          : `${this.#inReclaim(reclaiming)}; other allocations lead to the same`
      case 'unknown':
        return reclaiming === null ? this.#links(this.#waiting) : this.#inReclaim(reclaiming)
    }
  }

  /** The task that waits in reclaim: at the allocation that is the cause, where one is. */
  #reclaiming(cause: Cause): Reclaiming | null {
    for (const waiter of this.#waiting) {
      const { stack, site } = waiter
      const depth = stack.findIndex((each) => roleOf(each) === RECLAIM)
      const frame = stack[depth]
      if (frame === undefined) continue
      if (cause.kind === 'allocation') {
        if (site === null || !sameSite(this.#kernel.machine, site, cause.site)) continue
      }
      const shrinker = stack[depth - 1]?.name ?? 'reclaim'
      return { waiter, shrinker, gfp: Number(frame.node.automaton.args[0] ?? 0) }
    }
    return null
  }

  #inReclaim({ waiter, shrinker, gfp }: Reclaiming): string {
    const { task, what, site, restrictions: own } = waiter
    const request = this.#kernel.requestName(gfp)
    const does =
      site === null
        ? `${this.#name(task)} reclaims ${request}, and ${shrinker} waits for ${what}`
        : `${this.#who(site)} allocates ${request}, and reclaim (${shrinker}) waits for ${what}`
    const others = this.#waiting.filter((other) => other.task !== task)
    if (others.length === 0) {
      return `${does}, which ${waiter.for.includes(task) ? 'only it could end' : 'nobody will end'}`
    }
    const scoped = others.find(({ restrictions }) => (restrictions & ~own) !== 0)
    if (scoped !== undefined) {
      const missing = scoped.restrictions & ~own
      const scope = `${this.#kernel.restrictionsName(missing)} of ${this.#name(scoped.task)}`
      const role = site === null ? null : roleOf(site.frame)
      return role instanceof WorkFunction && scoped.objects.includes(role.work)
        ? `${does}, because ${scope} was not conveyed with ${role.work}, for which it waits`
        : `${does}: ${scope} does not hold for it, though ${this.#name(scoped.task)} waits for ${scoped.what}`
    }
    const links = `${does}, while ${this.#links(others, ' and ')}`
    if (own === 0) return `${links}: no scope is open on the circle`
    const scope = this.#kernel.restrictionsName(own)
    return this.#kernel.filtered(gfp, own) === gfp
      ? `${links}: ${scope} holds for it, and does not keep it out`
      : `${links}: ${scope} holds for it now, and did not when it asked for memory`
  }

  #links(waiting: readonly Fact[], between = ', '): string {
    return waiting.map(({ task, what }) => `${this.#name(task)} waits for ${what}`).join(between)
  }

  /** Who allocates: a task, and the function that it is in. */
  #who({ task, frame }: Site): string {
    const { procedure } = frame.node.automaton
    const begins = procedure === this.#kernel.machine.tasks[task]?.root
    return begins ? this.#name(task) : `${this.#name(task)}, in ${procedure.name},`
  }

  #name(task: number): string {
    return `${this.#kernel.machine.tasks[task]}`
  }
}
