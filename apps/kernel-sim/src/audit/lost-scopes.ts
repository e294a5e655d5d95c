/**
 * Lost scopes: what the executions of work items allocated that the scope of whoever delegated the item forbids, by call site and by work
 * function, with an example of each function.
 */
import type { CallSite } from '../trace/attribute/call-site.js'
import { type FilteredRequest, regained } from './filter.js'
import {
  CERTAIN,
  type LostFunction,
  type LostKey,
  type LostRow,
  lostFunction,
  lostFunctionFact,
  lostRow,
} from './lost-rows.js'
import { KeyedRows, Rows } from './rows.js'
import type { SampleBudget } from './samples.js'
import type { Execution, InScope } from './work-execution.js'
import type { WorkFacts } from './work-facts.js'

/** How many allocations of an execution are remembered. */
const ALLOCATIONS = 32

export class LostScopes {
  readonly #sites: KeyedRows<LostKey, LostRow>
  readonly #functions: Rows<[fn: string, certainty: string], LostFunction>

  constructor(budget: SampleBudget) {
    this.#sites = new KeyedRows<LostKey, LostRow>(
      ['fn', 'site', 'caller'],
      ['kind', 'scope', 'regained', 'class', 'workerScope'],
      (key) => lostRow(key, budget),
    )
    this.#functions = new Rows(1, (fn: string, certainty: string) =>
      lostFunction(fn, certainty, budget),
    )
  }

  /** A request of an execution: what several who delegated the item have in common is one allocation. */
  request(execution: Execution, filtered: FilteredRequest, site: CallSite): void {
    const functions = new Set<LostFunction>()
    for (const delegated of execution.delegated) {
      const lost = this.#compare(delegated, execution, filtered, site)
      if (lost !== undefined) functions.add(lost)
    }
    for (const each of functions) each.allocations++
  }

  /**
   * Compares what the request may do with what one who delegated may do.
   * @returns what is counted of the work function, if the request may do more.
   */
  #compare(
    delegated: InScope,
    execution: Execution,
    filtered: FilteredRequest,
    site: CallSite,
  ): LostFunction | undefined {
    const regainedFlags = regained(filtered, delegated.taskFlags)
    if (regainedFlags === '') return undefined
    const { event } = filtered
    const certain = event.taskFlags !== undefined
    const { fn, kind, scope } = delegated.row.fact
    const lost = this.#sites.of({
      fn,
      ...site,
      kind,
      scope,
      regained: regainedFlags,
      class: filtered.class,
      workerScope: filtered.scope,
    })
    lost.fact.certain = certain
    lost.fact.allocations++
    lost.seenIn.mark()
    lost.allocated.add(event.stack, event.line)
    if (isFirst(execution, lost)) {
      lost.fact.executions++
      lost.delegated.add(delegated.stack, delegated.line)
    }
    const all = this.#functions.of(fn, certain ? CERTAIN : '')
    execution.example ??= { by: delegated, of: all, site: site.site, times: [] }
    const { example } = execution
    if (example.by === delegated && example.of === all && example.times.length < ALLOCATIONS) {
      example.times.push(event.time)
    }
    if (isFirst(execution, all)) all.executions++
    all.scopes.add(scope)
    all.regained.add(regainedFlags)
    all.waiting.add(delegated.row.fact)
    all.seenIn.mark()
    return all
  }

  /**
   * Keeps an execution that is over as the example of what it lost: one that was waited for says the most.
   * @param begin when the recording begins, in ns
   */
  keepExample({ example, started, worker, ended }: Execution, begin: number): void {
    if (example === undefined) return
    const { by, of, times, site } = example
    const slept = by.awaited.find(({ waitedAt }) => waitedAt !== undefined)?.waitedAt
    if (of.example !== undefined && (slept === undefined || of.example.sleptUs !== undefined))
      return
    const us = (time: number) => (time - begin) / 1000
    of.example = {
      task: by.task,
      worker,
      scope: by.row.fact.scope,
      queuedUs: us(by.time),
      sleptUs: slept === undefined ? undefined : us(slept),
      startedUs: us(started),
      allocatedUs: times.map(us),
      site,
      endedUs: ended === undefined ? undefined : us(ended),
    }
  }

  facts(): Pick<WorkFacts, 'lost' | 'lostFunctions'> {
    return {
      lost: this.#sites
        .values()
        .map(({ fact, delegated, allocated, seenIn }) => ({
          ...fact,
          delegated: delegated.top(),
          allocated: allocated.top(),
          seenIn: seenIn.numbers,
        }))
        .sort((a, b) => b.allocations - a.allocations),
      lostFunctions: this.#functions
        .values()
        .map(lostFunctionFact)
        .sort((a, b) => b.executions - a.executions),
    }
  }
}

/** Returns true the first time that an execution is counted in a row. */
function isFirst(execution: Execution, row: object): boolean {
  if (execution.lost?.includes(row)) return false
  ;(execution.lost ??= []).push(row)
  return true
}
