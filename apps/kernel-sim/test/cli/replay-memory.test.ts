import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { Trace } from '../audit/trace.js'
import { kernelSim } from './kernel-sim.js'

/** As others load it. */
const schema = createRequire(import.meta.url)(
  '@scopemask/kernel-sim/schemas/replay-memory.schema.json',
) as object
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema)

const NORMAL = 1 << 20
const alloc = (pfn: number, order = 0) =>
  new Trace().event('mm_page_alloc', { pfn, order, gfp: 0x8, mt: 1 }).text
const free = (pfn: number) => new Trace().event('mm_page_free', { pfn, order: 0 }).text

/** The kernel has a pair of pages left where the model has two that are no pair. */
const departing =
  alloc(NORMAL + 2) + alloc(NORMAL) + free(NORMAL + 2) + alloc(NORMAL + 2, 1) + free(NORMAL + 2)

describe('kernel-sim replay-memory', () => {
  it('--example replays the bundled recording, and serves all of it', async () => {
    const { status, stdout, stderr } = await kernelSim(['replay-memory', '--example'])
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toContain('17,347 allocations and 14,470 frees in zone Normal')
    expect(stdout).toContain('The model served all of them')
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100)
  })

  it('is shown in the README', async () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const [, args = '', shown = ''] =
      /\$ kernel-sim (replay-memory .*)\n([^`]*)```/.exec(readme) ?? expect.fail('it is not')
    const { stdout } = await kernelSim(args.split(' '))
    expect(stdout.startsWith(shown)).toBe(true)
  })

  it('--json follows its schema', async () => {
    const memory = fileURLToPath(new URL('../data/memory/memory.txt.gz', import.meta.url))
    for (const args of [['--example', '--samples', '3'], [memory], ['-']]) {
      const { stdout } = await kernelSim(['replay-memory', '--json', ...args], `${departing}junk\n`)
      const report: unknown = JSON.parse(stdout)
      expect(validate(report), JSON.stringify(validate.errors)).toBe(true)
    }
  })

  it('exits with 1 when the model could not serve what the kernel served', async () => {
    const { status, stdout } = await kernelSim(['replay-memory', '-'], departing)
    expect(status).toBe(1)
    expect(stdout).toContain('The model could not serve all of them: see below.')
    expect(stdout).toContain('1 allocation found no block: line 4 (order 1, 2 free)')
  })

  it('counts what it cannot read, and goes on', async () => {
    const damaged = `${alloc(NORMAL)}not an event\n${alloc(NORMAL + 1).slice(0, 40)}\n${free(NORMAL)}`
    const { status, stdout } = await kernelSim(['replay-memory', '-'], damaged)
    expect(status).toBe(0)
    expect(stdout).toContain('1 allocation and 1 free in zone Normal')
    expect(stdout).toMatch(/foreign +1 {2}line 2: not an event\n/)
    expect(stdout).toMatch(/truncated +1 {2}line 3: /)
  })

  it.each([
    [
      ['-'],
      new Trace().kmalloc().text,
      'standard input has no page events: record kmem:mm_page_alloc',
    ],
    [['-'], '', 'standard input is empty'],
    [[], '', 'no TRACE given. Try: kernel-sim replay-memory --example'],
    [['--example', '-'], '', 'give either --example or a TRACE, not both'],
    [['/nowhere'], '', '/nowhere cannot be read: there is no such file'],
    [['--example', '--samples', '0'], '', 'It takes a whole number from 1 to 999999.'],
  ])('says what is wrong with %j', async (args, input, message) => {
    const { status, stdout, stderr } = await kernelSim(['replay-memory', ...args], input)
    expect(stderr).toContain(message)
    expect([status, stdout]).toEqual([2, ''])
  })
})
