/**
 * Judge: holds what a machine printed against what the model says. A deadlock counts where those who are stuck in the model sleep
 * uninterruptibly on the kernel and are never switched to, as the module, /proc and khungtaskd say; that nothing went wrong counts
 * only in rounds in which each allocation under pressure was seen in reclaim.
 */
import type { ConsoleReading } from '../console/console.js'
import type { LineOf } from '../protocol.js'
import type { Stuck } from '../stuck.js'
import type { Prediction } from './prediction.js'
import { type JudgedRound, of, roundsOf } from './round.js'

/** What it came to on the kernel. `stalled`: nobody sleeps or runs, and somebody has not begun. */
export type Outcome = LineOf<'verdict'>['verdict']

/** What has dissolved it; `done` where there was nothing to dissolve. */
export type Dissolved = LineOf<'verdict'>['dissolves']

/** Somebody who does not come to an end, in the model or on the kernel. */
export interface JudgedTask {
  /** The actor's name, or the task's where the model has one that is no actor. */
  readonly name: string
  /** In the model; undefined where it comes to its end there. */
  readonly model: Stuck | undefined
  /** What the module says of it; undefined where it has come to its end, or was never there. */
  readonly is: LineOf<'state'>['is'] | undefined
  /** What it does in the kernel. */
  readonly does: string
  readonly pid: number | undefined
  /** It still sleeps when all is given back. */
  readonly asleep: boolean
  /** Its stack: that in /proc where it still sleeps, else what the kernel printed when it hung. */
  readonly stack: readonly string[]
  /** For how many seconds it hung, as khungtaskd says. */
  readonly hung: number | undefined
}

export interface Judgement {
  readonly kernel: string
  readonly outcome: Outcome
  readonly dissolved: Dissolved
  /** Names, by the numbers of turns. */
  readonly actors: readonly string[]
  readonly rounds: readonly JudgedRound[]
  /** Rounds that show something. */
  readonly counted: number
  /** Turns and results that were compared with the model's. */
  readonly compared: number
  readonly tasks: readonly JudgedTask[]
  /** Why the run shows nothing; empty where it shows something. */
  readonly unshown: readonly string[]
  /** Where the kernel and the model differ. */
  readonly differs: readonly string[]
  /** `agrees`: it shows something, and nothing differs. */
  readonly result: 'agrees' | 'differs' | 'shows nothing'
}

/** Why a machine came to no judgement; undefined where it did. One sentence, for who has to do something about it. */
export function failureOf(
  { kernel, insmod, lines, panic, complete, last }: ConsoleReading,
  { seconds, timedOut }: { readonly seconds: number; readonly timedOut: boolean },
): string | undefined {
  const said =
    last === '' ? 'it printed nothing' : `the last that it printed is: ${last.slice(0, 200)}`
  if (panic !== undefined) return `the kernel panicked: ${panic}`
  if (kernel === undefined) return `the kernel does not boot in this machine: ${said}`
  if (insmod === undefined) {
    return timedOut
      ? `the machine was not done after ${seconds} s, --seconds gives it more: ${said}`
      : `the machine ended before the module was done: ${said}`
  }
  if (insmod !== 0) return `the kernel does not load the module: ${said}`
  if (of(lines, 'verdict').length === 0 || !complete) {
    return `the machine ended before it had said all: ${said}`
  }
  return undefined
}

/** @throws RangeError for a reading that {@link failureOf} has something to say of. */
export function judge(prediction: Prediction, reading: ConsoleReading): Judgement {
  const { lines, kernel } = reading
  const [verdict] = of(lines, 'verdict')
  if (verdict === undefined || kernel === undefined) throw new RangeError('no verdict was printed')
  const actors = of(lines, 'actor')
  const nameOf = (actor: number): string =>
    actors.find((each) => each.actor === actor)?.name ?? `actor ${actor}`
  const rounds = roundsOf(lines, nameOf)
  const last = rounds.at(-1)
  const shown = rounds.filter(({ unshown, over }) => unshown.length === 0 && over !== null)
  const outcome = verdict.verdict
  const dissolved = verdict.dissolves
  const tasks =
    last === undefined || outcome === 'done' ? [] : tasksOf(prediction, last, { reading, nameOf })
  const unshown = shown.length === 0 ? [...new Set(rounds.flatMap((round) => round.unshown))] : []
  const differs = [
    ...verdictDifference(prediction, outcome),
    ...(outcome === 'deadlock' && prediction.verdict === 'deadlock'
      ? tasks.flatMap((task) => sleepDifference(task, isBoundToStay(task, prediction), dissolved))
      : []),
    ...(outcome !== 'done' && EXPECTED[prediction.verdict] === outcome
      ? fateDifference(prediction, dissolved)
      : []),
    ...new Set(shown.flatMap((round) => round.differs)),
    ...of(lines, 'damaged').map(({ text }) => `a line of the module is damaged: ${text}`),
  ]
  const nothing = shown.length === 0
  return {
    kernel,
    outcome,
    dissolved,
    actors: actors.map(({ name }) => name),
    rounds,
    counted: shown.length,
    compared: shown
      .flatMap(({ turns }) => turns)
      .reduce(
        (sum, { results }) => sum + 1 + results.filter(({ expected }) => expected >= 0).length,
        0,
      ),
    tasks,
    unshown: nothing && unshown.length === 0 ? ['no round came to its end'] : unshown,
    differs,
    result: nothing ? 'shows nothing' : differs.length > 0 ? 'differs' : 'agrees',
  }
}

const EXPECTED = { safe: 'done', deadlock: 'deadlock', livelock: 'livelock' } as const

function verdictDifference({ verdict }: Prediction, outcome: Outcome): string[] {
  if (EXPECTED[verdict] === outcome) return []
  return [`the model says ${verdict}, and on the kernel it is ${outcome}`]
}

interface Seen {
  readonly reading: ConsoleReading
  readonly nameOf: (actor: number) => string
}

/** Those who are stuck in the model, and those who are on the kernel. */
function tasksOf(
  { stuck }: Prediction,
  round: JudgedRound,
  { reading, nameOf }: Seen,
): JudgedTask[] {
  const actors = new Set([
    ...stuck.flatMap(({ actor }) => (actor === null ? [] : [actor])),
    ...round.states.map(({ actor }) => actor),
    ...round.hung.map(({ actor }) => actor),
  ])
  return [...actors].map((actor) => {
    const state = round.states.find((each) => each.actor === actor)
    const hung = round.hung.find((each) => each.actor === actor)
    const sleeper = reading.sleepers.find(({ pid }) => pid === hung?.pid)
    const reported = reading.reports
      .flatMap(({ tasks }) => tasks)
      .find(({ pid }) => pid !== undefined && pid === hung?.pid)
    return {
      name: nameOf(actor),
      model: stuck.find((each) => each.actor === actor),
      is: state?.is,
      does: hung?.does ?? state?.does ?? '',
      pid: hung?.pid,
      asleep: sleeper?.still ?? false,
      stack:
        sleeper?.stack ?? reported?.stack.filter(({ unsure }) => !unsure).map(({ fn }) => fn) ?? [],
      hung: sleeper?.hung,
    }
  })
}

/**
 * Returns true for a task that cannot go on whatever is given back: one of the circle. Who only waits for those may wait for something
 * else as well that comes back, such as a worker.
 */
function isBoundToStay({ model }: JudgedTask, { stuck }: Prediction): boolean {
  return model?.inCircle === true || stuck.every(({ inCircle }) => !inCircle)
}

/** What is missing for a task of the model's to be as stuck on the kernel. */
function sleepDifference(
  { name, model, is, asleep }: JudgedTask,
  mustStay: boolean,
  dissolved: Dissolved,
): string[] {
  if (model === undefined || !model.isBlocked) return []
  if (is === undefined) return [`${name} is stuck in the model, and comes to its end on the kernel`]
  // A work item that no worker has begun sleeps nowhere.
  if (is === 'unbegun') return []
  if (is !== 'blocked') return [`${name} is stuck in the model, and busy on the kernel`]
  return dissolved === 'never' && mustStay && !asleep
    ? [`${name} no longer sleeps when all is given back`]
    : []
}

/** What dissolves it on the kernel, against what may in the model. Memory is given back first, and other work is done after that. */
function fateDifference({ dissolution }: Prediction, dissolved: Dissolved): string[] {
  if (dissolution === undefined) return []
  const { memory, both } = dissolution
  const can = (fate: typeof memory): boolean => fate !== 'stays'
  const may = (fate: typeof memory): boolean => fate !== 'dissolves'
  const agrees =
    dissolved === 'with-memory'
      ? can(memory)
      : dissolved === 'with-other-work'
        ? may(memory) && can(both)
        : may(memory) && may(both)
  if (agrees) return []
  const model =
    memory === 'dissolves'
      ? 'dissolves when memory comes back'
      : both === 'dissolves'
        ? 'dissolves when other work is done'
        : 'stays'
  return [`in the model it ${model}, and on the kernel it ${DISSOLVED[dissolved]}`]
}

/** What has dissolved it, in words. */
export const DISSOLVED: Readonly<Record<Dissolved, string>> = {
  done: 'needs nothing',
  'with-memory': 'dissolves when memory is given back',
  'with-other-work': 'dissolves when other work is done, and not with memory alone',
  never: 'stays when memory is given back and when other work is done',
}
