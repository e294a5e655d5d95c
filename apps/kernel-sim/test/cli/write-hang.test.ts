/** What hangs on a machine is written as a scenario with its schedule: replay plays it again, and check finds it. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { kernelSim } from './kernel-sim.js'

const folder = mkdtempSync(join(tmpdir(), 'write-hang-'))
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
mkdirSync(join(folder, 'lib'))
write(
  'lib/own.ts',
  `import { __GFP_FS, GFP_KERNEL, PF_MEMALLOC_NOFS, scenario } from '@scopemask/kernel-sim'

export default scenario({
  name: 'own-lock',
  summary: 'reclaim takes the lock that is held',
  parameters: { lock: ['other', "log's"], writers: [2, 1] },
  build(kernel, { lock, writers }) {
    const log = kernel.mutex('log lock')
    const taken = lock === 'other' ? kernel.mutex('other lock') : log
    kernel.shrinker('shrink', __GFP_FS, function* () {
      yield* taken.lock()
      yield* taken.unlock()
    })
    for (let i = 0; i < writers; i++) {
      kernel.task('writer ' + i, function* () {
        yield* log.lock()
        yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
          yield* kernel.kmalloc(GFP_KERNEL)
        })
        yield* log.unlock()
      })
    }
  },
})
`,
)
const tight = (scenario: string): string => `memory: 128 MiB
seconds: 2
workloads:
  cache: { type: read, size: 100 MiB }
  hog: { type: burst, size: 80 MiB, period: 300 ms, start: 200 ms }
scenario: ${scenario}
`

it('tasks of a file, with the values of their parameters', async () => {
  const machine = write('own.yaml', tight('lib/own.ts'))
  const file = join(folder, 'hang.ts')
  const options = ['--policy', 'unrestricted', '--set', "lock=log's", '--set', 'writers=1']
  const { stdout, stderr, status } = await kernelSim([
    ...['simulate', machine, ...options, '--write-scenario', file],
  ])
  expect(stderr).toBe(`What hung is in ${file}. Try: kernel-sim replay ${file}\n`)
  expect(status).toBe(0)
  // The report names the scenario by its file, and with its values.
  expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
    /tasks of own-lock hang: .* kernel-sim replay \S*lib\/own\.ts unrestricted \S+ --set 'lock=log'\\''s' --set writers=1 shows/,
  )
  const source = readFileSync(file, 'utf8')
  expect(source).toContain("import original from './lib/own.ts'")
  const replayed = await kernelSim(['replay', file])
  expect(replayed.status).toBe(0)
  expect(source).toContain(
    replayed.stdout
      .trimEnd()
      .replaceAll(/^(?=.)/gm, '// ')
      .split('\n')[0],
  )
  expect(replayed.stdout).toMatch(/Circle: writer 0 -> writer 0/)
  const checked = await kernelSim(['check', file, '--policy', 'unrestricted'])
  expect(checked.stdout).toMatch(/^own-lock-hang with lock=log's, writers=1 .*: deadlock after/)
  expect((await kernelSim(['check', file, '--policy', 'scope'])).stdout).toMatch(/: safe in all/)
  const again = await kernelSim(['simulate', machine, '--write-scenario', file])
  expect(again.stderr).toContain('is there already: remove it, or choose another name')
  expect(again.status).toBe(2)
}, 30_000)

it('tasks of a scenario that comes along', async () => {
  const file = join(folder, 'handle.ts')
  const machine = write('handle.yaml', tight('journal-handle'))
  await kernelSim(['simulate', machine, '--policy', 'unrestricted', '--write-scenario', file])
  const { stdout } = await kernelSim(['replay', file])
  expect(stdout).toMatch(/Circle: kjournald2 -> ext4_write -> kjournald2/)
}, 30_000)

it('a program that reclaims in vain, since the OOM killer is refused to it', async () => {
  const machine = write(
    'vain.yaml',
    `memory: 128 MiB
seconds: 2
workloads:
  hog: { type: hog, size: 90 MiB, pace: 1 ms }
`,
  )
  const file = join(folder, 'vain.ts')
  await kernelSim(['simulate', machine, '--policy', 'nofs', '--write-scenario', file])
  const { stdout } = await kernelSim(['replay', file])
  expect(stdout).toMatch(/^Why: hog tries again to allocate for ever/)
  const checked = await kernelSim(['check', file])
  expect(checked.stdout).toMatch(/kill-refused under unrestricted: safe/)
  expect(checked.stdout).toMatch(/kill-refused under scope: livelock/)
}, 30_000)

it('what cannot be written has a sentence, and so has a schedule that is not there', async () => {
  const machine = write(
    'stands.yaml',
    `memory: 128 MiB
seconds: 7
workloads:
  reader: { type: read, size: 1 GiB }
faults:
  - { type: disk-stall, at: 1 s, for: 60 s }
`,
  )
  const file = join(folder, 'none.ts')
  const { stderr, status } = await kernelSim(['simulate', machine, '--write-scenario', file])
  expect(status).toBe(0)
  expect(stderr).toBe(
    `${file} was not written: who gets nowhere here waits for a disk, or for threads of the machine, which are no part of a scenario.\n`,
  )
  const bundled = await kernelSim(['replay', 'cil-push'])
  expect(bundled.stderr).toContain('cil-push comes without a schedule: say which')
  const half = await kernelSim(['replay', 'cil-push', 'scope'])
  expect(half.stderr).toContain('there is no TOKEN behind scope: give both, or neither')
}, 30_000)
