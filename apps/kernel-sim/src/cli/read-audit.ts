/** Read audit: from what a user names, a file or standard input, to the report of its audit. */
import { fileURLToPath } from 'node:url'
import type { AuditSetup } from '../audit/audit.js'
import type { KnownScopes } from '../audit/known-scopes.js'
import { auditSources, scopesIn } from '../audit-trace.js'
import { InputError } from '../input-error.js'
import type { Comparable } from '../report/audit/comparison.js'
import type { AuditReport } from '../report/audit/report.js'
import { SAVED_REPORT, savedReport } from '../report/audit/saved.js'
import { CompressionError, Source } from '../trace/read/source.js'
import { Progress } from './progress.js'

/**
 * Refuses a report that was saved as JSON where a recording is needed.
 * @throws InputError when the source begins like one.
 */
export async function refuseSavedReport(source: Source): Promise<void> {
  const beginning = (await source.beginning(200)).toString('latin1')
  if (SAVED_REPORT.test(beginning)) {
    throw new InputError(
      `${source.name} is a saved report, not a recording. Two of them can be compared: kernel-sim audit --compare OLD NEW`,
    )
  }
}

/** Opens a file, or standard input for `-`. @throws InputError when there is none. */
export async function openSource(path: string): Promise<Source> {
  return path === '-' ? Source.stream('standard input', process.stdin) : await Source.file(path)
}

/** Opens the recording that comes with kernel-sim. */
export async function openExample(): Promise<Source> {
  return await Source.file(
    fileURLToPath(new URL('../examples/a-xfs.ndjson.gz', import.meta.url)),
    'a-xfs.ndjson.gz, the recording that comes with kernel-sim',
  )
}

/**
 * Audits recordings, one after the other: one report of all of them.
 * @param wanted true if progress is wanted: see Progress.
 * @param setup what the audit has besides the recordings.
 * @throws InputError when one cannot be read or is no recording.
 */
export async function readAudit(
  sources: readonly Source[],
  wanted: boolean | undefined,
  setup: AuditSetup = {},
): Promise<AuditReport> {
  return await shown(wanted, (show) => auditSources(sources, show, setup))
}

/** Learns the scopes of call paths from a recording with task flags. @throws InputError when it has none. */
export async function readScopes(path: string, wanted: boolean | undefined): Promise<KnownScopes> {
  const source = await openSource(path)
  await refuseSavedReport(source)
  return await shown(wanted, (show) => scopesIn(source, show))
}

/** Reads something long, and shows how far it is. */
async function shown<T>(
  wanted: boolean | undefined,
  read: (show: (source: Source) => void) => Promise<T>,
): Promise<T> {
  const progress = new Progress(process.stderr, wanted)
  return await read(({ read, size }) => progress.show(read, size)).finally(() => progress.done())
}

/** Audits a recording, or takes up a report that was saved as JSON. @throws InputError as `readAudit` does. */
export async function readComparable(
  path: string,
  wanted: boolean | undefined,
): Promise<Comparable> {
  const saved = path === '-' ? undefined : await savedIn(path)
  if (saved === undefined) return await readAudit([await openSource(path)], wanted)
  try {
    return savedReport(saved)
  } catch (thrown) {
    if (thrown instanceof SyntaxError) throw new InputError(`${path} ${thrown.message}`)
    throw thrown
  }
}

/** The text of a file that begins like a saved report; undefined for all others. */
async function savedIn(path: string): Promise<string | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of (await openSource(path)).chunks()) {
      if (chunks.length === 0 && !SAVED_REPORT.test(chunk.toString('latin1', 0, 200))) return
      chunks.push(Buffer.from(chunk))
    }
  } catch (thrown) {
    if (!(thrown instanceof CompressionError)) throw thrown
    // Reading it as a recording, or what is missing of the report, will tell.
  }
  return chunks.length === 0 ? undefined : Buffer.concat(chunks).toString()
}
