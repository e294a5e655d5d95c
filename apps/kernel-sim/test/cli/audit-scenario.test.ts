import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { GFP_KERNEL, GFP_NOFS, NOFS, NOIO, Trace } from '../audit/trace.js'
import { kernelSim } from './kernel-sim.js'

const directory = mkdtempSync(join(tmpdir(), 'kernel-sim-scenario-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** The verdicts of `check` on a file, by policy. */
async function verdicts(file: string): Promise<Record<string, string>> {
  const { stdout, stderr, status } = await kernelSim(['check', file])
  expect(stderr).toBe('')
  expect(status).not.toBe(2)
  const found = stdout.matchAll(/^\S+ under (\S+): (safe|deadlock|livelock|bounded)/gm)
  return Object.fromEntries([...found].map(([, policy, verdict]) => [policy, verdict]))
}

/** Audits a recording and returns the scenario made of it, in a file. */
async function scenarioOf(name: string, text: string): Promise<string> {
  const file = join(directory, name)
  const { status, stderr } = await kernelSim(['audit', '-', '--scenario', file], text)
  expect(stderr).toMatch(/The scenario is in .*\. Try: kernel-sim check /)
  expect(status).toBe(0)
  return file
}

interface Lost {
  readonly fn?: string
  readonly scope?: number
  readonly gfp?: number
  readonly worker?: number
  readonly waits?: boolean
  readonly queuer?: string
}

/** A work item that loses its scope. */
function losing(lost: Lost = {}, trace = new Trace()): Trace {
  const { fn = 'lost_work', scope = NOFS, gfp = GFP_KERNEL, worker = 0, waits = false } = lost
  const { queuer = 'user' } = lost
  trace.queue('0x1', fn, { fl: scope, st: `queue_work_on+1;${queuer}+5;syscall+6` })
  if (waits) {
    trace.event('sched_switch', {
      fl: scope,
      prev_state: 2,
      st: `flush_work+2;${queuer}+7;syscall+6`,
    })
  }
  return trace
    .start('0x1', fn)
    .kmalloc({ pid: 7, fl: worker, gfp, st: `__kmalloc_noprof+1;grow+2;${fn}+3` })
    .end('0x1', fn)
}

describe('audit --scenario', () => {
  it('makes of the recorded lost scope a model that check runs, and that deadlocks once somebody waits', async () => {
    const file = join(directory, 'recorded.ts')
    const audit = await kernelSim(['audit', '--example', '--scenario', file])
    expect(audit.status).toBe(0)
    expect(audit.stdout).toContain('rht_deferred_worker lost the scope')
    const source = readFileSync(file, 'utf8')
    expect(source).toContain('//   xfs_trans_get_buf_map\n')
    expect(source).toContain('//   bucket_table_alloc.isra.0\n')
    expect(source).toContain("kernel.task('xfs_buf_get_map'")
    expect(Object.values(await verdicts(file))).toEqual(Array(7).fill('safe'))
    const waiting = join(directory, 'waiting.ts')
    writeFileSync(waiting, source.replace('const WAITS = false', 'const WAITS = true'))
    expect(await verdicts(waiting)).toMatchObject({
      unrestricted: 'deadlock',
      scope: 'deadlock',
      'convey-on-queue': 'safe',
      'callee-scope': 'safe',
    })
  })

  it('waits where the recording shows a wait', async () => {
    const file = await scenarioOf('waited.ts', losing({ waits: true }).text)
    expect(readFileSync(file, 'utf8')).toContain(
      'shows 1 wait inside the scope.\nconst WAITS = true',
    )
    expect(await verdicts(file)).toMatchObject({ scope: 'deadlock', 'convey-on-queue': 'safe' })
  })

  it('has the scopes and flags that were recorded', async () => {
    const lost = losing({ scope: NOIO, gfp: GFP_NOFS, worker: NOFS, waits: true })
    const file = await scenarioOf('noio.mjs', lost.text)
    const source = readFileSync(file, 'utf8')
    expect(source).toContain(
      'import { __GFP_IO, GFP_NOFS, PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO, scenario } from',
    )
    expect(source).toContain('kernel.scopes.section(PF_MEMALLOC_NOIO, ')
    expect(source).toContain('kernel.scopes.section(PF_MEMALLOC_NOFS, ')
    expect(source).toContain('kernel.kmalloc(GFP_NOFS)')
    expect(await verdicts(file)).toMatchObject({ scope: 'deadlock', 'convey-on-queue': 'safe' })
  })

  it('takes delayed work too', async () => {
    const delayed = new Trace()
      .arm('0x1', { fl: NOFS })
      .queue('0x1', 'lost_work', { pid: -1, st: undefined })
      .start('0x1', 'lost_work')
      .kmalloc({ pid: 7 })
      .end('0x1', 'lost_work')
    const file = await scenarioOf('delayed.ts', delayed.text)
    expect(readFileSync(file, 'utf8')).toContain('// Armed, here without the delay (1 time')
    expect(await verdicts(file)).toMatchObject({ scope: 'safe' })
  })

  it('keeps hostile names where they can do nothing', async () => {
    const fn = "*/ '\\\n\u2028')\nprocess.exit(3) //`$"
    const file = await scenarioOf('hostile.ts', losing({ fn, queuer: fn, waits: true }).text)
    expect(await verdicts(file)).toMatchObject({ scope: 'deadlock' })
  })

  it('models what was waited for first, or the work function that is named', async () => {
    const trace = losing({ fn: 'often' })
    losing({ fn: 'often' }, trace)
    losing({ fn: 'waited_for.isra.0', waits: true }, trace)
    const print = (...args: string[]) =>
      kernelSim(['audit', '-', '--scenario', '-', ...args], trace.text)
    expect((await print()).stdout).toContain("name: 'waited-for'")
    expect((await print('--work', 'often')).stdout).toContain("name: 'often'")
    expect((await print('--work', 'waited_for')).stdout).toMatch(/^\/\/ A scope lost/)
    const none = await print('--work', 'never')
    expect(none.status).toBe(2)
    expect(none.stderr).toBe(
      'kernel-sim: never was not seen to lose a scope; these were: often, waited_for.isra.0\n',
    )
  })

  it('says when there is nothing to model, and overwrites nothing', async () => {
    const nothing = await kernelSim(['audit', '-', '--scenario', '-'], new Trace().kmalloc().text)
    expect(nothing).toMatchObject({ status: 2, stdout: '' })
    expect(nothing.stderr).toMatch(/no work item was seen to lose a scope/)
    const there = join(directory, 'there.ts')
    writeFileSync(there, 'mine')
    const refused = await kernelSim(['audit', '--example', '--scenario', there])
    expect(refused).toMatchObject({ status: 2, stdout: '' })
    expect(refused.stderr).toMatch(/is there already/)
    expect(readFileSync(there, 'utf8')).toBe('mine')
    const nowhere = await kernelSim(['audit', '-', '--scenario', '/no/such/x.ts'], losing().text)
    expect(nowhere.status).toBe(2)
    expect(nowhere.stderr).toMatch(/^kernel-sim: \/no\/such\/x\.ts cannot be written: /)
  })
})
