/**
 * Commands: every subcommand of `kernel-sim`, one line each. A command defines itself on the program. Each is loaded on its
 * own, so that `gfp` need not wait until the checker and the simulator are read.
 */
import type { Command } from 'commander'

type Define = (program: Command) => void

export const COMMANDS: ReadonlyMap<string, () => Promise<Define>> = new Map([
  ['demo', async () => (await import('./demo.js')).demo],
  ['check', async () => (await import('./check.js')).check],
  ['replay', async () => (await import('./replay.js')).replay],
  ['audit', async () => (await import('./audit.js')).audit],
  ['explain', async () => (await import('./explain.js')).explain],
  ['gfp', async () => (await import('./gfp.js')).gfp],
  ['record', async () => (await import('./record.js')).record],
  ['replay-memory', async () => (await import('./replay-memory.js')).replayMemoryCommand],
  ['sweep', async () => (await import('./sweep.js')).sweep],
  ['reproduce', async () => (await import('./reproduce.js')).reproduce],
  ['worker', async () => (await import('./worker.js')).worker],
  ['simulate', async () => (await import('./simulate.js')).simulate],
])
