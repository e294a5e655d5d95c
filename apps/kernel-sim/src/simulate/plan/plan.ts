/**
 * Plan: what runs, for how long, as a text of lines with key=value words. The first line is the run's, each other one a process.
 *
 *     seed=1 dur=40000 fs=ext4
 *     proc name=cache type=read file=big.dat mib=100 chunk=64 passes=0
 *     proc name=burst type=burst mib=24 period_us=2000000 start=8000 nofs=1
 */
import { InputError } from '../../input-error.js'

/** A process of a plan. */
export interface PlanProcess {
  readonly name: string
  readonly type: string
  /** The line that it is on, from 1. */
  readonly line: number
  /** It runs with PF_MEMALLOC_NOFS for its whole life. */
  readonly nofs: boolean
  /** The run ends when it does. */
  readonly main: boolean
  readonly words: ReadonlyMap<string, string>
}

export interface Plan {
  readonly seed: number
  /** ms at most. */
  readonly duration: number
  /** Bytes a second and us a request, when the disk is not the machine's. */
  readonly bandwidth: number | null
  readonly latency: number | null
  readonly processes: readonly PlanProcess[]
}

/** Reads a plan. @throws InputError that names the line. */
export function parsePlan(text: string, where = 'the plan'): Plan {
  let head: ReadonlyMap<string, string> | null = null
  const processes: PlanProcess[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const at = `${where}, line ${index + 1}`
    if (head === null) {
      head = wordsOf(trimmed, at)
      continue
    }
    if (!trimmed.startsWith('proc ')) {
      throw new InputError(
        `${at}: a line begins with "proc ", this one with "${trimmed.slice(0, 12)}"`,
      )
    }
    const words = wordsOf(trimmed.slice(5), at)
    processes.push({
      name: required(words, 'name', at),
      type: required(words, 'type', at),
      line: index + 1,
      nofs: words.get('nofs') === '1',
      main: words.get('main') === '1',
      words,
    })
  }
  if (head === null) throw new InputError(`${where} is empty: its first line says seed= and dur=`)
  if (processes.length === 0) throw new InputError(`${where} has no process: lines "proc name=..."`)
  const at = `${where}, line 1`
  return {
    seed: number(head, 'seed', at, 1),
    duration: number(head, 'dur', at),
    bandwidth: head.has('bw') ? number(head, 'bw', at) : null,
    latency: head.has('lat_us') ? number(head, 'lat_us', at) : null,
    processes,
  }
}

/** A number of a process. @throws InputError when it is missing and has no default, or is no number. */
export function planNumber(process: PlanProcess, key: string, otherwise?: number): number {
  return number(process.words, key, `process ${process.name} on line ${process.line}`, otherwise)
}

function wordsOf(line: string, at: string): ReadonlyMap<string, string> {
  return new Map(
    line.split(/\s+/).map((word) => {
      const equals = word.indexOf('=')
      if (equals < 1) throw new InputError(`${at}: words are key=value, not "${word}"`)
      return [word.slice(0, equals), word.slice(equals + 1)] as const
    }),
  )
}

function required(words: ReadonlyMap<string, string>, key: string, at: string): string {
  const value = words.get(key)
  if (value === undefined || value === '') throw new InputError(`${at}: ${key}= is missing`)
  return value
}

function number(
  words: ReadonlyMap<string, string>,
  key: string,
  at: string,
  otherwise?: number,
): number {
  const text = words.get(key)
  if (text === undefined) {
    if (otherwise !== undefined) return otherwise
    throw new InputError(`${at}: ${key}= is missing`)
  }
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0 || text === '') {
    throw new InputError(`${at}: ${key}= takes a number of 0 or more, not "${text}"`)
  }
  return value
}
