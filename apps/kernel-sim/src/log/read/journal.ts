/** Journal: a line of `journalctl -o json`, and of others who keep each line of a log as an object: Docker, LAVA, collectors. */
import { type Prefixed, withoutPrefixes } from './prefix.js'

/** The fields that have the message, by who writes it: journald, collectors, LAVA, Docker. */
const FIELDS = ['MESSAGE', 'message', 'msg', 'log'] as const
const HAS_FIELD = /^(?:- )?\{.*"(?:MESSAGE|message|msg|log)":/

/** Returns true if a line looks like an entry. */
export function isJournalEntry(line: string): boolean {
  return (line.startsWith('{') || line.startsWith('- {')) && HAS_FIELD.test(line)
}

/** The lines of a journal entry's message; null where a line is not an entry. */
export function journalEntry(line: string): readonly Prefixed[] | null {
  if (!isJournalEntry(line)) return null
  let entry: unknown
  try {
    // In a list of YAML a dash stands before it.
    entry = JSON.parse(line.startsWith('- ') ? line.slice(2) : line)
  } catch {
    // A cut line: it is read as text, and counted as what it is.
    return null
  }
  if (typeof entry !== 'object' || entry === null) return null
  const fields = new Map<string, unknown>(Object.entries(entry))
  const message = textOf(fields.get(FIELDS.find((name) => fields.has(name)) ?? ''))
  if (message === null) return null
  const time = secondsOf(entry)
  return message
    .replace(/\n$/, '')
    .split('\n')
    .map((text) => ({ time, caller: undefined, ...trimmed(text) }))
}

/** Something may have logged lines that have prefixes themselves. */
function trimmed(text: string): Pick<Prefixed, 'text' | 'found' | 'begins'> & Partial<Prefixed> {
  const inner = withoutPrefixes(text)
  return {
    text: inner.text,
    found: true,
    begins: true,
    ...(inner.time === undefined ? {} : { time: inner.time }),
    ...(inner.caller === undefined ? {} : { caller: inner.caller }),
  }
}

/** A message is a text, or an array of bytes where it is not UTF-8. */
function textOf(message: unknown): string | null {
  if (typeof message === 'string') return message
  if (!Array.isArray(message)) return null
  const bytes = message.filter((byte) => typeof byte === 'number')
  return Buffer.from(bytes).toString('latin1')
}

/** The time since the boot, which journald stores in microseconds. */
function secondsOf(entry: object): number | undefined {
  const micros =
    '_SOURCE_MONOTONIC_TIMESTAMP' in entry
      ? entry._SOURCE_MONOTONIC_TIMESTAMP
      : '__MONOTONIC_TIMESTAMP' in entry
        ? entry.__MONOTONIC_TIMESTAMP
        : undefined
  const seconds = Number(micros) / 1e6
  return micros !== undefined && Number.isFinite(seconds) ? seconds : undefined
}
