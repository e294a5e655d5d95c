import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, describe, expect, it } from 'vitest'
import { GFP_KERNEL, GFP_NOFS, MEMALLOC, NOFS, Trace } from '../audit/trace.js'
import { kernelSim } from './kernel-sim.js'

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  createRequire(import.meta.url)(
    '@scopemask/kernel-sim/schemas/audit-comparison.schema.json',
  ) as object,
)

const directory = mkdtempSync(join(tmpdir(), 'kernel-sim-compare-'))
afterAll(() => rmSync(directory, { recursive: true }))

let files = 0

/** A file with this content. */
function file(content: string | Uint8Array): string {
  const path = join(directory, String(files++))
  writeFileSync(path, content)
  return path
}

/** A request with GFP_NOFS, unless told otherwise, by a function of this name. */
function request(trace: Trace, site: string, fl: number, gfp = GFP_NOFS): Trace {
  return trace.kmalloc({ fl, gfp, st: `__kmalloc_noprof+1;${site}+2;caller+3` })
}

function losing(trace: Trace, fn: string): Trace {
  return trace
    .queue('0x1', fn, { fl: NOFS })
    .start('0x1', fn)
    .kmalloc({ pid: 7, gfp: GFP_KERNEL, st: '__kmalloc_noprof+1;grow+2;work+3' })
    .end('0x1', fn)
}

/** What happens to each site and work function, its name says. */
function oldTrace(): Trace {
  const trace = new Trace()
  request(trace, 'stays_covered', NOFS)
  request(trace, 'stays_uncovered', 0)
  request(trace, 'gets_uncovered.isra.0', NOFS)
  request(request(trace, 'gets_covered', 0), 'gets_covered', NOFS)
  request(trace, 'goes', 0)
  request(trace, 'is_converted', NOFS)
  return losing(losing(trace, 'mended_work'), 'broken_work')
}

function newTrace(): Trace {
  const trace = new Trace()
  request(trace, 'stays_covered.constprop.0', NOFS)
  request(trace, 'stays_uncovered', 0)
  request(request(trace, 'gets_uncovered', NOFS), 'gets_uncovered.part.0', 0)
  request(trace, 'gets_covered', NOFS)
  request(trace, 'comes', 0)
  request(trace, 'is_converted', NOFS, GFP_KERNEL)
  return losing(losing(trace, 'broken_work'), 'new_work')
}

const names = (rows: readonly { site: string }[]) => rows.map(({ site }) => site)

describe('audit --compare', () => {
  it('does not call worse what may have been so before', async () => {
    const trace = new Trace()
    request(trace, 'gets_uncovered', NOFS)
    const saved = JSON.parse((await kernelSim(['audit', file(trace.text), '--json'])).stdout)
    // As of a text, in which the scope of one more request is not known.
    for (const site of saved.callSites.explicit) {
      site.requests++
      site.unknown++
    }
    const old = file(JSON.stringify(saved))
    const now = new Trace()
    request(now, 'gets_uncovered', 0)
    const { stdout } = await kernelSim(['audit', '--compare', old, file(now.text), '--json'])
    const { sites, regression } = JSON.parse(stdout)
    expect(names(sites.newlyUncovered)).toEqual([])
    expect(names(sites.perhapsUncovered)).toEqual(['gets_uncovered'])
    expect(sites.same).toBe(0)
    expect(regression).toBe(false)
  })

  it('says which sites went, came, and are covered otherwise, and which scopes are lost', async () => {
    const args = ['audit', '--compare', file(oldTrace().text), file(newTrace().text)]
    const { stdout, status } = await kernelSim([...args, '--json'])
    const { sites, lostScopes, regression } = JSON.parse(stdout)
    expect(names(sites.gone)).toEqual(['goes', 'is_converted'])
    expect(names(sites.new)).toEqual(['comes'])
    expect(names(sites.newlyUncovered)).toEqual(['gets_uncovered'])
    expect(names(sites.newlyCovered)).toEqual(['gets_covered'])
    expect(sites.same).toBe(2)
    expect(sites.newlyUncovered[0]).toMatchObject({
      old: { requests: 1, covered: 1, verdict: 'always' },
      new: { requests: 2, covered: 1, uncovered: 1, verdict: 'sometimes' },
      uncoveredFrom: [{ count: 1 }],
    })
    expect(sites.gone[1]).toMatchObject({ new: null, newlyTrusting: 1 })
    expect(lostScopes.gone).toMatchObject([{ fn: 'mended_work', waited: 0, certain: true }])
    expect(lostScopes.new).toMatchObject([{ fn: 'new_work' }])
    expect(lostScopes.same).toBe(1)
    expect(regression).toBe(true)
    expect(status).toBe(0)
  })

  /** The comparison of two recordings. */
  async function compared(old: string, recent: string) {
    const { stdout } = await kernelSim(['audit', '--compare', old, recent, '--json'])
    return JSON.parse(stdout)
  }

  it('takes for newly uncovered only what was covered', async () => {
    const old = request(new Trace(), 'in_reclaim', MEMALLOC).text
    const { sites } = await compared(file(old), file(request(new Trace(), 'in_reclaim', 0).text))
    expect(sites).toMatchObject({ newlyUncovered: [], same: 1 })
  })

  it('adds up the copies of a work function', async () => {
    const both = losing(losing(new Trace(), 'work'), 'work.isra.0').text
    const { lostScopes } = await compared(file(new Trace().kmalloc().text), file(both))
    expect(lostScopes.new).toMatchObject([{ executions: 2, allocations: 2 }])
  })

  it('does not call it a regression what nobody knows, and says so of waits', async () => {
    const ftrace = fileURLToPath(new URL('../data/ftrace.txt.gz', import.meta.url))
    const { lostScopes, regression } = await compared(file(new Trace().kmalloc().text), ftrace)
    expect(lostScopes.new.length).toBeGreaterThan(0)
    expect(lostScopes.new.some(({ certain }: { certain: boolean }) => certain)).toBe(false)
    expect(regression).toBe(false)
    const delayed = new Trace()
      .arm('0x1', { fl: NOFS })
      .queue('0x1', 'later', { pid: -1, st: undefined })
      .start('0x1', 'later')
      .kmalloc({ pid: 7 })
      .end('0x1', 'later').text
    const timers = await compared(file(new Trace().kmalloc().text), file(delayed))
    expect(timers.lostScopes.new).toMatchObject([{ fn: 'later', waited: null }])
  })

  it('as text names what is worse last, where a terminal stands, in lines that fit', async () => {
    const args = ['audit', '--compare', file(oldTrace().text), file(newTrace().text)]
    const { stdout } = await kernelSim(args)
    const order = ['newly lost', 'gets_uncovered', 'gets_covered', 'comes', 'goes', 'mended_work']
    const places = order.map((text) => stdout.indexOf(text))
    expect(places).toEqual([...places].sort((a, b) => b - a))
    expect(places.at(-1)).toBeGreaterThan(0)
    expect(stdout).toContain('GFP_KERNEL in a scope, 1')
    expect(stdout).toContain(
      'gets_uncovered from caller, in the new recording:\n    in none (1 time',
    )
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100)
    expect((await kernelSim([...args, '--top', '1'])).stdout).toContain('... and 1 more')
    const page = (await kernelSim([...args, '--html'])).stdout
    expect(page).toContain('<title>kernel-sim audit, compared</title>')
    const markdown = (await kernelSim([...args, '--markdown'])).stdout
    for (const each of order) {
      expect(page).toContain(each)
      expect(markdown).toContain(each)
    }
  })

  it('takes saved reports, compressed or not, and standard input, with the same result', async () => {
    const [old, recent] = [file(oldTrace().text), file(newTrace().text)]
    const json = async (path: string) => (await kernelSim(['audit', path, '--json'])).stdout
    const expected = JSON.parse(
      (await kernelSim(['audit', '--compare', old, recent, '--json'])).stdout,
    )
    const saved = await kernelSim([
      'audit',
      '--compare',
      // Longer than what is read at a time.
      file((await json(old)) + ' '.repeat(1 << 20)),
      file(gzipSync(await json(recent))),
      '--json',
    ])
    expect(JSON.parse(saved.stdout)).toEqual(expected)
    const piped = await kernelSim(['audit', '--compare', old, '-', '--json'], newTrace().text)
    expect(JSON.parse(piped.stdout)).toMatchObject({ sites: expected.sites })
  })

  it.each([
    ['two that differ', oldTrace().text, newTrace().text],
    ['the same twice', oldTrace().text, oldTrace().text],
    ['no task flags', new Trace().event('mm_page_free', { pid: -1, pfn: 1, order: 0 }).text, 'x\n'],
  ])('--json follows its schema with %s', async (_, old, recent) => {
    const args = ['audit', '--compare', file(old), file(`${recent}${newTrace().text}`), '--json']
    const { stdout } = await kernelSim(args)
    expect(validate(JSON.parse(stdout)), JSON.stringify(validate.errors)).toBe(true)
  })

  it('finds nothing between a recording and itself', async () => {
    const path = file(oldTrace().text)
    const { stdout, status } = await kernelSim([
      'audit',
      '--compare',
      path,
      path,
      '--json',
      '--fail-on',
      'regression',
    ])
    expect(JSON.parse(stdout)).toMatchObject({
      sites: {
        gone: [],
        new: [],
        newlyUncovered: [],
        newlyCovered: [],
        perhapsUncovered: [],
        same: 6,
      },
      lostScopes: { gone: [], new: [], same: 2 },
      regression: false,
    })
    expect(status).toBe(0)
  })

  it.each([
    [1, 'a regression', oldTrace, newTrace, 'regression'],
    [
      0,
      'an improvement',
      newTrace,
      () => request(new Trace(), 'stays_covered', NOFS),
      'regression',
    ],
    [1, 'damage', oldTrace, () => new Trace().event('mm_page_free', {}).kmalloc(), 'damage'],
    [1, 'a lost scope on either side', oldTrace, () => new Trace().kmalloc(), 'lost-scope'],
  ])('exits with %i on %s', async (status, _, old, recent, failure) => {
    const args = ['audit', '--compare', file(old().text), file(recent().text)]
    expect((await kernelSim([...args, '--fail-on', failure])).status).toBe(status)
  })

  const report = '{"format":"kernel-sim-audit","version":'
  it.each<[string, string[], RegExp]>([
    ['one recording only', ['--compare', file('x')], /--compare needs two recordings/],
    ['standard input twice', ['--compare', '-', '-'], /standard input holds one recording/],
    ['no file', ['--compare', '/no/such', '-'], /\/no\/such cannot be read/],
    ['a cut report', ['--compare', file(`${report}1`), '-'], /--json, but is cut or damaged/],
    ['another version', ['--compare', file(`${report}7}`), '-'], /is a report of version 7/],
    [
      'a damaged report',
      ['--compare', file(`${report}1,"reading":{"name":4}}`), '-'],
      /is damaged: the report\.reading\.name is not a string/,
    ],
    ['--sarif', ['--compare', 'a', 'b', '--sarif'], /cannot be used with/],
    ['a regression of one', ['-', '--fail-on', 'regression'], /give --compare OLD/],
  ])('exits with 2 for %s', async (_, args, message) => {
    const { status, stdout, stderr } = await kernelSim(['audit', ...args])
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^ {4}at /m)
  })
})
