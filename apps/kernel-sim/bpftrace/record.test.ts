/** The recorder on the kernel that runs: bpftrace has to be installed, and whoever runs this has to be root. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { BIN, kernelSimProcess } from '../test/cli/kernel-sim.js'

const folder = mkdtempSync(join(tmpdir(), 'kernel-sim-bpftrace-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Makes a few hundred files, and has them written to disk. */
const WORKLOAD = `
  const fs = require('node:fs'), dir = fs.mkdtempSync(${JSON.stringify(join(folder, 'work-'))})
  for (let i = 0; i < 500; i++) fs.writeFileSync(dir + '/' + i, 'x'.repeat(5000))
  for (let i = 0; i < 500; i += 50) fs.fsyncSync(fs.openSync(dir + '/' + i))
  fs.rmSync(dir, { recursive: true })`

/** What an audit says of a recording. */
async function audited(trace: string) {
  const { stdout, stderr } = await kernelSimProcess(['audit', trace, '--json', '--fail-on', 'none'])
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

describe('the recorder under bpftrace', () => {
  it.each([
    [[]],
    [['--pages']],
    [['--pid', '1', '--comm', 'wl-*', '--seconds', '1']],
    [['--comm', 'a b', '--pid', '1', '--pid', '2', '--no-kernel-threads']],
  ])('is a valid program with %j', async (args) => {
    const file = join(folder, 'record.bt')
    writeFileSync(file, (await kernelSimProcess(['record', ...args])).stdout)
    const { status, stderr } = spawnSync('bpftrace', ['-d', file], { encoding: 'utf8' })
    expect(stderr.split('\n').filter((line) => line.includes(`${file}:`))).toEqual([])
    expect(status).toBe(0)
  })

  it('is one with a cgroup', async () => {
    const group = join(folder, 'cgroup')
    mkdirSync(group)
    execFileSync('mount', ['-t', 'cgroup2', 'none', group])
    try {
      const file = join(folder, 'cgroup.bt')
      writeFileSync(file, (await kernelSimProcess(['record', '--cgroup', group])).stdout)
      expect(spawnSync('bpftrace', ['-d', file]).status).toBe(0)
    } finally {
      execFileSync('umount', [group])
    }
  })

  it('records a workload until it ends, and audit reads it', async () => {
    const trace = join(folder, 'run.ndjson.gz')
    const command = ['--', process.execPath, '-e', WORKLOAD]
    const { status, stderr } = await kernelSimProcess([
      'record',
      '--run',
      '--output',
      trace,
      ...command,
    ])
    expect(stderr).toMatch(/^[\d,]+ events, [\d,]+ lost.*, at most [\d,]+ skipped by bpftrace\.\n/)
    expect(status).toBe(0)
    const { reading, events, requests, tasks } = await audited(trace)
    expect(reading.damaged).toBe(0)
    expect(reading.recorders).toHaveLength(1)
    expect(reading.recorders[0].kernel).toContain(release())
    expect(reading.recorders[0].command).toContain('kernel-sim record --run')
    expect(reading.recorders[0].events).toBe(reading.events)
    expect(events.kmem_cache_alloc).toBeGreaterThan(500)
    expect(events.mm_page_alloc).toBeGreaterThan(500)
    expect(requests.flagsFrom.unknown).toBe(0)
    expect(tasks.tasks).toBeGreaterThan(1)
  })

  it('records for a time by hand, and what it printed is converted', async () => {
    const file = join(folder, 'hand.bt')
    const print = await kernelSimProcess(['record', '--seconds', '2'])
    writeFileSync(file, print.stdout)
    const output = join(folder, 'output')
    writeFileSync(output, execFileSync('bpftrace', [file], { maxBuffer: 1 << 30 }))
    const trace = join(folder, 'hand.ndjson')
    expect(
      (await kernelSimProcess(['record', '--convert', output, '--output', trace])).status,
    ).toBe(0)
    const { reading } = await audited(trace)
    expect(reading.damaged).toBe(0)
    expect(reading.recorders[0].command).toBe('kernel-sim record --seconds 2')
  })

  it('records for a time, to standard output', async () => {
    const { status, stdout } = await kernelSimProcess(['record', '--run', '--seconds', '1'])
    expect(status).toBe(0)
    const lines = stdout.trim().split('\n')
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      events: lines.length - 2,
      skipped: expect.any(Number),
    })
  })

  it('ends the recording well when it is interrupted', async () => {
    const child = spawn(process.execPath, [BIN, 'record', '--run'])
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      // The header has come: it records.
      if (output === '') setTimeout(() => child.kill('SIGINT'), 1000)
      output += chunk.toString()
    })
    const [status] = await once(child, 'close')
    expect(status).toBe(0)
    expect(JSON.parse(output.trim().split('\n').at(-1) ?? '')).toMatchObject({ damaged: 0 })
  })

  it('records nothing when the command cannot be started', async () => {
    const trace = join(folder, 'unstarted.ndjson')
    const args = ['record', '--run', '--output', trace, '--', '/no/such/command']
    const { status, stderr } = await kernelSimProcess(args)
    expect(status).toBe(2)
    expect(stderr).toBe(
      'kernel-sim: /no/such/command cannot be started: there is no such program\n',
    )
    expect(existsSync(trace)).toBe(false)
  })

  it('says why bpftrace refuses, and leaves no file', async () => {
    const trace = join(folder, 'refused.ndjson')
    const args = ['record', '--run', '--cgroup', '/no/such/group', '--output', trace]
    const { status, stderr } = await kernelSimProcess(args)
    expect(status).toBe(2)
    expect(stderr).toMatch(/^kernel-sim: bpftrace ended with \d+: .*cgroup/)
    expect(existsSync(trace)).toBe(false)
  })
})
