/** Read log: from what a user names, files or standard input, to what the logs say. */
import { LogExplainer } from '../log/explain.js'
import { LogReader } from '../log/read/log-reader.js'
import type { LogReport } from '../report/log/log-report.js'
import { CompressionError, type Source } from '../trace/read/source.js'
import { Progress } from './progress.js'

export interface ReadLogOptions {
  /** Which kernel it is, where the log does not say. */
  readonly kernel: string | undefined
  /** True if progress is wanted: see Progress. */
  readonly progress: boolean | undefined
}

/** Reads a log to its end. @throws InputError when it cannot be read. */
export async function readLog(
  source: Source,
  { kernel, progress: wanted }: ReadLogOptions,
): Promise<LogReport> {
  const explainer = new LogExplainer(kernel)
  const reader = new LogReader((line) => explainer.add(line))
  const progress = new Progress(process.stderr, wanted)
  let cut: string | undefined
  try {
    for await (const chunk of source.chunks()) {
      reader.push(chunk)
      progress.show(source.read, source.size)
    }
  } catch (error) {
    if (!(error instanceof CompressionError)) throw error
    cut = error.message
  } finally {
    progress.done()
  }
  reader.end()
  const { lines, oversize } = reader
  return { name: source.name, lines, oversize, cut, ...explainer.end() }
}
