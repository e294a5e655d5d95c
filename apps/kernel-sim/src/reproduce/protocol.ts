/**
 * Protocol: what a module says on the console of its machine, a line for each thing that happens. The formats that the module
 * prints with and the parser are both made of the table below, so that they agree.
 *
 * A line is `kernel-sim: KEYWORD VALUE ... TEXT`, perhaps after the kernel's own time; text comes last and may hold anything. Actors are
 * numbers, which the lines `ACTOR` name first of all.
 */

/** What a value of a line may be: a whole number, one of some words, or the rest of the line. */
type Field = 'number' | 'text' | readonly string[]

/** A line has at most one text, and that last. */
const LINES = {
  /** First of all: what is reproduced, and whether schedules are forced or all actors run as they like. */
  run: { mode: ['forced', 'random'], cell: 'text' },
  /** Who takes part: a thread of the module's own, a work item, a handler in an interrupt, or kthreadd. */
  actor: {
    actor: 'number',
    is: ['task', 'kthread', 'work', 'interrupt', 'kthreadd'],
    name: 'text',
  },
  /** A round begins: an execution from the beginning. */
  round: { round: 'number' },
  /** The director opens the gate of an actor. `turn` counts from 0 in the schedule of the round. */
  turn: { turn: 'number', actor: 'number', does: 'text' },
  /** What a step came to, beside what it comes to in the model; -1 where there is no schedule to follow. */
  result: { actor: 'number', result: 'number', expected: 'number', does: 'text' },
  /**
   * What became of the actor whose gate was opened: it stands at its next gate, has come to its end, sleeps, or none of these; and
   * what becomes of it in the model.
   */
  after: {
    turn: 'number',
    actor: 'number',
    is: ['goes-on', 'ended', 'blocked', 'running'],
    expected: ['moves', 'blocks'],
  },
  /** A shrinker was called in the context of an actor, with what is left of the request: 1 for a flag that is. */
  reclaim: { actor: 'number', fs: 'number', io: 'number', shrinker: 'text' },
  /** An allocation under pressure is over, and whether reclaim was seen in it: else the round shows nothing. */
  pressed: { actor: 'number', reclaimed: ['seen', 'unseen'] },
  /** The round leaves its schedule: an actor does not come to the step, or comes to another one. */
  left: { turn: 'number', actor: 'number', why: ['absent', 'elsewhere'], does: 'text' },
  /** An actor has a result that the model never has there, and stops. */
  unforeseen: { actor: 'number', result: 'number', does: 'text' },
  /** Something that a round needs was not to be had, such as that no worker is idle: it shows nothing. */
  unprepared: { why: 'text' },
  /** The schedule is over: all gates are open. `followed` is 1 if it was followed to its end. */
  open: { turns: 'number', followed: 'number' },
  /** What an actor that has not come to its end does after the time to finish; `calls`: of shrinkers, in its context. */
  state: {
    actor: 'number',
    is: ['blocked', 'busy', 'unbegun'],
    allocating: 'number',
    calls: 'number',
    does: 'text',
  },
  /** A task of the kernel that acts for an actor and does not go on; `does` is what it is in. */
  hung: { pid: 'number', actor: 'number', does: 'text' },
  /** Memory is given back to the machine. */
  memory: { pages: 'number' },
  /** The other items of the pool come to their end. */
  work: { items: 'number' },
  /** A round is over. `followed` as in `open`; `strangers` counts calls of the shrinkers by others than actors. */
  over: {
    round: 'number',
    verdict: ['done', 'deadlock', 'livelock', 'stalled'],
    followed: 'number',
    strangers: 'number',
  },
  /** Last of all: what the last round came to, and what has dissolved it. */
  verdict: {
    verdict: ['done', 'deadlock', 'livelock', 'stalled'],
    dissolves: ['done', 'with-memory', 'with-other-work', 'never'],
    rounds: 'number',
  },
} as const satisfies Record<string, Record<string, Field>>

type ValueOf<F extends Field> = F extends 'number'
  ? number
  : F extends 'text'
    ? string
    : F extends readonly (infer Word)[]
      ? Word
      : never

/** The kinds of lines. */
export type LineKind = keyof typeof LINES

/** A line of one kind, as it was read. */
export type LineOf<K extends LineKind> = { readonly kind: K } & {
  -readonly [F in keyof (typeof LINES)[K]]: (typeof LINES)[K][F] extends Field
    ? ValueOf<(typeof LINES)[K][F]>
    : never
}

/** A line that was read. `damaged`: it is one of the module's, and others printed into it. */
export type ProtocolLine =
  | { readonly [K in LineKind]: LineOf<K> }[LineKind]
  | { readonly kind: 'damaged'; readonly text: string }

/** What all lines begin with. */
const PREFIX = 'kernel-sim: '

/** @returns null for a line that is none of the module's. */
export function parseLine(line: string): ProtocolLine | null {
  const start = line.indexOf(PREFIX)
  if (start < 0) return null
  const text = line.slice(start + PREFIX.length).trimEnd()
  const [keyword = ''] = text.split(' ', 1)
  const kind = keyword.toLowerCase()
  const fields = fieldsOf(kind)
  const damaged = { kind: 'damaged', text } as const
  if (fields === undefined || keyword !== kind.toUpperCase()) return damaged
  const read: Record<string, string | number> = { kind }
  let rest = text.slice(keyword.length + 1)
  for (const [name, field] of fields) {
    if (field === 'text') {
      read[name] = rest
      rest = ''
      continue
    }
    const [word = ''] = rest.split(' ', 1)
    rest = rest.slice(word.length + 1)
    if (field === 'number' ? !/^-?\d+$/.test(word) : !field.includes(word)) return damaged
    read[name] = field === 'number' ? Number(word) : word
  }
  return rest === '' ? (read as unknown as ProtocolLine) : damaged
}

/** The header with the formats that the module prints lines with: `KSIM_LINE_TURN` and its kin. */
export function protocolHeader(): string {
  const formats = Object.keys(LINES).map((kind) => {
    const values = (fieldsOf(kind) ?? []).map(([, field]) => (field === 'number' ? '%d' : '%s'))
    return `#define KSIM_LINE_${kind.toUpperCase()} "${[kind.toUpperCase(), ...values].join(' ')}\\n"`
  })
  return [
    '/* SPDX-License-Identifier: GPL-2.0 OR MIT */',
    '/* Protocol: the lines that a module prints. Generated: whoever reads them has the same table. */',
    '#ifndef KSIM_PROTOCOL_H',
    '#define KSIM_PROTOCOL_H',
    '',
    `#define KSIM_PREFIX "${PREFIX}"`,
    ...formats,
    '',
    '#endif',
    '',
  ].join('\n')
}

function fieldsOf(kind: string): [string, Field][] | undefined {
  const lines: Record<string, Record<string, Field>> = LINES
  return Object.hasOwn(lines, kind) ? Object.entries(lines[kind] ?? {}) : undefined
}
