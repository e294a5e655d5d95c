/** Hold against: runs the plans that a real kernel was measured with, and holds their figures against the recorded ones. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { diskReason } from '../disk.js'
import { InputError } from '../input-error.js'
import { type HeldConfig, type HeldFigure, judge } from '../simulate/held/judge.js'
import { type RecordedConfig, readRecorded } from '../simulate/held/recorded.js'
import { plainMachine } from '../simulate/machines/plain.js'
import { factsOf } from '../simulate/measure/facts.js'
import { parsePlan } from '../simulate/plan/plan.js'
import { isProgram } from '../simulate/plan/programs.js'
import { planned } from '../simulate/plan/run-plan.js'
import type { Progress } from './progress.js'

/** What is held. */
export interface Held {
  /** The file of records; true for those that come along. */
  readonly file: string | true
  /** Only configurations whose names begin with this. */
  readonly config: string
  /** How many seeds of each. */
  readonly runs: number
}

/** @throws InputError when the file cannot be read, or has no such configuration */
export async function holdAgainst(
  { file, config: wanted, runs }: Held,
  progress: Progress,
): Promise<readonly HeldFigure[]> {
  const configs = await recorded(file)
  const chosen = configs.filter(({ name }) => name.startsWith(wanted))
  if (chosen.length === 0) {
    throw new InputError(
      `no configuration begins with ${wanted}; there are ${configs.map(({ name }) => name).join(', ')}`,
    )
  }
  const all = chosen.map((config): HeldConfig => {
    const plan = parsePlan(config.plan, `the plan of ${config.name}`)
    // What cannot be simulated yet is out, figure by figure.
    if (!plan.processes.every(({ type }) => isProgram(type))) return { recorded: config, runs: [] }
    const facts = Array.from({ length: runs }, (_, run) => {
      progress.say(() => `${config.name}, seed ${plan.seed + run}`)
      const simulation = planned(plan, plainMachine(config.ram), { seed: plan.seed + run })
      simulation.run()
      return factsOf(simulation)
    })
    return { recorded: config, runs: facts }
  })
  progress.done()
  return judge(all)
}

async function recorded(file: string | true): Promise<readonly RecordedConfig[]> {
  if (file !== true) return readRecorded(await textOf(file), file)
  const path = fileURLToPath(new URL('../examples/real-6.1.json', import.meta.url))
  return readRecorded(await textOf(path), 'real-6.1.json, which comes with kernel-sim')
}

/** The text of a file. @throws InputError when it cannot be read */
export async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    throw new InputError(`${path} cannot be read: ${diskReason(thrown)}`)
  }
}
