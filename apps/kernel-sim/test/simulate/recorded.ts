/** Recorded: runs the plans that a real kernel was measured with. */
import { readFileSync } from 'node:fs'
import { type RecordedConfig, readRecorded } from '../../src/simulate/held/recorded.js'
import { plainMachine } from '../../src/simulate/machines/plain.js'
import { parsePlan } from '../../src/simulate/plan/plan.js'
import { planned } from '../../src/simulate/plan/run-plan.js'
import type { Simulation } from '../../src/simulate/simulation.js'

const FILE = new URL('../../examples/real-6.1.json', import.meta.url)
const CONFIGS = readRecorded(readFileSync(FILE, 'utf8'), 'real-6.1.json')

export function recorded(name: string): RecordedConfig {
  const config = CONFIGS.find((each) => each.name === name)
  if (config === undefined) throw new Error(`nothing was recorded of ${name}`)
  return config
}

/** The simulation of a recorded plan, ready to run. */
export function simulated(name: string, seed = 1): Simulation {
  const { plan, ram } = recorded(name)
  return planned(parsePlan(plan), plainMachine(ram), { seed })
}
