/**
 * Endurance: a simulated machine for 10^8 events, in which everything has to add up each virtual second. It takes some minutes.
 *
 *   node endurance.mjs [EVENTS]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const work = mkdtempSync(join(tmpdir(), 'kernel-sim-endurance-'))
try {
  const outfile = join(work, 'endurance.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('endurance.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
  })
  execFileSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' })
} finally {
  rmSync(work, { recursive: true })
}
