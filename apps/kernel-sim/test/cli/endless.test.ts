/** Code of a scenario that loops without a step: limits of time hold, and Ctrl-C writes the checkpoint. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, kernelSim, kernelSimProcess } from './kernel-sim.js'

let folder = ''
let search: string[] = []
let patient: string[] = []
const marker = () => join(folder, 'loops')

/** A scenario that does not come to its next step, and does this meanwhile. */
function endless(doing: string): string {
  return `import { writeFileSync } from 'node:fs'
import { scenario } from '@scopemask/kernel-sim'
export default scenario({
  name: 'endless',
  summary: 'a task that loops without a step',
  build(kernel) {
    const lock = kernel.mutex('lock')
    kernel.task('task', function* () {
      yield* lock.lock()
      writeFileSync(${JSON.stringify(marker())}, '')
      for (;;) ${doing}
    })
  },
})
`
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kernel-sim-endless-'))
  const put = (name: string, doing: string) => {
    writeFileSync(join(folder, name), endless(doing))
    return ['check', join(folder, name), '--policy', 'scope']
  }
  search = put('endless.mjs', '{}')
  // Nobody has set a limit: to spin until it is stopped would take seconds of a processor.
  patient = put('patient.mjs', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)')
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a scenario that loops without a step', () => {
  it('does not go beyond --max-seconds', async () => {
    const { status, stdout } = await kernelSim([...search, '--max-seconds', '0.5'])
    expect(stdout).toMatch(/^endless under scope: bounded: the limit maxSeconds stopped the search/)
    expect(status).toBe(1)
  })

  it('is named where nobody has set a limit, also by threads and in a sample', async () => {
    const message = /task does not come to its next step: does it loop without yield\*\?/
    const ways = [[], ['--workers', '2', '--fair'], ['--sample', '1']]
    for (const { status, stderr } of await Promise.all(
      ways.map((more) => kernelSimProcess([...patient, ...more])),
    )) {
      expect(stderr).toMatch(message)
      expect(stderr).not.toMatch(/\n {4}at /)
      expect(status).toBe(2)
    }
  })

  it('is stopped by Ctrl-C, and leaves a checkpoint', async () => {
    rmSync(marker(), { force: true })
    const file = join(folder, 'checkpoint')
    const child = spawn(process.execPath, [BIN, ...search, '--checkpoint', file])
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    // Once, and as soon as the code loops.
    const poll = setInterval(() => {
      if (!existsSync(marker())) return
      clearInterval(poll)
      child.kill('SIGINT')
    }, 20)
    const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)))
    clearInterval(poll)
    expect(signal).toBe('SIGINT')
    expect(stderr).toMatch(/stopped; the same command goes on from/)
    expect(existsSync(file)).toBe(true)
  })
})
