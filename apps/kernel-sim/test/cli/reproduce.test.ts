/** `kernel-sim reproduce`, with stand-ins for QEMU, make and a kernel. What the machine prints was recorded from a real one. */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { isAlive, StandIns } from '../boot/stand-ins.js'
import { BIN, kernelSimProcess } from './kernel-sim.js'

const CONSOLE = gunzipSync(
  readFileSync(new URL('../data/reproduce/cil-push.scope.console.gz', import.meta.url)),
).toString()

let at: StandIns
beforeEach(() => {
  at = new StandIns()
})
afterEach(() => {
  // Nothing has touched the kernel that runs here.
  expect(existsSync(at.alarm)).toBe(false)
  at.remove()
})

/** Runs `kernel-sim reproduce` with the stand-ins. */
function reproduce(...args: string[]) {
  return kernelSimProcess(['reproduce', ...args], { env: at.env })
}

/** Options for a machine that prints this. */
function printing(console: string): string[] {
  const file = at.file('console', console)
  const { kernel, headers } = at.all(`cat ${file}`)
  return ['--kernel', kernel, '--headers', headers]
}

it('writes a folder with all that a kernel needs to follow a counterexample', async () => {
  const folder = join(at.folder, 'out')
  const args = ['cil-push', '--policy', 'scope', '--output', folder]
  const { status, stdout, stderr } = await reproduce(...args)
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/follows a schedule, of which the model says: deadlock\.\nTry: .*run\.sh/)
  const files = readdirSync(folder)
  expect(files).toEqual(expect.arrayContaining(['Makefile', 'init', 'run.sh', 'ksim.h']))
  const source = readFileSync(join(folder, 'ksim_cil_push_scope.c'), 'utf8')
  // It says itself which headers it needs.
  for (const [, header] of source.matchAll(/#include "([^"]+)"/g)) expect(files).toContain(header)
  expect((await reproduce(...args)).stderr).toMatch(/out is there already and not empty/)
})

it('holds what a kernel does against the model', async () => {
  const options = printing(CONSOLE)
  const { status, stdout, stderr } = await reproduce(
    'cil-push',
    '--policy',
    'scope',
    '--token',
    '00001222622S1c2',
    '--run',
    '--json',
    ...options,
  )
  expect([status, stderr]).toEqual([0, ''])
  const schema = createRequire(import.meta.url)(
    '@scopemask/kernel-sim/schemas/reproduce.schema.json',
  )
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema)
  const report = JSON.parse(stdout)
  validate(report)
  expect(validate.errors).toBeNull()
  expect(report.kernel).toMatchObject({ outcome: 'deadlock', dissolved: 'never', result: 'agrees' })
  expect(readdirSync(at.temporary)).toEqual([])
})

it('keeps what it finds of all cells, goes on with it, and writes the page', async () => {
  const data = join(at.folder, 'found.jsonl')
  const page = join(at.folder, 'page.md')
  const options = ['--all', '--cases', '4', '--data', data, '--jobs', '1', ...printing(CONSOLE)]
  // The same is printed whatever the policy is, so that the kernel seems to do something else in safe cells.
  expect((await reproduce(...options)).status).toBe(1)
  const lines = readFileSync(data, 'utf8').trim().split('\n')
  expect(lines).toHaveLength(7)
  const resumed = await reproduce(...options, '--resume', '--page', page)
  expect(resumed.status).toBe(1)
  expect(readFileSync(data, 'utf8').trim().split('\n')).toEqual(lines)
  expect(readFileSync(page, 'utf8')).toMatch(
    /\| 4 \| cil-push \| scope \| 6\.1\.0-stand-in \| deadlock \| deadlock, stays \| 1 \| \d+ \|.*\| agrees \|/,
  )
  expect((await reproduce(...options)).stderr).toMatch(/found\.jsonl is there already: --resume/)
})

it('goes on with other cells after one whose module does not compile', async () => {
  const data = join(at.folder, 'found.jsonl')
  const options = ['--all', '--cases', '1', '--data', data, '--jobs', '1', ...printing(CONSOLE)]
  at.program('make', 'echo "ksim.c:3:5: error: x" >&2; exit 2')
  await reproduce(...options)
  const lines = readFileSync(data, 'utf8').trim().split('\n')
  expect(lines).toHaveLength(3)
  for (const line of lines) {
    expect(JSON.parse(line)).toMatchObject({
      result: 'failed',
      why: [expect.stringMatching(/ksim.c:3:5: error: x$/)],
    })
  }
})

it('leaves nothing behind when it is interrupted', async () => {
  const pids = join(at.folder, 'pids')
  const { kernel, headers } = at.all(`sleep 1000 & echo $! $$ > ${pids}; echo; wait`)
  const child = spawn(
    process.execPath,
    [
      BIN,
      'reproduce',
      '1',
      '--policy',
      'unrestricted',
      '--run',
      '--kernel',
      kernel,
      '--headers',
      headers,
    ],
    { env: { ...process.env, ...at.env } },
  )
  const said: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text))
  const ended = new Promise((resolve) => child.on('close', resolve))
  await vi.waitFor(() => expect(readFileSync(pids, 'utf8')).toMatch(/^\d+ \d+\n$/), 60_000)
  child.kill('SIGINT')
  expect(await ended).toBe(2)
  expect(said.join('')).toBe('kernel-sim: interrupted: nothing is left running\n')
  const left = readFileSync(pids, 'utf8').trim().split(' ').map(Number)
  await vi.waitFor(() => expect(left.filter(isAlive)).toEqual([]), 10_000)
  expect(readdirSync(at.temporary)).toEqual([])
})

it.each([
  [['cil-push'], 'which policy? Give --policy'],
  [[], 'which SCENARIO? Give its name and --policy, or --all, or --litmus'],
  [['4', '--all'], '--all is about the bundled cases'],
  [['--all', '--cases', '4,99'], 'there is no case 99'],
  [['mutex-1', '--litmus'], '--litmus is about programs with a policy each'],
  [['--litmus', '--cases', 'mutex-1,mutex-99'], 'there is no litmus program mutex-99'],
  [['4', '--policy', 'scope', '--run'], 'busybox'],
])('%j is refused in one sentence', async (args, sentence) => {
  const { kernel, headers } = at.all('')
  at.program('busybox', '')
  const { status, stdout, stderr } = await reproduce(
    ...args,
    '--kernel',
    kernel,
    '--headers',
    headers,
  )
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/^kernel-sim: [^\n]+\n$/)
  expect(stderr).toContain(sentence)
})
