/** Journal: a line of `journalctl -o json`. */
import { type Prefixed, withoutPrefixes } from './prefix.js'

/** The lines of a journal entry's message; null where a line is not an entry. */
export function journalEntry(line: string): readonly Prefixed[] | null {
  if (!line.startsWith('{') || !line.includes('"MESSAGE"')) return null
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {
    // A cut line: it is read as text, and counted as what it is.
    return null
  }
  if (typeof entry !== 'object' || entry === null || !('MESSAGE' in entry)) return null
  const message = textOf(entry.MESSAGE)
  if (message === null) return null
  const time = secondsOf(entry)
  return message.split('\n').map((text) => ({ time, caller: undefined, ...trimmed(text) }))
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
