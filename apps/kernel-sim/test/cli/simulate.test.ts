import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, it } from 'vitest'
import { kernelSim } from './kernel-sim.js'

/** As others load it. */
const schema = createRequire(import.meta.url)(
  '@scopemask/kernel-sim/schemas/simulate.schema.json',
) as object
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema)

const folder = mkdtempSync(join(tmpdir(), 'simulate-'))
function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const plan = write(
  'a.plan',
  `# A stream beside a program that takes memory.
seed=1 dur=3000 fs=ext4
proc name=cache type=read file=big.dat mib=64 passes=0
proc name=burst type=burst mib=40 period_us=500000 start=1000 nofs=1
`,
)
const machine = write(
  'small.yaml',
  `memory: 128 MiB
seconds: 3
workloads:
  cache: { type: read, size: 64 MiB }
  burst: { type: burst, size: 40 MiB, period: 500 ms, start: 1 s, nofs: true }
`,
)
/** Its workload, and the scenario beside it, are files of their own. */
const own = write(
  'own.ts',
  `import { MS, machine } from '@scopemask/kernel-sim/machine'
import { pages } from './lib/pages'

export default machine({
  memory: '128 MiB',
  seconds: 2,
  workloads: {
    // A comment, and 'quotes' with { braces }.
    *log(os) {
      const file = yield* os.create('app.log')
      for (let at = 0; !os.over; at += pages(1)) {
        yield* os.measure(os.write(file, at, pages(1)))
        yield* os.sleep(5 * MS)
      }
    },
    reader: { type: 'read', size: '40 MiB' },
  },
  scenario: './lib/scenario.ts',
})
`,
)
mkdirSync(join(folder, 'lib'))
write('lib/pages.ts', 'export const pages = (count: number): number => count * 4096\n')
write(
  'lib/scenario.ts',
  `import { GFP_KERNEL, scenario } from '@scopemask/kernel-sim'
export default scenario({
  name: 'two-allocations',
  summary: 'A task that allocates.',
  build(kernel) {
    kernel.task('a', function* () {
      yield* kernel.kmalloc(GFP_KERNEL)
    })
  },
})
`,
)

it('runs a machine, as text and as JSON, and for as long as it is told', async () => {
  const { status, stdout, stderr } = await kernelSim(['simulate', machine])
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(stdout).toContain('2 workloads (cache, burst) for 3.')
  for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100)
  const args = ['--json', '--runs', '2', '--seconds', '1.5']
  const json = await kernelSim(['simulate', machine, ...args])
  const document = JSON.parse(json.stdout) as { runs: { seed: number; seconds: number }[] }
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true)
  expect(document.runs.map(({ seed }) => seed)).toEqual([1, 2])
  for (const { seconds } of document.runs) expect(seconds).toBeCloseTo(1.5, 1)
})

it('says what memory cgroups used, in its report, as JSON, and in their files', async () => {
  const groups = write(
    'groups.yaml',
    `memory: 128 MiB
seconds: 0.5
cgroups: { web: { memory.max: 8 MiB }, web/app: { memory.high: 4 MiB } }
workloads:
  hog: { type: hog, size: 16 MiB, pace: 1 ms, cgroup: web/app }
  outside: { type: working-set, size: 1 MiB }
`,
  )
  const proc = join(folder, 'proc-groups')
  const json = await kernelSim(['simulate', groups, '--json', '--proc', proc])
  expect(json.stderr).toBe('')
  const document = JSON.parse(json.stdout)
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true)
  const [{ cgroups, cgroupFiles, facts }] = document.runs
  expect(cgroups).toMatchObject([
    { path: 'web', max: 8 * 1024 ** 2, high: null },
    { path: 'web/app', max: null, high: 4 * 1024 ** 2, events: { high: expect.any(Number) } },
  ])
  expect(cgroups[1].throttles).toBeGreaterThan(0)
  expect(facts['cgroup.web/app.memory.peak_kb']).toBe(cgroups[1].peak / 1024)
  for (const name of ['web/app/memory.events', 'web/memory.current', 'web/memory.stat']) {
    expect(readFileSync(join(proc, 'sys/fs/cgroup', name), 'utf8')).toBe(cgroupFiles[name])
  }
  expect(cgroupFiles['web/app/memory.high']).toBe('4194304\n')
  expect(cgroupFiles['web/app/memory.max']).toBe('max\n')
  const { stdout } = await kernelSim(['simulate', groups])
  expect(stdout).toMatch(/^ {2}web\/app +max +4,096 +[\d,]+ /m)
  const reclaims = cgroups.reduce(
    (sum: number, group: { reclaims: number }) => sum + group.reclaims,
    0,
  )
  const words = stdout.replace(/\s+/g, ' ')
  expect(words).toContain('No task had to reclaim itself for want of memory on the machine.')
  expect(words).toContain(
    `For the limits of memory cgroups tasks reclaimed ${reclaims.toLocaleString('en')} times`,
  )
  for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100)
  const html = await kernelSim(['simulate', groups, '--html'])
  expect(html.stdout).toContain('Memory cgroups')
})

it('a machine and a plan that say the same do the same', async () => {
  const [one, other] = await Promise.all([
    kernelSim(['simulate', machine, '--json']),
    kernelSim(['simulate', '--plan', plan, '--json']),
  ])
  const facts = ({ stdout }: typeof one) =>
    (JSON.parse(stdout) as { runs: { facts: object }[] }).runs.map((run) => run.facts)
  expect(facts(one)).toEqual(facts(other))
})

it('runs a machine in TypeScript, with a workload and a scenario of its own', async () => {
  const { status, stdout, stderr } = await kernelSim(['simulate', own])
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(stdout).toContain('2 workloads (log, reader) for 2.')
  expect(stdout).toMatch(/^ {2}log +0 +2\.0/m)
})

it('writes the files of the kernel when it is asked to, and a log that explain reads', async () => {
  const hungry = write(
    'hungry.yaml',
    `memory: 128 MiB
seconds: 4
workloads:
  cache: { type: read, size: 64 MiB }
  writer: { type: write, size: 64 MiB }
  hog: { type: hog, size: 90 MiB, pace: 20 ms, start: 1 s }
`,
  )
  const proc = join(folder, 'proc')
  const dmesg = join(folder, 'dmesg.txt')
  const args = ['--proc', proc, '--at', '0.5,2', '--dmesg', dmesg, '--json']
  const { stdout, stderr } = await kernelSim(['simulate', hungry, ...args])
  expect(stderr).toBe('')
  const { runs } = JSON.parse(stdout) as {
    runs: { kills: { rss: number }[]; proc: Record<string, string> }[]
  }
  const [run] = runs
  const count = (time: string, name: string): number =>
    Number(
      new RegExp(`^${name} (\\d+)$`, 'm').exec(
        readFileSync(join(proc, time, 'vmstat'), 'utf8'),
      )?.[1],
    )
  expect(count('0.5s', 'nr_dirty')).toBeGreaterThan(0)
  expect(count('2s', 'pgpgout')).toBeGreaterThan(count('0.5s', 'pgpgout'))
  expect(readFileSync(join(proc, '2s/pressure/io'), 'utf8')).toMatch(
    /^some avg10=\d+\.\d\d avg60=\d+\.\d\d avg300=\d+\.\d\d total=\d+\nfull avg10=.* total=\d+\n$/,
  )
  expect(run?.proc.meminfo).toMatch(/^MemTotal: {10}92752 kB\nMemFree: /)
  // The kernel's report is read as that of any kernel.
  const explained = await kernelSim(['explain', dmesg, '--json'])
  const { reports } = JSON.parse(explained.stdout) as {
    reports: { kind: string; summary: string; kernel: string; verdict: string }[]
  }
  expect(reports.map(({ kind }) => kind)).toEqual(['oom-kill'])
  expect(reports[0]).toMatchObject({ verdict: 'explained', kernel: '6.1.192' })
  // Who needs memory just then may be the hog itself, or somebody else.
  expect(reports[0]?.summary).toMatch(
    /^\w+ asked for one page with GFP_HIGHUSER_MOVABLE\|__GFP_\w+.*, and the OOM killer killed hog \(pid 100, which had [\d,]+ KiB of its own\)\.$/,
  )
  expect(readFileSync(dmesg, 'utf8')).toContain(`anon-rss:${(run?.kills[0]?.rss ?? 0) * 4}kB`)
})

it('holds a configuration against what was recorded of it', async () => {
  const { status, stdout } = await kernelSim([
    'simulate',
    '--held',
    '--config',
    'W2-128-1-def-fast',
  ])
  expect(stdout).toMatch(/ pgsteal_kswapd +\d+ +115240 +115240 +within 10 % +in\n/)
  expect([0, 1]).toContain(status)
})

it('says what is wrong with a scenario beside the workloads, as check does', async () => {
  const scenario = (name: string, build: string) =>
    write(
      `${name}.ts`,
      `import { scenario } from '@scopemask/kernel-sim'\nexport default scenario({ name: '${name}', summary: 's', ${build} })\n`,
    )
  const body = (text: string) =>
    `build(kernel) { const m = kernel.mutex('m'); kernel.task('t', function* () { yield* m.lock(); ${text} }) }`
  const wrong: [string, string, string][] = [
    ['empty', 'build() {}', 'there is no task: kernel.task('],
    ['throws', body('null.x'), 't throws TypeError: '],
    ['forgets', body('m.unlock()'), 't calls unlock() without yield*'],
    ['keeps', body(''), 't returns and still holds m: every way out has to unlock'],
    ['waits', 'async build() {}', 'build is an async function'],
  ]
  for (const [name, build, message] of wrong) {
    const { status, stderr } = await kernelSim([
      'simulate',
      machine,
      '--seconds',
      '0.1',
      '--scenario',
      scenario(name, build),
    ])
    expect(stderr).toContain(`kernel-sim: ${name} under scope: ${message}`)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(status).toBe(2)
  }
})

it('says what is wrong with what it is given', async () => {
  const ts = (name: string, text: string) =>
    write(name, `import { machine } from '@scopemask/kernel-sim/machine'\n${text}`)
  const wrong: [string[], string][] = [
    [['--plan', plan, '--policy', 'none'], 'kernel-sim: there is no policy none; there are '],
    [
      ['--plan', 'nowhere.plan'],
      'kernel-sim: nowhere.plan cannot be read: there is no such file or folder\n',
    ],
    [
      [plan],
      `kernel-sim: ${plan} is not a machine: its name ends neither with .yaml nor with .ts\n`,
    ],
    [[write('bad.yml', 'memory: 1')], `kernel-sim: ${folder}/bad.yml has 2 mistakes:\n  line 1: `],
    [
      [write('scenario.yaml', 'memory: 128 MiB\nworkloads: {a: {type: stat}}\nscenario: ./no.ts')],
      `kernel-sim: ${folder}/scenario.yaml, line 3: scenario: ${folder}/no.ts does not exist\n`,
    ],
    [
      [
        ts(
          'throws.ts',
          "export default machine({\n  memory: '128 MiB',\n  workloads: {\n    *own() {\n      throw new Error('oops')\n    },\n  },\n})\n",
        ),
      ],
      `kernel-sim: workload own throws: oops, at ${folder}/throws.ts:6\n`,
    ],
    [
      [ts('syntax.ts', 'export default machine({')],
      `kernel-sim: ${folder}/syntax.ts cannot be loaded: `,
    ],
    [
      [machine, '--at', '3'],
      'kernel-sim: --at says when the files of --proc and --sys are written: ',
    ],
    [
      [machine, '--seconds', '0.1', '--proc', `${plan}/x`],
      `kernel-sim: ${plan}/x/buddyinfo cannot be written: `,
    ],
    [
      [machine, '--proc', folder, '--at', '99'],
      'kernel-sim: --at 99 is after the end: the run takes ',
    ],
    [
      ['zrm'],
      'kernel-sim: zrm is neither a file nor a machine that comes along: those are camera, ',
    ],
    [
      [ts('scenario.ts', 'export default { build() {} }')],
      `kernel-sim: ${folder}/scenario.ts is a scenario, not a machine: kernel-sim check runs it`,
    ],
    [['--held', plan], `kernel-sim: ${plan} is not JSON: `],
    [['--held', '--config', 'W99'], 'kernel-sim: no configuration begins with W99; there are '],
  ]
  await Promise.all(
    wrong.map(async ([args, message]) => {
      const { status, stderr } = await kernelSim(['simulate', ...args])
      expect(stderr.slice(0, message.length)).toBe(message)
      expect(status).toBe(2)
    }),
  )
})

it.each([
  [['--held', '--proc', 'x'], '--proc has no part in it'],
  [['--held', '--write-scenario', join(folder, 'x.ts')], '--write-scenario has no part in it'],
  [[machine, '--held'], 'small.yaml has no part in it'],
  [['--config', 'W1'], '--config says which configurations of --held are run'],
  [[machine, '--ram', '256'], '--ram is the memory of the machine that --plan runs on'],
])('what would be passed over is refused: %s', async (args, says) => {
  const { status, stdout, stderr } = await kernelSim(['simulate', ...args])
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain(says)
})
