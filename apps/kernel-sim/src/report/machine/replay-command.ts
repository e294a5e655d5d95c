/** Replay command: how to see a hang again. */
import type { Hang } from '../../simulate/scenario-run.js'
import { setOptions } from '../check/titled.js'

/** @param named how a command names the scenario: its file, where it is from one */
export function replayCommand({ scenario, policy, token, values }: Hang, named = scenario): string {
  return `kernel-sim replay ${named} ${policy} ${token}${setOptions(values)}`
}
