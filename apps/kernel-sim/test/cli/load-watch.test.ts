/** A file of the user's that does not come to the end of being loaded: one sentence, and an end. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { kernelSimProcess } from './kernel-sim.js'

const folder = mkdtempSync(join(tmpdir(), 'kernel-sim-load-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('names a file that awaits what never comes', async () => {
  const file = join(folder, 'waits.ts')
  writeFileSync(file, 'await new Promise(() => {})\n')
  const { status, stderr } = await kernelSimProcess(['check', file])
  expect(stderr).toBe(
    `kernel-sim: ${file} cannot be loaded: it awaits something that never comes\n`,
  )
  expect(status).toBe(2)
})

it('names a file that loops, and ends it, before and after it has awaited something', async () => {
  const source = fileURLToPath(new URL('../../src/cli/load-watch.ts', import.meta.url))
  const program = join(folder, 'program.mjs')
  writeFileSync(
    program,
    `import { createJiti } from ${JSON.stringify(import.meta.resolve('jiti'))}
const { watchedLoad } = await createJiti(import.meta.url, { fsCache: false }).import(${JSON.stringify(source)})
const loads = [
  async () => { for (;;); },
  async () => { await null; for (;;); },
  async () => 'loaded',
]
for (const load of loads) {
  try {
    console.log(await watchedLoad('file.ts', load, 300))
  } catch (thrown) {
    console.log(thrown.message)
  }
}
`,
  )
  const child = spawn(process.execPath, [program])
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  await new Promise((resolve) => child.on('close', resolve))
  const looped =
    'file.ts cannot be loaded: its code does not come to its end within 0.3 s: does it loop?\n'
  expect(stdout).toBe(`${looped}${looped}loaded\n`)
})
