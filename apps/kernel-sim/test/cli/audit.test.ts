import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, describe, expect, it } from 'vitest'
import { GFP_KERNEL, NOFS, Trace } from '../audit/trace.js'
import { BIN, kernelSim, kernelSimProcess } from './kernel-sim.js'

/** As others load it. */
const schema = createRequire(import.meta.url)(
  '@scopemask/kernel-sim/schemas/audit.schema.json',
) as object
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema)

const directory = mkdtempSync(join(tmpdir(), 'kernel-sim-'))
afterAll(() => rmSync(directory, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

/** A recording in which all is well. */
const good = new Trace().slabPage().cacheAlloc().text
/** The kernel does not do what its scope demands. */
const disagreeing = new Trace().slabPage({ fl: NOFS }).cacheAlloc({ fl: NOFS }).text
const losing = new Trace()
  .queue('0x1', 'lost_work', { fl: NOFS })
  .start('0x1', 'lost_work')
  .kmalloc({ pid: 7, gfp: GFP_KERNEL })
  .end('0x1', 'lost_work').text

describe('kernel-sim audit', () => {
  it('--example reads the bundled recording and finds the kernel as predicted', async () => {
    const { status, stdout, stderr } = await kernelSim(['audit', '--example'])
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toContain(
      '1,115 page allocations predicted from their requests: 1,115 as predicted (100 %)',
    )
    expect(stdout).toContain('rht_deferred_worker lost the scope')
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100)
  })

  it('--json follows its schema', async () => {
    const { status, stdout } = await kernelSim(['audit', '--example', '--json'])
    expect(status).toBe(0)
    const report: unknown = JSON.parse(stdout)
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true)
    expect(report).toMatchObject({
      format: 'kernel-sim-audit',
      version: 1,
      verdict: { agrees: true, damaged: false, lostScopes: 1 },
    })
  })

  it.each([
    ['a disagreement', disagreeing],
    ['damage', `${good}x\n{"ts":1\n{"ts":1,{"ts":2}\n${'y'.repeat(1 << 21)}\n`],
    ['a lost scope', losing],
    ['no task flags', new Trace().event('mm_page_free', { pid: -1, pfn: 1, order: 0 }).text],
    ['two recordings', new Trace().at(1e12).kmalloc().text + good],
  ])('--json follows its schema with %s', async (_, input) => {
    const { stdout } = await kernelSim(['audit', '-', '--json'], input)
    expect(validate(JSON.parse(stdout)), JSON.stringify(validate.errors)).toBe(true)
  })

  it.each(['ftrace.txt.gz', 'perf.txt.gz', 'reclaim.ndjson.gz'])(
    '--json follows its schema with %s',
    async (name) => {
      const path = fileURLToPath(new URL(`../data/${name}`, import.meta.url))
      const { stdout } = await kernelSim(['audit', path, '--json'])
      expect(validate(JSON.parse(stdout)), JSON.stringify(validate.errors)).toBe(true)
    },
  )

  it('--json follows its schema with several recordings, of which one is damaged', async () => {
    const ftrace = fileURLToPath(new URL('../data/ftrace.txt.gz', import.meta.url))
    const paths = [file('one', losing), file('two', `${disagreeing}x\n`), ftrace]
    const { status, stdout } = await kernelSim(['audit', ...paths, '--json'])
    expect(status).toBe(1)
    const report = JSON.parse(stdout)
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true)
    expect(report.recordings.map((each: { damaged: number }) => each.damaged)).toEqual([0, 1, 0])
    expect(report.reading.format).toBe('several')
    expect(report.work.lost[0]).toMatchObject({ seenIn: [0] })
  })

  it('reads a file, compressed or not, and standard input, with the same result', async () => {
    const plain = await kernelSim(['audit', file('plain', good), '--json'])
    const packed = await kernelSim(['audit', file('packed', gzipSync(good)), '--json'])
    const piped = await kernelSim(['audit', '-', '--json'], gzipSync(good))
    expect(plain.status).toBe(0)
    const facts = ({ stdout }: { stdout: string }) => ({
      ...JSON.parse(stdout),
      reading: undefined,
      recordings: undefined,
    })
    expect(facts(packed)).toEqual(facts(plain))
    expect(facts(piped)).toEqual(facts(plain))
  })

  it('shows what differs, what is damaged and what was lost', async () => {
    const bad = await kernelSim(['audit', '-'], disagreeing)
    expect(bad.stdout).toContain('VIOLATE')
    expect(bad.stdout).toContain(
      '1 time: the kernel kept what the scope of the task should have taken away.',
    )
    expect(bad.stdout).toContain('only the kernel had: __GFP_FS; only predicted: nothing')
    const damaged = await kernelSim(['audit', '-'], `${good}hello\n`)
    expect(damaged.stdout).toContain('What could not be read')
    expect(damaged.stdout).toContain('line 3: hello')
    const lost = await kernelSim(['audit', '-'], losing)
    expect(lost.stdout).toContain('lost_work: queued from a NOFS scope, allocated with __GFP_FS')
  })

  it('shows hostile names as they are, and lets a terminal do nothing with them', async () => {
    const name = '\u001b[2J\u202eevil\r\n'
    const trace = new Trace()
      .queue('0x1', name, { fl: NOFS, wq: name, st: `queue_work_on+1;${name}+5` })
      .start('0x1', name)
      .kmalloc({ pid: 7, comm: name, st: `__kmalloc_noprof+1;${name}+2;${name}+3` })
      .end('0x1', name)
      .kmalloc({ gfp: 0xc40, st: `__kmalloc_noprof+1;${name}+2;${name}+3` })
    const { stdout } = await kernelSim(['audit', '-'], `${trace.text}${name}\n`)
    expect(stdout).toContain('\ufffd[2J\ufffdevil\ufffd\ufffd: queued from a NOFS scope')
    expect(stdout.match(/(?!\n)[\p{Cc}\p{Cf}]/gu)).toBeNull()
    const compared = await kernelSim(['audit', '--compare', file('old', good), '-'], trace.text)
    expect(compared.stdout).toContain('evil')
    expect(compared.stdout.match(/(?!\n)[\p{Cc}\p{Cf}]/gu)).toBeNull()
  })

  it('--top 0 shows all rows, --top 1 the first', async () => {
    const trace = new Trace()
    for (let i = 0; i < 20; i++) trace.kmalloc({ gfp: 0xc40, st: `__kmalloc_noprof+1;site_${i}+2` })
    const all = await kernelSim(['audit', '-', '--top', '0'], trace.text)
    const rows = all.stdout.match(/^ {2}site_\d+ .* NOFS .*(never|always)/gm)
    expect(rows).toHaveLength(20)
    const one = await kernelSim(['audit', '-', '--top', '1'], trace.text)
    expect(one.stdout.match(/^ {2}site_\d+ .* NOFS .*(never|always)/gm)).toHaveLength(1)
    expect(one.stdout).toContain('... and 19 more: --top 0 shows all.')
  })

  it('--progress says on standard error how far it is', async () => {
    const { stderr } = await kernelSim(['audit', '--example', '--progress', '--json'])
    expect(stderr).toMatch(/^reading: \d+\.\d MB of 3\.4 MB, \d+ %\n/)
    const piped = await kernelSim(['audit', '-', '--progress', '--json'], good)
    expect(piped.stderr).toMatch(/^reading: 0\.0 MB\n$/)
  })
})

describe('the exit status', () => {
  it.each([
    [0, 'all is well', good, []],
    [1, 'the kernel disagrees', disagreeing, []],
    [1, 'the recording is damaged', `${good}x\n`, []],
    [0, 'a scope was lost', losing, []],
    [1, 'a scope was lost and that counts', losing, ['--fail-on', 'lost-scope']],
    [0, 'only lost scopes count', `${good}x\n`, ['--fail-on', 'lost-scope']],
    [1, 'several things count', `${good}x\n`, ['--fail-on', 'lost-scope,damage']],
    [0, 'nothing counts', disagreeing, ['--fail-on', 'none']],
  ])('is %i when %s', async (status, _, input, args) => {
    expect((await kernelSim(['audit', '-', ...args], input)).status).toBe(status)
  })

  it.each<[string, string[], string | RegExp]>([
    ['no trace', ['audit'], 'kernel-sim: no TRACE given. Try: kernel-sim audit --example\n'],
    [
      'no such file',
      ['audit', '/no/such'],
      'kernel-sim: /no/such cannot be read: there is no such file\n',
    ],
    ['a directory', ['audit', '/tmp'], 'kernel-sim: /tmp is a directory, not a recording\n'],
    ['nothing', ['audit', '-'], 'kernel-sim: standard input is empty\n'],
    [
      'both',
      ['audit', '-', '--example'],
      'kernel-sim: give either --example or a TRACE, not both\n',
    ],
    [
      'an unknown option',
      ['audit', '--exmaple'],
      /^error: unknown option '--exmaple'\n\(Did you mean --example\?\)/,
    ],
    ['an unknown command', ['adit'], /^error: unknown command 'adit'\n\(Did you mean audit\?\)/],
    ['a bad number', ['audit', '--top', '-1'], /It takes a whole number from 0\./],
    [
      'a bad name',
      ['audit', '--fail-on', 'x'],
      /It takes disagreement, damage, lost, lost-scope, regression, or none\./,
    ],
    ['too much', ['demo', 'a'], /too many arguments/],
    ['no command', [], /Usage: kernel-sim/],
  ])('is 2 for %s, with one sentence and no stack trace', async (_, args, message) => {
    const { status, stdout, stderr } = await kernelSim(args)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    if (typeof message === 'string') expect(stderr).toBe(message)
    else expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^ {4}at /m)
  })

  it('is 0 for --help and --version', async () => {
    for (const args of [['--help'], ['audit', '--help'], ['--version']]) {
      const { status, stdout, stderr } = await kernelSim(args)
      expect([status, stderr]).toEqual([0, ''])
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100)
    }
  })
})

describe('one sentence', () => {
  it.each([
    [
      ['--work', 'push', '--example'],
      /--work says which lost scope becomes a scenario: give --scenario/,
    ],
    [
      ['--html', '--scenario', '-', '--example'],
      /--scenario - prints the scenario instead of the report/,
    ],
  ])('says what is wrong with %j', async (args, message) => {
    const { status, stderr, stdout } = await kernelSim(['audit', ...args])
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  it.each([
    ['as the recording', ['-']],
    ['as the one to borrow scopes from', ['--example', '--scopes', '-']],
  ])('says that a saved report is not a recording, given %s', async (_, args) => {
    const { stdout } = await kernelSim(['audit', '-', '--json'], good)
    const { status, stderr } = await kernelSim(['audit', ...args], stdout)
    expect([status, stderr]).toEqual([
      2,
      'kernel-sim: standard input is a saved report, not a recording. Two of them can be compared: kernel-sim audit --compare OLD NEW\n',
    ])
  })

  it.skipIf(!existsSync('/dev/full'))('says that the disk is full', () => {
    const full = openSync('/dev/full', 'w')
    const { status, stderr } = spawnSync(process.execPath, [BIN, 'audit', '-'], {
      input: good,
      stdio: ['pipe', full, 'pipe'],
      encoding: 'utf8',
    })
    closeSync(full)
    expect([status, stderr]).toEqual([
      2,
      'kernel-sim: the output cannot be written: the disk is full\n',
    ])
  })
})

describe('--fail-on lost', () => {
  it('is 1 when the recorder lost events, although nothing is damaged', async () => {
    const text = `CPU:0 [LOST 9 EVENTS]\n          wl-a-1     [000] ..... 1.000001: mm_page_free: page=0 pfn=0x1 order=0\n`
    const outcomes = await Promise.all(
      ['lost', 'damage'].map((what) => kernelSim(['audit', '-', '--fail-on', what], text)),
    )
    expect(outcomes.map(({ status }) => status)).toEqual([1, 0])
  })
})

describe('a reader that has seen enough', () => {
  it('is no error', async () => {
    const { stderr } = await kernelSimProcess(['audit', '--example', '--json'], { read: 1 })
    expect(stderr).toBe('')
  })
})
