import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kernelSim } from './kernel-sim.js'

const schema = new URL('../../schemas/check.schema.json', import.meta.url)
const validate = new Ajv({ strict: true }).compile(JSON.parse(readFileSync(schema, 'utf8')))

/** Two writers take their two locks in opposite order; one alone cannot deadlock. */
const WRITERS = `import { scenario } from '@scopemask/kernel-sim'
export default scenario({
  name: 'writers',
  summary: 'writers take two locks',
  parameters: { writers: [1, 2, 3], pause: ['no', 'a while'] },
  build(kernel, { writers, pause }) {
    const locks = [kernel.mutex('a'), kernel.mutex('b')]
    for (let i = 0; i < writers; i++) {
      kernel.task('writer ' + i, function* () {
        if (pause !== 'no') yield* locks[0].lock(), yield* locks[0].unlock()
        yield* locks[i % 2].lock()
        yield* locks[1 - (i % 2)].lock()
        yield* locks[1 - (i % 2)].unlock()
        yield* locks[i % 2].unlock()
      })
    }
  },
})
`

describe('--set', () => {
  let folder = ''
  let file = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kernel-sim-set-'))
    file = join(folder, 'writers.mjs')
    writeFileSync(file, WRITERS)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const check = (...args: string[]) => kernelSim(['check', file, '--policy', 'scope', ...args])

  it('builds a scenario with other values, also in threads, and says with which', async () => {
    const one = await check()
    expect(one.stdout).toMatch(/^writers with writers=1, pause=no under scope: safe/)
    expect(one.status).toBe(0)
    const two = await check('--set', 'writers=2', '--set', 'pause=a while')
    expect(two.stdout).toMatch(/^writers with writers=2, pause=a while under scope: deadlock/)
    expect(await check('--set', 'writers=2', '--set', 'pause=a while', '--workers', '2')).toEqual(
      two,
    )
    // Under all policies: then each thread builds it for cells of its own.
    const all = ['check', file, '--set', 'writers=2', '--json']
    const cells = await kernelSim(all)
    expect(JSON.parse(cells.stdout).scenarios[0].cells).toHaveLength(7)
    expect(await kernelSim([...all, '--workers', '2'])).toEqual(cells)
    const { stdout } = await check('--set', 'writers=2', '--json')
    expect(validate(JSON.parse(stdout))).toBe(true)
    expect(JSON.parse(stdout).scenarios[0].parameters).toEqual({ writers: 2, pause: 'no' })
    const page = (await check('--set', 'writers=2', '--html')).stdout
    expect(page).toContain('--set writers=2 --set pause=no')
  })

  it('belongs to a token, which says so when it is replayed without', async () => {
    const { stdout } = await check('--set', 'writers=2')
    const token = /Token: (\S+)/.exec(stdout)?.[1] ?? ''
    const replay = (...args: string[]) => kernelSim(['replay', file, 'scope', token, ...args])
    expect((await replay('--set', 'writers=2')).stdout).toContain('Circle:')
    expect(await replay('--set', 'writers=3')).toMatchObject({
      status: 2,
      stderr:
        'kernel-sim: the token is of writers=2, pause=no, and the parameters were writers=3, pause=no: replay it with --set writers=2 --set pause=no\n',
    })
    const other = await kernelSim(['replay', file, 'scope', `0${token}`])
    expect(other.stderr).toMatch(
      /does not fit this model.*\(the parameters were writers=1, pause=no\)/,
    )
  })

  it.each([
    [['writers=7'], 'writers cannot be set: writers takes 1, 2, 3; 7 is not one of them'],
    [['readers=1'], 'there is no parameter readers; it has writers, pause'],
    [['writers'], 'It takes a name and a value, such as writers=2.'],
    [['writers=1', 'writers=2'], 'writers is set twice.'],
  ])('%j is refused in one sentence', async (given, sentence) => {
    const { status, stderr } = await check(...given.flatMap((each) => ['--set', each]))
    expect(stderr).toContain(sentence)
    expect(status).toBe(2)
  })

  it('needs a scenario', async () => {
    expect((await kernelSim(['check', '--set', 'a=1'])).stderr).toContain('--set needs a SCENARIO')
    expect((await kernelSim(['simulate', '--set', 'a=1'])).stderr).toContain(
      'journal-handle cannot be set: there is no parameter a; it takes none',
    )
    const bundled = await kernelSim(['check', 'cil-push', '--set', 'a=1'])
    expect(bundled.stderr).toBe(
      'kernel-sim: cil-push cannot be set: there is no parameter a; it takes none\n',
    )
  })
})
