/**
 * The facts about whole recordings, compared with those that another program computed: test/data/*.facts.json. Every
 * figure has to be the same. One of the recordings comes with the package; the others are large and are looked at where
 * the environment variable SCOPEMASK_RECORDINGS names the directory that has them.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { Audit, type AuditFacts } from '../../src/audit/audit.js'
import { type Reading, readTrace } from '../../src/trace/read/read-trace.js'
import { Source } from '../../src/trace/read/source.js'

type Row = readonly (string | number)[]

interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

type Expected = Readonly<
  Record<
    | 'events'
    | 'requests'
    | 'explicitSites'
    | 'coverage'
    | 'delegations'
    | 'armed'
    | 'workFunctions'
    | 'lost'
    | 'lostByStart'
    | 'lostByFunction'
    | 'pages'
    | 'waits'
    | 'weakenedSites',
    Table
  >
> & {
  readonly header: {
    readonly events: number
    readonly seconds: number
    readonly lost: number
  }
  readonly explicitTotal: Readonly<Record<string, number>>
  readonly withoutQueueing: {
    readonly total: number
    readonly executions: number
    readonly functions: Readonly<Record<string, number>>
  }
  readonly queuedBy: readonly {
    readonly fn: string
    readonly count: number
    readonly of: number
    readonly stack: string
  }[]
  /** Only where there was reclaim. */
  readonly reclaimEntries?: Table
  readonly reclaimSites?: Table
  readonly shrinkers?: Table
}

const directory = process.env.SCOPEMASK_RECORDINGS
const recordings = ['a-xfs', 'b-ext4', 'd-xfs-memcg']
  .map((name) => ({
    name,
    path:
      name === 'a-xfs'
        ? fileURLToPath(new URL(`../../examples/${name}.ndjson.gz`, import.meta.url))
        : join(directory ?? '', `${name}.ndjson.gz`),
  }))
  .filter(({ name, path }) => name === 'a-xfs' || (directory !== undefined && existsSync(path)))

/**
 * Executions of which only an interrupt shows that the worker was in a scope: the flags recorded in an interrupt are those
 * of the task below it. The other program leaves such events out.
 */
const INTERRUPTED = 1

/** Rows in an order that does not depend on equal counts. */
function sorted(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => `${a}`.localeCompare(`${b}`))
}

/** Adds `count` to what `key` has. */
function add(sums: Map<string, number>, key: string, count: number): void {
  sums.set(key, (sums.get(key) ?? 0) + count)
}

describe.each(recordings)('the facts about $name', ({ name, path }) => {
  const expected = JSON.parse(
    readFileSync(new URL(`../data/${name}.facts.json`, import.meta.url), 'utf8'),
  ) as Expected
  let facts: AuditFacts
  let reading: Reading
  /** Events with a function on the stack that holds a scope, and those whose task was not in it. */
  const held = { checked: 0, wrong: [] as number[] }

  beforeAll(async () => {
    const audit = new Audit()
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

  it('are about all of it', () => {
    const { events, seconds, lost } = expected.header
    expect(reading).toMatchObject({ events, lines: events, lost, damaged: 0, blank: 0 })
    expect(facts.time).toMatchObject({ recordings: 1, outOfOrder: 0 })
    expect(facts.time.seconds).toBeCloseTo(seconds, 1)
  })

  it('predict exactly every page allocation whose request was recorded, in every flag', () => {
    const { compared, agree, agreeInScopeBits, disagreements } = facts.agreement
    expect(compared).toBeGreaterThan(1000)
    expect({ agree, agreeInScopeBits, disagreements }).toEqual({
      agree: compared,
      agreeInScopeBits: compared,
      disagreements: [],
    })
    expect(facts.pages.migratetypeAgrees).toBe(facts.pages.total)
  })

  it('bear out the list of functions that hold a scope', () => {
    expect(held.checked).toBeGreaterThan(10_000)
    expect(held.wrong).toEqual([])
  })

  it('keep what scopes promise, in every page allocation', () => {
    const checked = (scope: string) =>
      expected.pages.rows
        .filter(([name]) => `${name}`.split('+').includes(scope))
        .reduce((sum, row) => sum + Number(row.at(-1)), 0)
    expect(facts.pages.invariants).toMatchObject([
      { scope: 'NOFS', checked: checked('NOFS'), violations: 0 },
      { scope: 'NOIO', checked: checked('NOIO'), violations: 0 },
      { scope: 'PIN', checked: 0, violations: 0 },
    ])
  })

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
    expect(facts.requests.classes.map(({ interrupt }) => interrupt)).toEqual(rows.map(() => 0))
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
    // The table ends after 25 rows.
    const listed = new Set(expected.explicitSites.rows.map((row) => row.slice(0, 3).join(' ')))
    expect(sorted(rows.filter((row) => listed.has(row.slice(0, 3).join(' '))))).toEqual(
      sorted(expected.explicitSites.rows),
    )
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
    expect(
      sorted([
        ['never covered', never.sites, never.requests],
        ['sometimes', sometimes.sites, sometimes.requests],
        ['always covered (explicit flag redundant here)', always.sites, always.requests],
      ]),
    ).toEqual(sorted(expected.coverage.rows))
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
      const more = name === 'd-xfs-memcg' && fn === 'loop_rootcg_workfn' ? INTERRUPTED : 0
      expect(
        [
          row?.executions,
          (row?.inScope ?? 0) - more,
          row?.allocations,
          row?.unscoped,
          row?.unscopedAllocations,
        ],
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

  it('executions that lost a scope, whatever the scope', () => {
    const sums = new Map<string, number>()
    const rows = facts.work.lost.map(({ fn, executions, site, caller, allocations }): Row => {
      add(sums, fn, executions)
      return [fn, executions, site, caller, allocations]
    })
    expect(rows).toEqual(expected.lostByStart.rows)
    for (const { fn, unscoped } of facts.work.delegations) add(sums, fn, -unscoped)
    expect([...sums.values()].every((left) => left === 0)).toBe(true)
  })

  it('functions that were delegated from a scope, and what all their executions allocated', () => {
    const delegated = new Map<string, number>()
    for (const { fn, queued } of facts.work.delegations) add(delegated, fn, queued)
    // The other program counts delayed work twice where it saw the arming and the queueing by the timer.
    for (const { fn, scope, armed } of facts.work.armed) {
      if (/NOFS|NOIO/.test(scope)) add(delegated, fn, armed)
    }
    const rows = facts.work.functions
      .filter(({ fn, unscoped }) => delegated.has(fn) && unscoped > 0)
      .map(({ fn, executions, unscoped, unscopedAllocations }): Row => {
        return [fn, delegated.get(fn) ?? 0, executions, unscoped, unscopedAllocations]
      })
    expect(sorted(rows)).toEqual(
      sorted(expected.lostByFunction.rows.map((row) => [...row.slice(0, 4), row.at(-1) ?? 0])),
    )
  })

  it('the stacks from which most items were queued', () => {
    for (const { fn, count, of, stack } of expected.queuedBy) {
      const delegated = facts.work.delegations.filter((row) => row.fn === fn)
      expect(
        delegated.reduce((sum, { queued }) => sum + queued, 0),
        fn,
      ).toBe(of)
      const samples = delegated.flatMap((row) => row.samples)
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
    // The table ends after 25 rows.
    const listed = new Set(expected.waits.rows.map((row) => row.slice(0, 4).join(' ')))
    expect(sorted(rows.filter((row) => listed.has(row.slice(0, 4).join(' '))))).toEqual(
      sorted(expected.waits.rows),
    )
    if (expected.waits.rows.length < 25) expect(rows).toHaveLength(expected.waits.rows.length)
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

  it('entries into reclaim by scope and flags in effect', () => {
    const sums = new Map<string, number>()
    for (const { kind, scope, class: name, gfp } of facts.reclaim.entries) {
      for (const { gfp: flags, entries } of gfp) {
        const event = `mm_vmscan_${kind}_reclaim_begin`
        add(sums, `${event} ${scope} ${name} 0x${flags.toString(16)}`, entries)
      }
    }
    const rows = expected.reclaimEntries?.rows ?? []
    expect(Object.fromEntries(sums)).toEqual(
      Object.fromEntries(rows.map((row) => [row.slice(0, 4).join(' '), row[4]])),
    )
  })

  it('entries into reclaim by who asked for memory', () => {
    const rows = facts.reclaim.entries.map(({ scope, class: name, site, caller, entries }): Row => {
      return [scope, name, site, caller, entries]
    })
    // The other program takes xas_nomem, which allocates nodes for its caller, for whoever asked.
    const sums = new Map<string, number>()
    for (const [scope, name, ...rest] of expected.reclaimSites?.rows ?? []) {
      const from = rest[0] === 'xas_nomem' ? 1 : 0
      add(sums, [scope, name, rest[from], rest[from + 1]].join(' '), Number(rest.at(-1)))
    }
    expect(Object.fromEntries(rows.map((row) => [row.slice(0, 4).join(' '), row[4]]))).toEqual(
      Object.fromEntries(sums),
    )
  })

  it('runs of shrinkers', () => {
    const rows = facts.reclaim.shrinkers.map(({ scope, class: name, shrinker, runs }): Row => {
      return [scope, name, shrinker, runs]
    })
    // The other program has this table only where a task entered reclaim.
    if (facts.reclaim.entries.length > 0) {
      expect(sorted(rows)).toEqual(sorted(expected.shrinkers?.rows ?? []))
    }
  })
})
