import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { kernelSim } from './kernel-sim.js'

const directory = mkdtempSync(join(tmpdir(), 'kernel-sim-record-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** What the script printed on some machine. */
const OUTPUT = `Attaching 16 probes...
#recorder\t1
#kernel\tLinux 6.18.0\t#1 SMP
#command\tkernel-sim record
@12\t100\t0\t42\t0\t0\twl-x
@5\t90\t0\t7\t69238880\t0x1\tsome_work\tkworker/0:1
#end\t1
`

describe('kernel-sim record', () => {
  it('prints a script of tracepoints alone', async () => {
    const { status, stdout, stderr } = await kernelSim(['record'])
    expect([status, stderr]).toEqual([0, ''])
    const probes = stdout.match(/^[a-z]+:\S+$/gm) ?? []
    expect(probes.length).toBeGreaterThan(10)
    for (const probe of probes) expect(probe).toMatch(/^tracepoint:\w+:\w+$/)
    expect(stdout).toContain('kernel-sim record\n')
  })

  it('records whom the options name, and kernel threads unless told otherwise', async () => {
    const { stdout } = await kernelSim([
      'record',
      ...['--pid', '12', '--pid', '13', '--comm', 'wl-*', '--comm', 'fsstress'],
      ...['--cgroup', '/sys/fs/cgroup/a', '--seconds', '9'],
    ])
    const who =
      '(pid == 12 || pid == 13) && (strncmp(comm, "wl-", 3) == 0 || comm == "fsstress") && ' +
      '(cgroup == cgroupid("/sys/fs/cgroup/a"))'
    expect(stdout).toContain(`/ comm != "bpftrace" && ((curtask->flags & 0x200000) || (${who})) /`)
    expect(stdout).toContain('interval:s:9\n')
    const tasks = await kernelSim(['record', '--no-kernel-threads', '--pid', '12'])
    expect(tasks.stdout).toContain('(!(curtask->flags & 0x200000) && (pid == 12))')
  })

  it('--convert makes a recording that audit reads', async () => {
    const file = join(directory, 'output.gz')
    writeFileSync(file, gzipSync(OUTPUT))
    const trace = join(directory, 'trace.ndjson.gz')
    const converted = await kernelSim(['record', '--convert', file, '--output', trace])
    expect(converted.stderr).toBe(
      `2 events, 0 lost, an unknown number skipped by bpftrace.\nTry: kernel-sim audit ${trace}\n`,
    )
    expect(converted.status).toBe(0)
    const shown = await kernelSim(['record', '--convert', '-', '--progress'], OUTPUT)
    expect(shown.stderr).toMatch(/^converting: \d+ events\n/)
    const piped = await kernelSim(['record', '--convert', '-'], OUTPUT)
    expect(piped.stdout).toBe(gunzipSync(readFileSync(trace)).toString())
    const audit = await kernelSim(['audit', trace])
    expect(audit.status).toBe(0)
    expect(audit.stdout).toContain('Made under Linux 6.18.0 #1 SMP by kernel-sim record.')
  })

  it('--convert takes a file of any length, in pieces', async () => {
    const event = '@5\t90\t0\t7\t69238880\t0x1\tsome_work\tkworker/0:1\n'
    const long = join(directory, 'long')
    writeFileSync(long, OUTPUT.replace(event, event.repeat(20_000)))
    const { status, stderr } = await kernelSim([
      'record',
      '--convert',
      long,
      '--output',
      join(directory, 'long.ndjson'),
    ])
    expect([status, stderr.split('\n')[0]]).toEqual([
      0,
      '20,001 events, 0 lost, an unknown number skipped by bpftrace.',
    ])
  })

  it('says when a recording has no end', async () => {
    const { stdout } = await kernelSim(['record', '--convert', '-'], OUTPUT)
    const cut = stdout.split('\n').slice(0, -2).join('\n')
    expect((await kernelSim(['audit', '-'], cut)).stdout).toContain('Its end is missing')
  })

  it('says that a recording cannot be written', async () => {
    const args = ['record', '--convert', '-', '--output', '/no/such/x']
    const { status, stderr } = await kernelSim(args, OUTPUT)
    expect(stderr).toMatch(/^kernel-sim: \/no\/such\/x cannot be written: /)
    expect(status).toBe(2)
  })

  it.each<[string, string[], RegExp]>([
    ['foreign output', ['--convert', '-'], /not the output of the script/],
    ['no such file', ['--convert', '/no/such'], /\/no\/such cannot be read/],
    ['an output that is there', ['--output', import.meta.filename], /is there already/],
    ['a command without --run', ['make'], /a COMMAND needs --run/],
    ['both ways', ['--run', '--convert', '-'], /cannot be used with/],
    ['a process that is none', ['--pid', 'x'], /the number of a process/],
    ['a name too long', ['--comm', 'x'.repeat(16)], /1 to 15 bytes/],
    ['a name with quotes', ['--comm', 'a"b'], /without quotes/],
    ['a relative cgroup', ['--cgroup', 'a'], /a path such as/],
    ['no time', ['--seconds', '0'], /a whole number from 1/],
    ['an odd buffer', ['--buffer', '3'], /It takes 1, 2, 4/],
  ])('exits with 2 for %s', async (_, args, message) => {
    const { status, stdout, stderr } = await kernelSim(['record', ...args], 'hello\n')
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^ {4}at /m)
    expect([status, stdout]).toEqual([2, ''])
  })
})
