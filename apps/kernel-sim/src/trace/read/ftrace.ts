/** Ftrace: the reader of its text. One half scans it line by line, the other joins stacks with their events. */
import type { TraceEvent } from '../event.js'
import type { Damage } from './damage.js'
import { FtraceScanner } from './ftrace-scanner.js'
import { RecordJoiner } from './record-joiner.js'
import { LineCounts, type TraceReader } from './trace-reader.js'

export class FtraceReader implements TraceReader {
  readonly counts = new LineCounts()
  /** Their tracers write none. */
  readonly notes = []
  readonly #joiner: RecordJoiner
  readonly #scanner: FtraceScanner

  constructor(sink: (event: TraceEvent) => void, damage: Damage) {
    this.#joiner = new RecordJoiner(sink, damage, this.counts)
    this.#scanner = new FtraceScanner(this.#joiner, this.counts)
  }

  lines(text: Buffer, start: number, end: number): void {
    this.#scanner.lines(text, start, end)
  }

  oversize(length: number): void {
    this.#scanner.oversize(length)
  }

  end(): void {
    this.#scanner.end()
    this.#joiner.end()
  }
}
