/**
 * Walk: a way through a scenario under one policy that somebody chooses step by step. It says what can happen next, what cannot and
 * why, and tells the whole way as a story.
 */
import { lookAround } from '@scopemask/checker'
import type { Machine, Watch } from '@scopemask/checker/machine'
import { Execution, replay, tokenOf, waiters } from '@scopemask/checker/search'
import type { Policy } from '../kernel/policy.js'
import type { Scenario } from '../kernel/scenario.js'
import { resultOf, type Story, storyOf } from './story.js'
import { type BuiltSubject, subjectOf } from './subject.js'
import type { Turn } from './turn.js'

/** A way, and how far along it somebody is. */
export interface Way {
  /** The steps of the whole way, as a token such as a counterexample has; empty for a way without steps. */
  readonly token: string
  /** How many of its steps were taken, from 0. */
  readonly at: number
}

/** A step that can happen next. */
export interface Move {
  readonly task: number
  readonly operation: string
  /** What comes of it, where that is open: there is a move for each turn. */
  readonly result: string
  /** True for the step with which the way goes on. */
  readonly onTheWay: boolean
}

/** A task that is under way and cannot do its next step. */
export interface Blockade {
  readonly task: number
  /** The step that is not enabled. */
  readonly operation: string
  /** What it waits for, in words. */
  readonly what: string
  /** The tasks that could end the wait. */
  readonly for: readonly number[]
}

export interface Walk {
  readonly scenario: string
  readonly policy: string
  readonly way: Way
  /** The steps that were taken, as a token. */
  readonly taken: string
  /** `going`: something can happen; `ended`: all tasks are done or at rest; `deadlock`: neither. */
  readonly standing: 'going' | 'ended' | 'deadlock'
  /** The tasks, by number: the procedures that each is in, innermost first. Empty for one that is done. */
  readonly stacks: readonly (readonly string[])[]
  /** What can happen next; a move is taken by its place in the list. */
  readonly moves: readonly Move[]
  readonly blocked: readonly Blockade[]
  /** The story of the whole way. */
  readonly story: Story
}

/** What is walked through: a scenario under a policy, and what stops code that does not come to its next step. */
export interface Terrain {
  readonly scenario: Scenario
  readonly policy: Policy
  readonly watch?: Watch | undefined
}

/**
 * Stands on a way, or one move further.
 * @param take the place of a move in the list that the walk has there. One that leaves the way ends the way there.
 * @throws Misuse when the scenario breaks a rule, or the token is not one of it.
 * @throws RangeError when the way has fewer steps than `at`, or there is no such move.
 */
export function walkOf(terrain: Terrain, { token, at }: Way, take?: number): Walk {
  const turns = token === '' ? [] : turnsOf(replay(built(terrain).machine, token))
  if (!Number.isInteger(at) || at < 0 || at > turns.length) {
    throw new RangeError(`step ${at} is not on the way: it has ${turns.length} steps`)
  }
  const here = { token, at, turns }
  return standing(terrain, take === undefined ? here : onwards(terrain, here, take))
}

/** A way with its turns; its token is empty when it is still to be made. */
interface KnownWay extends Way {
  readonly turns: readonly Turn[]
}

/** The way after a move. */
function onwards(terrain: Terrain, { token, at, turns }: KnownWay, take: number): KnownWay {
  const machine = built(terrain).machine
  const execution = along(machine, turns.slice(0, at))
  const moves = machine.tasks.flatMap(({ index: task }) =>
    execution.possible(task).map((outcome) => ({ task, outcome })),
  )
  const move = moves[take]
  if (move === undefined)
    throw new RangeError(`there is no move ${take}: there are ${moves.length}`)
  return isSame(move, turns[at])
    ? { token, at: at + 1, turns }
    : { token: '', at: at + 1, turns: [...turns.slice(0, at), move] }
}

function standing(terrain: Terrain, way: KnownWay): Walk {
  const { machine } = built(terrain)
  const { steps } = along(machine, way.turns)
  const execution = along(machine, way.turns.slice(0, way.at))
  const moves = movesFrom(execution, way.turns[way.at])
  const isSettled = machine.tasks.every(({ index }) => execution.rests(index))
  return {
    scenario: terrain.scenario.name,
    policy: terrain.policy.name,
    way: { token: way.token === '' ? tokenOf(machine, steps) : way.token, at: way.at },
    taken: tokenOf(machine, execution.steps),
    standing: moves.length > 0 ? 'going' : isSettled ? 'ended' : 'deadlock',
    stacks: machine.tasks.map(({ index }) => execution.stack(index).map(({ name }) => name)),
    moves,
    blocked: waiters(execution)
      .filter(({ blocked }) => blocked)
      .map(({ task, what, for: enders }) => ({
        task,
        what,
        for: enders,
        operation: `${execution.next(task)}`,
      })),
    story: storyOf(built(terrain), way.turns),
  }
}

function movesFrom(execution: Execution, ahead: Turn | undefined): Move[] {
  const { machine } = execution
  return machine.tasks.flatMap(({ index: task }) =>
    execution.turns(task).map(({ outcome, result }): Move => {
      const operation = execution.next(task)
      return {
        task,
        operation: `${operation}`,
        result: operation === null ? '' : resultOf(machine, operation, result),
        onTheWay: isSame({ task, outcome }, ahead),
      }
    }),
  )
}

function isSame({ task, outcome }: Turn, other: Turn | undefined): boolean {
  return task === other?.task && outcome === other.outcome
}

/** An execution that has taken these turns. */
function along(machine: Machine, turns: readonly Turn[]): Execution {
  const execution = new Execution(machine, lookAround(machine))
  for (const { task, outcome } of turns) execution.step(task, outcome)
  return execution
}

function built({ scenario, policy, watch }: Terrain): BuiltSubject {
  const subject = subjectOf(scenario, policy)
  subject.machine.watch = watch ?? null
  return subject
}

function turnsOf({ steps }: Execution): Turn[] {
  return steps.map(({ task, outcome }) => ({ task, outcome }))
}
