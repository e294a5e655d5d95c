/** Audit trace: from the bytes of a recording to the report of its audit, for programs. */
import { Readable } from 'node:stream'
import { Audit, type AuditSetup } from './audit/audit.js'
import { KnownScopes } from './audit/known-scopes.js'
import { InputError } from './input-error.js'
import { type AuditReport, auditReport } from './report/audit/report.js'
import { type Reading, readTrace } from './trace/read/read-trace.js'
import { Source } from './trace/read/source.js'

/** How a recording is audited. */
export interface AuditOptions {
  /** What to call the recording in the report and in errors. By default `the recording`. */
  readonly name?: string
  /** Is told a few times per megabyte how many bytes were read, as stored. */
  readonly onProgress?: (bytes: number) => void
}

/**
 * Audits a recording: the NDJSON of kernel-sim's recorder, a trace.dat, or the text of ftrace, `trace-cmd report` or
 * `perf script`; plain, gzip or zstd. It is read as a stream in constant memory, so its length does not matter; only a trace.dat
 * is held as a whole.
 *
 * @example
 * ```ts
 * import { createReadStream } from 'node:fs'
 * import { createRequire } from 'node:module'
 * import { auditTrace } from '@scopemask/kernel-sim/audit'
 *
 * const path = createRequire(import.meta.url).resolve('@scopemask/kernel-sim/examples/a-xfs.ndjson.gz')
 * const { reading, verdict, work } = await auditTrace(createReadStream(path), { name: 'a-xfs' })
 *
 * console.log(reading.events, verdict.agrees) // → 230918 true
 * console.log(work.lost[0]?.fn) // → rht_deferred_worker
 * ```
 *
 * @param bytes the bytes in pieces, such as a `ReadStream`, a web `ReadableStream` or `[Buffer.from(text)]`.
 * @throws InputError when they cannot be read, are empty, or are not a recording. What is merely damaged is counted in
 * `reading.damage`.
 */
export async function auditTrace(
  bytes: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { name = 'the recording', onProgress = () => {} }: AuditOptions = {},
): Promise<AuditReport> {
  return await auditSources([Source.stream(name, Readable.from(buffers(bytes)))], ({ read }) =>
    onProgress(read),
  )
}

/**
 * Audits sources that are open, one after the other: one report of all of them.
 * @param setup what the audit has besides the recordings.
 * @throws InputError as {@link auditTrace} does.
 */
export async function auditSources(
  sources: readonly Source[],
  progress: (source: Source) => void,
  setup: AuditSetup = {},
): Promise<AuditReport> {
  const audit = new Audit(setup)
  const readings: Reading[] = []
  for (const source of sources) {
    if (readings.length > 0) audit.next()
    const reading = await readTrace(
      source,
      (event) => audit.add(event),
      progress,
      (kernel) => audit.kernel(kernel),
    )
    readings.push(reading)
  }
  return auditReport(readings, audit.facts(), audit.stacks())
}

/** Learns the scopes of call paths from a recording with task flags. @throws InputError when it has none. */
export async function scopesIn(
  source: Source,
  progress: (source: Source) => void,
): Promise<KnownScopes> {
  const known = new KnownScopes()
  await readTrace(source, (event) => known.learn(event), progress)
  if (known.paths === 0) {
    throw new InputError(
      `${source.name} has no task flags with stacks: scopes can be borrowed from a recording by kernel-sim record only`,
    )
  }
  return known
}

async function* buffers(
  bytes: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer> {
  for await (const { buffer, byteOffset, byteLength } of bytes)
    yield Buffer.from(buffer, byteOffset, byteLength)
}
