/**
 * Recorder note: what the recorder says of its recording, in a line before the first event and one after the last.
 * A recording without them is as good; it only does not say where it comes from.
 */

/** One recording, as its recorder tells of it. */
export interface RecorderNote {
  /** System, release and version of the kernel. */
  readonly kernel: string
  /** The command line that made it. */
  readonly command: string
  /** How many events it wrote; undefined where the end of the recording is missing. */
  readonly events: number | undefined
  /** How many the recorder's buffers lost; undefined where the end is missing. */
  readonly lost: number | undefined
  /** At most how many its tracer skipped in silence; undefined where nobody knows. */
  readonly skipped: number | undefined
}

/** How many notes are kept: more recordings than this are seldom joined. */
const LIMIT = 64

export class RecorderNotes {
  readonly #notes: RecorderNote[] = []
  /** True if the last note is of a recording whose end has not come. */
  #begun = false
  /** Kept apart, since a note beyond LIMIT counts too. */
  #lost = 0

  get notes(): readonly RecorderNote[] {
    return this.#notes
  }

  get lost(): number {
    return this.#lost
  }

  /** Takes an object with the field `recorder`. Returns what is wrong with it, if anything is. */
  add(note: Readonly<Record<string, unknown>>): string | undefined {
    const { recorder, version, kernel, command, events, lost, skipped } = note
    if (recorder !== 'kernel-sim') return '"recorder" is no recorder that is known'
    if (kernel !== undefined) {
      if (version !== 1) return '"version" is no version of the format that is known'
      if (typeof kernel !== 'string' || typeof command !== 'string') {
        return '"kernel" and "command" have to be strings'
      }
      const open = { kernel, command, events: undefined, lost: undefined, skipped: undefined }
      this.#begun = this.#keep(open)
      return undefined
    }
    if (!isCount(events) || !isCount(lost) || !(skipped === -1 || isCount(skipped))) {
      return '"events", "lost" and "skipped" have to be counts'
    }
    this.#lost += lost
    const begun = this.#begun ? this.#notes.pop() : undefined
    this.#begun = false
    const { kernel: name, command: line } = begun ?? { kernel: '', command: '' }
    const known = skipped === -1 ? undefined : skipped
    this.#keep({ kernel: name, command: line, events, lost, skipped: known })
    return undefined
  }

  /** Returns true if it was kept. */
  #keep(note: RecorderNote): boolean {
    if (this.#notes.length === LIMIT) return false
    this.#notes.push(note)
    return true
  }
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0
}
