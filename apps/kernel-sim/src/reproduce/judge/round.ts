/** Round: the lines of one execution on the kernel, and what they differ in from the model. */
import type { LineOf, ProtocolLine } from '../protocol.js'

/** A turn of an actor, beside what the model says of it. */
export interface JudgedTurn {
  readonly turn: number
  readonly actor: number
  readonly does: string
  readonly is: LineOf<'after'>['is'] | null
  /** What its steps came to, and what they come to in the model; -1 where that says nothing. */
  readonly results: readonly LineOf<'result'>[]
  /** How the kernel and the model differ, in words; empty where they do not. */
  readonly differs: readonly string[]
}

export interface JudgedRound {
  readonly number: number
  readonly turns: readonly JudgedTurn[]
  readonly reclaims: readonly LineOf<'reclaim'>[]
  readonly states: readonly LineOf<'state'>[]
  readonly hung: readonly LineOf<'hung'>[]
  readonly over: LineOf<'over'> | null
  /** Why it shows nothing: something that it needs was not to be had. */
  readonly unshown: readonly string[]
  readonly differs: readonly string[]
}

/** The rounds of a run. @param nameOf names actors */
export function roundsOf(
  lines: readonly ProtocolLine[],
  nameOf: (actor: number) => string,
): JudgedRound[] {
  const rounds: JudgedRound[] = []
  let at = lines.findIndex(({ kind }) => kind === 'round')
  while (at >= 0) {
    const next = lines.findIndex(({ kind }, index) => index > at && kind === 'round')
    rounds.push(roundOf(lines.slice(at, next < 0 ? undefined : next), nameOf))
    at = next
  }
  return rounds
}

function roundOf(lines: readonly ProtocolLine[], nameOf: (actor: number) => string): JudgedRound {
  const turns = turnsOf(lines)
  return {
    number: of(lines, 'round')[0]?.round ?? 0,
    turns,
    reclaims: of(lines, 'reclaim'),
    states: of(lines, 'state'),
    hung: of(lines, 'hung'),
    over: of(lines, 'over')[0] ?? null,
    unshown: [
      ...of(lines, 'unprepared').map(({ why }) => why),
      ...of(lines, 'pressed')
        .filter(({ reclaimed }) => reclaimed === 'unseen')
        .map(({ actor }) => `an allocation of ${nameOf(actor)} was to reclaim, and did not`),
    ],
    differs: [
      ...turns.flatMap(({ actor, does, differs }) =>
        differs.map((how) => `${nameOf(actor)}, at ${does}: ${how}`),
      ),
      ...of(lines, 'left').map(({ actor, why, does }) =>
        why === 'absent'
          ? `${nameOf(actor)} never comes to ${does}`
          : `${nameOf(actor)} comes to ${does} where the model does something else`,
      ),
      ...of(lines, 'unforeseen').map(
        ({ actor, result, does }) =>
          `${nameOf(actor)}, at ${does}: it comes to ${result}, which it never does in the model`,
      ),
    ],
  }
}

/** The turns, each with the lines up to the next one. */
function turnsOf(lines: readonly ProtocolLine[]): JudgedTurn[] {
  const starts = lines.flatMap((line, at) => (line.kind === 'turn' ? [{ line, at }] : []))
  return starts.map(({ line: { turn, actor, does }, at }, index) => {
    const own = lines.slice(at, starts[index + 1]?.at)
    const after = of(own, 'after').find((each) => each.turn === turn) ?? null
    const results = of(own, 'result')
    const differs = [
      ...results
        .filter(({ result, expected }) => expected >= 0 && result !== expected)
        .map(({ result, expected }) => `it comes to ${result}, in the model to ${expected}`),
      ...(after === null ? [] : blockingDifference(after)),
    ]
    return { turn, actor, does, is: after?.is ?? null, results, differs }
  })
}

function blockingDifference({ is, expected }: LineOf<'after'>): string[] {
  if (expected === 'blocks' && is !== 'blocked') return ['it goes on, in the model it sleeps']
  return expected === 'moves' && is === 'blocked' ? ['it sleeps, in the model it goes on'] : []
}

/** The lines of one kind. */
export function of<K extends ProtocolLine['kind']>(
  lines: readonly ProtocolLine[],
  kind: K,
): Extract<ProtocolLine, { kind: K }>[] {
  return lines.filter((line): line is Extract<ProtocolLine, { kind: K }> => line.kind === kind)
}
