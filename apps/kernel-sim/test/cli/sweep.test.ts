import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, kernelSim } from './kernel-sim.js'

const schema = new URL('../../schemas/sweep.schema.json', import.meta.url)
const validate = new Ajv2020({ strict: true }).compile(JSON.parse(readFileSync(schema, 'utf8')))

const WRITERS = `import { scenario } from '@scopemask/kernel-sim'
import { other } from './order.js'
export default scenario({
  name: 'writers',
  summary: 'writers take two locks',
  parameters: { writers: [1, 2, 3] },
  build(kernel, { writers }) {
    const locks = [kernel.mutex('a'), kernel.mutex('b')]
    for (let i = 0; i < writers; i++) {
      kernel.task('writer ' + i, function* () {
        yield* locks[i % 2].lock()
        yield* locks[other(i)].lock()
        yield* locks[other(i)].unlock()
        yield* locks[i % 2].unlock()
      })
    }
  },
})
`

/** What a scenario may not do, and what it is told; it tries all of it while it is built. */
const FORBIDDEN = {
  read: ["readFileSync('/etc/hostname')", /Access to this API has been restricted/],
  write: ["writeFileSync('x', '')", /Access to this API has been restricted/],
  spawn: ["execSync('true')", /Access to this API has been restricted/],
  thread: ["new Worker('1', { eval: true })", /Access to this API has been restricted/],
  binding: ["process.binding('tcp_wrap')", /process.binding/],
  connect: ["net.connect(9, '127.0.0.1')", /RestrictionError: NO_NETWORK.*evil\.ts:\d+/],
  socket: ["new net.Socket().connect(9, '127.0.0.1')", /RestrictionError: NO_NETWORK/],
  listen: ['net.createServer().listen(0)', /RestrictionError: NO_NETWORK/],
  datagram: ["dgram.createSocket('udp4')", /RestrictionError: NO_NETWORK/],
  lookup: ["dns.lookup('localhost', () => {})", /RestrictionError: NO_NETWORK/],
  fetch: ["fetch('http://127.0.0.1')", /RestrictionError: NO_NETWORK/],
  builtin: ["process.getBuiltinModule('net').connect(9)", /RestrictionError: NO_NETWORK/],
  signal: ['process.kill(process.ppid, 0)', /RestrictionError: NO_SPAWN.*evil\.ts:\d+/],
  // It sleeps most of the time: to spin until it is stopped would take seconds of a processor.
  loop: [
    'for (const w = new Int32Array(new SharedArrayBuffer(4)); ; ) Atomics.wait(w, 0, 0, 5)',
    /build does not come to its end: does it loop\?/,
  ],
  // In large pieces: the collector must not take so long that the watch on endless code comes first.
  heap: ['for (const a = []; ; ) a.push(new Array(4e6).fill(0))', /it took more than 300 MB/],
  exit: ['process.exit(0)', /it ended its process \(exit status 0\)/],
} as const

const EVIL = `import { scenario } from '@scopemask/kernel-sim'
import { execSync } from 'node:child_process'
import dgram from 'node:dgram'
import dns from 'node:dns'
import { readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { Worker } from 'node:worker_threads'
const deeds = {
${Object.entries(FORBIDDEN)
  .map(([name, [code]]) => `  ${name}: () => { ${code} },`)
  .join('\n')}
}
export default scenario({
  name: 'evil', summary: '', parameters: { deed: ${JSON.stringify(Object.keys(FORBIDDEN))} },
  build(kernel, { deed }) { deeds[deed](); kernel.task('t', function* () {}) },
})
`

describe('sweep', () => {
  let folder = ''
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text)
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kernel-sim-sweep-test-'))
    put('writers.ts', WRITERS)
    put('order.ts', 'export const other = (i: number): number => 1 - (i % 2)')
    put('evil.ts', EVIL)
    put('small.yaml', 'memory: 96 MiB\nworkloads:\n  cache: { type: read, size: 100 MiB }\n')
    put(
      'plan.yaml',
      `check: { scenarios: [cil-push, ./writers.ts], policies: [scope, explicit], parameters: { writers: all } }
sample: { scenarios: [./writers.ts], policies: [scope], parameters: { writers: 2 }, seeds: 2, executions: 20 }
simulate: { machines: [small.yaml], seeds: 2, seconds: 0.2, parameters: { memory: [96 MiB, 128 MiB] } }
`,
    )
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  const sweep = (plan: string, ...args: string[]) =>
    kernelSim(['sweep', join(folder, plan), ...args])

  it('does all jobs of a plan, keeps the results, and shows them in every form', async () => {
    const results = join(folder, 'plan.results.jsonl')
    const { status, stdout, stderr } = await sweep('plan.yaml', '--json')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const report = JSON.parse(stdout)
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true)
    expect([report.jobs, report.done]).toEqual([14, 14])
    const found = (at: object) =>
      report.results.find((each: object) => expect.objectContaining(at).asymmetricMatch(each))
    const two = found({ subject: './writers.ts', policy: 'scope', parameters: { writers: 2 } })
    expect(two).toMatchObject({ verdict: 'deadlock', figures: { steps: 2 } })
    expect(found({ subject: './writers.ts', parameters: { writers: 1 } }).verdict).toBe('safe')
    expect(found({ kind: 'sample', seed: 2 }).verdict).toMatch(/deadlock|bounded/)
    const small = { kind: 'simulate', parameters: { memory: '96 MiB' }, seed: 1 }
    expect(found(small).figures['cache.0.ops_s']).toBeGreaterThan(0)

    // The token is one of check.
    const args = ['replay', join(folder, 'writers.ts'), 'scope', two.token, '--set', 'writers=2']
    expect((await kernelSim(args)).stdout).toContain('Circle:')

    // The same again runs nothing, and prints the same bytes, also after a torn write.
    const lines = readFileSync(results, 'utf8')
    const [last = ''] = lines.split('\n').slice(-2)
    writeFileSync(results, lines.slice(0, -last.length / 2))
    const again = await sweep('plan.yaml', '--json', '--workers', '1')
    expect(again.stdout).toBe(stdout)
    expect(again.stderr).toMatch(/was torn: its job is done again\n.*13 of 14 jobs are done/)
    expect(readFileSync(results, 'utf8').split('\n')).toHaveLength(16)

    // Forms are tested with the page: that one of them comes out says that all do.
    const page = (await sweep('plan.yaml', '--partial', '--html')).stdout
    expect(page).toMatch(/<caption[^>]*>Verdicts on \.\/writers\.ts by writers, policy<\/caption>/)
  })

  it('keeps what a plan still has when it was changed, and shows what is not done', async () => {
    const plan = (writers: string) =>
      `import { plan } from '@scopemask/kernel-sim'
export default plan({ check: { scenarios: ['./writers.ts'], policies: ['scope'], parameters: { writers: ${writers} } } })`
    put('grows.ts', plan('[1, 2]'))
    await sweep('grows.ts')
    put('grows.ts', plan('[2, 3]'))
    const partial = await sweep('grows.ts', '--partial')
    expect(partial).toMatchObject({ status: 1 })
    expect(partial.stdout).toContain('1 of 2 jobs done so far.')
    expect(partial.stdout).toMatch(/ 3 {2}not done yet/)
    const { stderr, status } = await sweep('grows.ts')
    expect(stderr).toContain('1 of 2 jobs are done')
    expect(status).toBe(0)
  })

  it('lets the code of a scenario do nothing but run', async () => {
    put(
      'evil.yaml',
      'check: { scenarios: [./evil.ts], policies: [scope], parameters: { deed: all } }',
    )
    const { status, stdout } = await sweep('evil.yaml', '--json', '--megabytes', '300')
    const { results } = JSON.parse(stdout)
    expect(results).toHaveLength(Object.keys(FORBIDDEN).length)
    for (const { verdict, why, parameters } of results) {
      const [, sentence] = FORBIDDEN[parameters.deed as keyof typeof FORBIDDEN]
      expect(`${parameters.deed}: ${verdict}: ${why}`).toMatch(sentence)
      expect(why).not.toMatch(/kernel-sim-sweep-/)
    }
    expect(status).toBe(1)
  })

  it('is stopped by Ctrl-C, says how it goes on, and leaves no copies of files', async () => {
    put('long.ts', EVIL.replace(/deed: .*\]/, "deed: ['loop']"))
    put('long.yaml', 'check: { scenarios: [./long.ts], policies: [scope] }')
    const temporary = mkdtempSync(join(folder, 'tmp-'))
    const child = spawn(process.execPath, [BIN, 'sweep', join(folder, 'long.yaml')], {
      env: { ...process.env, TMPDIR: temporary },
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk
    })
    while (readdirSync(temporary).length === 0) await new Promise((go) => setTimeout(go, 20))
    child.kill('SIGINT')
    const [, signal] = await once(child, 'close')
    expect(signal).toBe('SIGINT')
    expect(said).toMatch(/stopped; the same command goes on from .*long\.results\.jsonl\n$/)
    expect(readdirSync(temporary)).toEqual([])
  })

  it('says in one sentence what is wrong', async () => {
    put('wrong.yaml', 'check:\n  scenarios: [./none.ts]\n')
    expect(await sweep('wrong.yaml')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /wrong\.yaml, line 2: check\.scenarios\[0\]: .*none\.ts does not/,
      ),
    })
    put('memory.yaml', 'simulate:\n  machines: [small.yaml]\n  parameters: { memory: [1 MiB] }\n')
    const { stderr } = await sweep('memory.yaml')
    expect(stderr).toMatch(/memory\.yaml, line 2: .*memory takes a size such as 128 MiB/)
    put(
      'path.yaml',
      'simulate:\n  machines: [small.yaml]\n  parameters: { workloads.cash.size: [1 MiB] }\n',
    )
    expect((await sweep('path.yaml')).stderr).toContain('there is no workloads.cash.size')
    appendFileSync(join(folder, 'other.results.jsonl'), 'dear diary\n')
    put('other.yaml', 'check: { scenarios: [cil-push] }')
    expect((await sweep('other.yaml')).stderr).toContain('does not hold results of a sweep')
    expect((await sweep('plan.txt')).stderr).toContain('plan.txt does not exist')
  })
})
