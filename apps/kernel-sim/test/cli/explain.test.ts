import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, describe, expect, it } from 'vitest'
import { logHtml } from '../../src/report/log/html.js'
import { logJson } from '../../src/report/log/json.js'
import type { LogReport } from '../../src/report/log/log-report.js'
import { logSarif } from '../../src/report/log/sarif.js'
import { logScenario, modelled } from '../../src/report/log/scenario.js'
import { logText } from '../../src/report/log/text.js'
import { explained, LOGS, log } from '../log/logs.js'
import { kernelSim } from './kernel-sim.js'

const schema = createRequire(import.meta.url)(
  '@scopemask/kernel-sim/schemas/explain.schema.json',
) as object
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema)

const directory = mkdtempSync(join(tmpdir(), 'kernel-sim-explain-'))
afterAll(() => rmSync(directory, { recursive: true }))

const path = (name: string) => {
  const found = LOGS.find((each) => each.startsWith(name))
  return fileURLToPath(new URL(`../data/logs/${found}.txt.gz`, import.meta.url))
}
const reportOf = (name: string): LogReport => ({
  name,
  lines: 1,
  oversize: 0,
  cut: undefined,
  ...explained(log(name)),
})
const all = LOGS.map(reportOf)

describe('kernel-sim explain', () => {
  it('explains files, compressed or not, and standard input', async () => {
    const file = join(directory, 'plain.txt')
    writeFileSync(file, log('l06'))
    const { status, stdout, stderr } = await kernelSim(
      ['explain', path('l01'), file, '-'],
      log('l22'),
    )
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toContain('1. lockdep: locks taken in a circle: false-alarm')
    expect(stdout).toContain('2. blocked tasks: waits')
    expect(stdout).toContain('3. the OOM killer: explained')
    expect(stdout).toContain('standard input: 29 lines')
  })

  it('writes a scenario in which check finds what was reported', async () => {
    const file = join(directory, 'flush.ts')
    const written = await kernelSim(['explain', path('l13'), '--scenario', file])
    expect(written.stderr).toBe(`The scenario is in ${file}. Try: kernel-sim check ${file}\n`)
    const { stdout, status } = await kernelSim(['check', file])
    expect(status).toBe(1)
    expect(verdicts(stdout)).toMatchObject({
      unrestricted: 'deadlock',
      scope: 'deadlock',
      'convey-on-queue': 'deadlock',
      'separate-queues': 'safe',
    })
    const again = await kernelSim(['explain', path('l13'), '--scenario', file])
    expect(again).toMatchObject({ status: 2, stdout: '' })
    expect(again.stderr).toContain('is there already')
  })

  it('writes a false alarm that is safe, and of which lockdep says what the kernel said', async () => {
    const { stdout } = await kernelSim(['explain', path('l01'), '--scenario', '-'])
    const file = join(directory, 'false-alarm.ts')
    writeFileSync(file, stdout)
    const check = await kernelSim(['check', file, '--lockdep'])
    expect(check.status).toBe(0)
    expect(new Set(Object.values(verdicts(check.stdout)))).toEqual(new Set(['safe']))
    expect(check.stdout).toContain(
      'kswapd0 is trying to acquire lock:\n (&xfs_nondir_ilock_class){+.+.}, at: super_cache_scan\n\nbut task is already holding lock:\n (fs_reclaim){+.+.}',
    )
  })

  it.each([
    ['l02', { unrestricted: 'deadlock', explicit: 'safe', scope: 'safe' }],
    // The shrinker ignores the flags: no policy helps.
    ['l04', { unrestricted: 'deadlock', explicit: 'deadlock', scope: 'deadlock' }],
    ['model-cil-push', { unrestricted: 'deadlock', scope: 'deadlock', 'callee-scope': 'safe' }],
  ])('writes the circle of %s', async (name, expected) => {
    const file = join(directory, `${name}.ts`)
    await kernelSim(['explain', path(name), '--scenario', file])
    expect(verdicts((await kernelSim(['check', file])).stdout)).toMatchObject(expected)
  })

  it.each([
    [['--scenario', '-'], 'l22', /no report of the log shows locks, waits or work items/],
    [['--scenario', '-', '--report', '2'], 'l01', /there is no report 2: the log has 1/],
    [['--report', '1'], 'l01', /give --scenario FILE/],
    [['--kernel', '2.6.38'], 'l01', /There is no gfp layout for Linux "2.6.38"/],
    [['--fail-on', 'panic'], 'l01', /It takes false-alarm, missing-scope/],
  ])('%o is refused in one sentence', async (args, name, why) => {
    const { status, stdout, stderr } = await kernelSim(['explain', path(name), ...args])
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(why)
  })

  it('says that there is nothing to explain, and what is there', async () => {
    const { status, stdout } = await kernelSim(
      ['explain', '-'],
      'usb 1-1: new device\nusb 1-2: new device\n',
    )
    expect(status).toBe(0)
    expect(stdout).toContain('2 lines, no report of a kind that is known')
    expect(stdout).toContain('usb N-N: new')
    expect((await kernelSim(['explain', '/no/such/log'])).status).toBe(2)
    const cut = gzipSync(log('l01')).subarray(0, 600)
    const broken = await kernelSim(['explain', '-'], cut)
    expect(broken.stdout).toContain('the log breaks off: the gzip data ends before its end')
  })

  it('exits with 1 on the verdicts that are asked for', async () => {
    const status = async (name: string) =>
      (await kernelSim(['explain', path(name), '--fail-on', 'deadlock,lost-scope'])).status
    expect([await status('l13'), await status('l01')]).toEqual([1, 0])
  })
})

describe('the forms of the report', () => {
  it('JSON follows its schema', () => {
    expect(validate(JSON.parse(logJson(all))), JSON.stringify(validate.errors)).toBe(true)
  })

  it('JSON has what programs ask for', () => {
    const { reports } = JSON.parse(logJson([reportOf('l07')])) as { reports: object[] }
    expect(reports).toMatchObject([
      {
        log: 'l07',
        kind: 'hung-task',
        verdict: 'waits',
        confidence: 'high',
        lines: [1, 10, 29, 30, 34, 42, 48],
        tasks: [
          { comm: 'kswapd0', pid: 52 },
          { comm: 'file_io.00' },
          { work: 'events_freezable_power_: disk_events_workfn' },
        ],
        locks: [{ name: '&xfs_nondir_ilock_class', at: 'xfs_ilock', line: 29 }],
        chain: [{ what: 'kswapd0/52' }, {}, { what: 'kworker/3:3/2329' }],
      },
    ])
  })

  it('SARIF follows its schema', () => {
    const packed = readFileSync(
      new URL('../data/sarif-2.1.0-rtm.5.schema.json.gz', import.meta.url),
    )
    const {
      $schema: _,
      id: __,
      ...standard
    } = JSON.parse(gunzipSync(packed).toString()) as Record<string, unknown>
    const sarif = new Ajv({
      strict: false,
      unicodeRegExp: false,
      validateFormats: false,
    }).compile(standard)
    const log = JSON.parse(
      logSarif(all, { version: '0.0.0', uriOf: (name) => `logs/${name}` }),
    ) as {
      runs: { results: { ruleId: string; level: string }[] }[]
    }
    expect(sarif(log), JSON.stringify(sarif.errors)).toBe(true)
    expect(log.runs[0]?.results).toHaveLength(all.flatMap(({ reports }) => reports).length)
  })

  it('text fits a terminal', () => {
    for (const line of logText(all, 10).split('\n'))
      expect(line.length, line).toBeLessThanOrEqual(100)
  })

  it('HTML is one page that nothing can be put into', () => {
    const hostile = {
      ...reportOf('l06'),
      ...explained(log('l06').replaceAll('kswapd0', '<script>alert(1)</script>')),
    }
    const page = logHtml([hostile, reportOf('l01')])
    expect(page).not.toContain('<script>alert')
    expect(page).toContain(
      'role="img" aria-label="A circle of 2: &amp;xfs_nondir_ilock_class, then fs_reclaim',
    )
  })

  it('scenarios keep hostile names where they can do nothing', () => {
    const [report] = explained(
      log('l01').replaceAll('xfs_nondir_ilock_class', "x'); process.exit(3) //"),
    ).reports
    expect(report && modelled(report)).toBe(true)
    expect(report && logScenario(report, '*/')).toContain("'&x\\'); process.exit(3) //")
  })
})

describe('kernel-sim gfp', () => {
  it('says what a mode is in a kernel, and what it may do in a scope', async () => {
    const { status, stdout } = await kernelSim(['gfp', '0x820', '--kernel', '6.6'])
    expect(status).toBe(0)
    expect(stdout).toContain(
      '0x820 in Linux 6.6: GFP_ATOMIC\n  bit by bit: __GFP_HIGH|__GFP_KSWAPD_RECLAIM\n',
    )
    const kernel = (
      await kernelSim(['gfp', 'mode:0x24000c0(GFP_KERNEL)', '--kernel', '4.9.24-coreos'])
    ).stdout
    expect(kernel).toContain('0x24000c0 in Linux 4.9: GFP_KERNEL')
    expect(kernel).toContain('in a NOFS scope: 0x2400040 GFP_NOFS')
    expect(kernel).toMatch(/its reclaim enters the filesystem +yes +no +no\n/)
    expect(kernel).toContain('This kernel has NOIO scopes only')
  })

  it('says what number names stand for', async () => {
    expect((await kernelSim(['gfp', 'GFP_NOFS|__GFP_COMP', '--kernel', '5.8.3'])).stdout).toContain(
      '0x40c40 in Linux 5.8',
    )
    const without = await kernelSim(['gfp', 'GFP_NOFS'])
    expect([without.status, without.stdout]).toEqual([2, ''])
    expect(without.stderr).toContain('give --kernel')
    const unknown = await kernelSim(['gfp', '__GFP_WAIT', '--kernel', '6.1'])
    expect(unknown.stderr).toBe(
      'kernel-sim: "__GFP_WAIT" at position 0 is no gfp flag of Linux 6.1\n',
    )
  })

  it('reads a number by every kernel where none is named', async () => {
    expect((await kernelSim(['gfp', '0x820'])).stdout).toMatch(
      /5\.1 to 6\.2 +ATOMIC +GFP_NOWAIT\|__GFP_HIGH\n +6\.3 to 6\.18 +ATOMIC +GFP_ATOMIC\n/,
    )
  })
})

/** The verdicts of `check`, by policy. */
function verdicts(stdout: string): Record<string, string> {
  const found = stdout.matchAll(/^\S+ under (\S+): (safe|deadlock|livelock|bounded)/gm)
  return Object.fromEntries([...found].map(([, policy, verdict]) => [policy, verdict]))
}
