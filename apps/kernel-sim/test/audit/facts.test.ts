/**
 * The facts about the recording that comes with the package, compared with those that another program computed:
 * test/data/a-xfs.facts.json. Every figure has to be the same.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { Audit, type AuditFacts } from '../../src/audit/audit.js'
import { type Reading, readTrace } from '../../src/audit/read/read-trace.js'
import { Source } from '../../src/audit/read/source.js'

type Row = readonly (string | number)[]

interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

const expected = JSON.parse(
  readFileSync(new URL('../data/a-xfs.facts.json', import.meta.url), 'utf8'),
) as Readonly<
  Record<
    | 'events'
    | 'requests'
    | 'explicitSites'
    | 'coverage'
    | 'delegations'
    | 'armed'
    | 'workFunctions'
    | 'lost'
    | 'pages'
    | 'waits'
    | 'weakenedSites',
    Table
  >
> & {
  readonly explicitTotal: Readonly<Record<string, number>>
  readonly withoutQueueing: {
    readonly total: number
    readonly executions: number
    readonly functions: Readonly<Record<string, number>>
  }
  readonly queuedBy: readonly {
    readonly fn: string
    readonly count: number
    readonly stack: string
  }[]
}

let facts: AuditFacts
let reading: Reading
/** Events with a function on the stack that holds a scope, and those whose task was not in it. */
const held = { checked: 0, wrong: [] as number[] }

beforeAll(async () => {
  const audit = new Audit()
  const path = fileURLToPath(new URL('../../examples/a-xfs.ndjson.gz', import.meta.url))
  reading = await readTrace(await Source.file(path), (event) => {
    const { stack, taskFlags } = event
    if (stack !== undefined && stack.held !== 0 && !stack.interrupt) {
      held.checked++
      if (((taskFlags ?? 0) & stack.held) !== stack.held) held.wrong.push(event.line)
    }
    audit.add(event)
  })
  facts = audit.facts()
})

/** Rows in an order that does not depend on equal counts. */
function sorted(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => `${a}`.localeCompare(`${b}`))
}

describe('the bundled recording', () => {
  it('is read whole', () => {
    expect(reading).toMatchObject({ events: 230918, lines: 230918, damaged: 0, blank: 0 })
    expect(facts.time).toMatchObject({ recordings: 1, outOfOrder: 0 })
  })

  it('is predicted exactly: every page allocation whose request was recorded, in every flag', () => {
    expect(facts.agreement).toEqual({
      compared: 1115,
      agree: 1115,
      agreeInScopeBits: 1115,
      inferred: 0,
      disagreements: [],
      withoutRequest: 0,
      learned: { caches: 14, reclaimable: 8 },
    })
    expect(facts.pages.migratetypeAgrees).toBe(facts.pages.total)
  })

  it('bears out the list of functions that hold a scope', () => {
    expect(held.checked).toBeGreaterThan(10_000)
    expect(held.wrong).toEqual([])
  })

  it('keeps what scopes promise, in every page allocation', () => {
    expect(facts.pages.invariants).toMatchObject([
      { scope: 'NOFS', checked: 2859 + 1562, violations: 0 },
      { scope: 'NOIO', checked: 4186 + 1562, violations: 0 },
      { scope: 'PIN', checked: 0, violations: 0 },
    ])
  })
})

describe('the facts are those that the other program found:', () => {
  it('events', () => {
    expect(sorted(Object.entries(facts.events))).toEqual(sorted(expected.events.rows))
  })

  it('requests by class and scope', () => {
    const { columns, rows } = expected.requests
    const scopes = columns.slice(1, -1)
    expect(
      sorted(
        facts.requests.classes.map((row) => [
          row.class,
          ...scopes.map((scope) => row.scopes[scope] ?? 0),
          row.total,
        ]),
      ),
    ).toEqual(sorted(rows))
    expect(facts.requests.classes.map(({ interrupt }) => interrupt)).toEqual([0, 0, 0, 0])
  })

  it('call sites with explicit flags', () => {
    const rows = facts.callSites.explicit.map((site) => [
      site.site,
      site.caller,
      site.class,
      site.requests,
      site.covered,
      site.memalloc,
      site.uncovered,
      site.interrupt,
      site.gfp
        .slice(0, 3)
        .map(({ gfp, requests }) => `0x${gfp.toString(16)}:${requests}`)
        .join(' '),
    ])
    expect(sorted(rows)).toEqual(sorted(expected.explicitSites.rows))
    const total = {
      rows: rows.length,
      requests: 0,
      covered: 0,
      memalloc: 0,
      uncovered: 0,
      interrupt: 0,
    }
    for (const site of facts.callSites.explicit) {
      for (const key of ['requests', 'covered', 'memalloc', 'uncovered', 'interrupt'] as const) {
        total[key] += site[key]
      }
    }
    expect(total).toEqual(expected.explicitTotal)
  })

  it('call sites by function', () => {
    const { never, sometimes, always } = facts.callSites.coverage
    expect([never, sometimes, always].map(({ sites, requests }) => [sites, requests])).toEqual(
      expected.coverage.rows.map(([, sites, requests]) => [sites, requests]),
    )
  })

  it('call sites that rely on a scope', () => {
    const found = new Map(
      facts.callSites.weakened.map(({ site, caller, scope, requests }) => [
        `${site} ${caller} ${scope}`,
        requests,
      ]),
    )
    for (const [site, caller, scope, requests] of expected.weakenedSites.rows) {
      expect(found.get(`${site} ${caller} ${scope}`), `${site}`).toBe(requests)
    }
  })

  it('work items queued from inside a scope', () => {
    const rows = facts.work.delegations.map((row) => [
      row.fn,
      row.kind,
      row.scope,
      row.queued,
      row.queuedInAll,
      row.executed,
      row.startedInScope,
      row.enteredScope,
      row.allocating,
      row.unscoped,
      row.unscopedAllocations,
    ])
    expect(sorted(rows)).toEqual(sorted(expected.delegations.rows))
  })

  it('executions whose queueing was not recorded', () => {
    const { total, executions, functions } = expected.withoutQueueing
    const found = new Map(facts.work.functions.map((fn) => [fn.fn, fn.withoutQueueing]))
    expect([...found.values()].reduce((sum, count) => sum + count, 0)).toBe(total)
    expect(facts.work.executions).toBe(executions)
    for (const [fn, count] of Object.entries(functions)) expect(found.get(fn), fn).toBe(count)
  })

  it('timers of delayed work', () => {
    const rows = facts.work.armed.map(({ fn, scope, armed }) => [
      fn === '(never ran)' ? '(never ran in the trace)' : fn,
      scope,
      armed,
    ])
    expect(sorted(rows)).toEqual(sorted(expected.armed.rows.map((row) => row.slice(0, 3))))
    for (const [fn, scope, , path] of expected.armed.rows) {
      const row = facts.work.armed.find((other) => other.fn === fn && other.scope === scope)
      const sample = row?.samples[0]?.functions.join(';') ?? ''
      if (path !== '') expect(sample, `${fn}`).toContain(path)
    }
  })

  it('work functions', () => {
    const found = new Map(facts.work.functions.map((fn) => [fn.fn, fn]))
    for (const [fn, ...counts] of expected.workFunctions.rows) {
      const row = found.get(`${fn}`)
      expect(
        [row?.executions, row?.inScope, row?.allocations, row?.unscoped, row?.unscopedAllocations],
        `${fn}`,
      ).toEqual(counts)
    }
  })

  it('scopes lost on the way', () => {
    const rows = facts.work.lost.map((row) => [
      row.fn,
      row.kind,
      row.scope,
      row.regained,
      row.executions,
      row.site,
      row.caller,
      row.class,
      row.workerScope,
      row.allocations,
    ])
    expect(rows).toEqual(expected.lost.rows)
  })

  it('the stacks from which most items were queued', () => {
    for (const { fn, count, stack } of expected.queuedBy) {
      const samples = facts.work.delegations
        .filter((row) => row.fn === fn)
        .flatMap((row) => row.samples)
      const counts = samples
        .filter((sample) => sample.functions.join(';') === stack)
        .map((sample) => sample.count)
      expect(
        counts.reduce((sum, each) => sum + each, 0),
        fn,
      ).toBe(count)
    }
  })

  it('sleeps inside a scope', () => {
    const rows = facts.waits.map(({ wait, site, caller, scope, count }) => [
      wait,
      site,
      caller,
      scope,
      count,
    ])
    expect(sorted(rows)).toEqual(sorted(expected.waits.rows))
  })

  it('page allocations by scope and flags in effect', () => {
    const rows = facts.pages.classes.map(({ scope, class: name, fs, io, count }) => [
      scope,
      name,
      fs ? 'FS set' : 'FS clear',
      io ? 'IO set' : 'IO clear',
      '',
      count,
    ])
    expect(sorted(rows)).toEqual(sorted(expected.pages.rows))
  })
})
