/** Ftrace other lines: lines of ftrace text that have no event: what is lost, what is about the recording, and what mail made of a line. */

/** How trace-cmd and tracefs say that events are missing, with or without their number. */
const LOST =
  /(?:CPU:(\d+) )?(?:\[(?:LOST )?(\d+)? ?EVENTS(?: DROPPED)?\]|\b(\d+) events? (?:lost|dropped))/i

/** Lines of trace-cmd that are about the recording as a whole. */
const ABOUT =
  /^[>\s]*(#.*|version = \d+|cpus=\d+|CPU \d+ is empty|-{5,}|registering plugin: .*|overriding event .*)?$/

/** The rest of an event that mail folded after it could be read: more fields. */
const FIELDS_ONLY = /^[>\s]*(\w+=\S*\s*)+$/

/** A frame that is quoted or indented. */
const LOOSE_FRAME = /^[>\s]*=> /

/** Events that are missing: how many, and of which CPU; undefined what the line does not say. */
export interface Loss {
  readonly events: number | undefined
  readonly cpu: number | undefined
}

/** What a line says is lost; undefined where it says nothing of it. */
export function lossIn(line: string): Loss | undefined {
  const found = LOST.exec(line)
  if (found === null) return undefined
  const [, cpu, dropped, lost] = found
  return { events: numberOf(dropped ?? lost), cpu: numberOf(cpu) }
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

/** Returns true for a line that is empty, a comment, or about the recording as a whole. */
export function isAboutRecording(line: string): boolean {
  return ABOUT.test(line)
}

/** Returns true for a line that has fields of an event and nothing else. */
export function isOfFields(line: string): boolean {
  return FIELDS_ONLY.test(line)
}

/** Returns true for a frame behind marks of a quotation, or blanks. */
export function isQuotedFrame(line: string): boolean {
  return LOOSE_FRAME.test(line)
}
