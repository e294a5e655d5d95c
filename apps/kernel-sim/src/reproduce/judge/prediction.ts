/** Prediction: what the model says of a cell, as far as a real kernel can be held to it. */

import { replay } from '@scopemask/checker/search'
import { InputError } from '../../input-error.js'
import type { Policy } from '../../kernel/policy.js'
import type { Relief } from '../../kernel/relief.js'
import type { Scenario } from '../../kernel/scenario.js'
import { lockdepOf } from '../../lockdep/lockdep-watch.js'
import type { Splat } from '../../lockdep/splat.js'
import type { Cell } from '../../matrix/cell.js'
import { type Dissolution, fatesOf } from '../../matrix/dissolution.js'
import { counterexample, subjectOf } from '../../matrix/subject.js'
import { sampledTokens } from '../executions.js'
import { type Stuck, stuckAfter } from '../stuck.js'

export interface Prediction {
  readonly scenario: string
  readonly policy: string
  readonly verdict: 'safe' | 'deadlock' | 'livelock'
  /** Why it goes wrong, in one sentence; empty where it does not. */
  readonly why: string
  /** The schedules that are followed, one round each. */
  readonly tokens: readonly string[]
  /** Who does not come to an end, where the schedule leads to that. */
  readonly stuck: readonly Stuck[]
  /** What dissolves it; undefined where there is nothing to dissolve. */
  readonly dissolution: Dissolution | undefined
  /** What lockdep reports in the model. */
  readonly lockdep: readonly Splat[]
}

/** How many executions of a safe cell are followed by default. */
export const EXECUTIONS = 8

export interface PredictionOptions {
  /** How many executions of a safe cell are followed. */
  readonly executions: number
  /** Makes them others. */
  readonly seed: number
}

/**
 * What was found of a cell: its counterexample is followed, or some executions where it is safe.
 * @throws InputError for a cell of which nothing was found.
 */
export function predictionOfCell(
  scenario: Scenario,
  policy: Policy,
  { result, inapplicable, fates, lockdep = [] }: Cell,
  options: PredictionOptions,
): Prediction {
  const cell = `${scenario.name} under ${policy.name}`
  if (result === undefined) {
    throw new InputError(
      `${cell}: the policy does not apply: ${inapplicable ?? 'it was not checked'}`,
    )
  }
  const { verdict, counterexample: found, search } = result
  if (verdict === 'bounded') {
    throw new InputError(
      `${cell}: the limit ${search.bound ?? 'of the search'} stopped the search, so that there is nothing to hold a kernel to; --token names a schedule`,
    )
  }
  const about = { scenario: scenario.name, policy: policy.name, lockdep }
  const subject = subjectOf(scenario, policy)
  if (found === null) {
    const tokens = sampledTokens(subject, options)
    return { ...about, verdict: 'safe', why: '', tokens, stuck: [], dissolution: undefined }
  }
  return {
    ...about,
    verdict: verdict === 'livelock' ? 'livelock' : 'deadlock',
    why: found.why,
    tokens: [found.token],
    stuck: stuckAfter(subject, found.token),
    dissolution: fates?.shown,
  }
}

/** What becomes of one schedule. @throws Misuse when the token does not fit. */
export function predictionOfToken(scenario: Scenario, policy: Policy, token: string): Prediction {
  const build = (relief: Relief | null) => subjectOf(scenario, policy, [], relief)
  const subject = build(null)
  const { steps } = replay(subject.machine, token)
  const found = counterexample(subject, token)
  const stuck = stuckAfter(build(null), token)
  const isWrong = stuck.length > 0
  return {
    scenario: scenario.name,
    policy: policy.name,
    verdict: !isWrong ? 'safe' : found.loop.length > 0 ? 'livelock' : 'deadlock',
    why: isWrong ? found.why : '',
    tokens: [token],
    stuck,
    dissolution: isWrong ? fatesOf(build, steps).shown : undefined,
    lockdep: lockdepOf(build(null).machine).splats,
  }
}
