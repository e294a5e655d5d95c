/** Commands: every subcommand of `kernel-sim`, one line each. A command defines itself on the program. */
import type { Command } from 'commander'
import { audit } from './audit.js'
import { check } from './check.js'
import { demo } from './demo.js'
import { explain } from './explain.js'
import { gfp } from './gfp.js'
import { record } from './record.js'
import { replay } from './replay.js'
import { replayMemoryCommand } from './replay-memory.js'
import { simulate } from './simulate.js'

export const COMMANDS: readonly ((program: Command) => void)[] = [
  demo,
  check,
  replay,
  audit,
  explain,
  gfp,
  record,
  replayMemoryCommand,
  simulate,
]
