/** Write recording: what the script of `record` printed, as it comes, into a recording. */
import { createWriteStream, rmSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { refuseExisting, unwritable } from '../disk.js'
import { InputError } from '../input-error.js'
import { RecordingConverter, type RecordingTrailer } from '../record/converter.js'

/** What happens around the output of the script. */
export interface Recorder {
  /** Its first line came. */
  begun(): void
  /** More of it came, with so many events so far. */
  progress(events: number): void
  /** It has ended. Returns how many hits were skipped: see RecordingTrailer. */
  ended(): Promise<number>
}

/** How many characters are written at a time. */
const PIECE = 1 << 16

/**
 * Converts the output of the script.
 * @param output its chunks, each of which need be valid only until the next one is asked for.
 * @param path a file, compressed if its name ends in .gz; standard output if undefined.
 * @throws InputError when that is not the output of the script; then no file is left.
 */
export async function writeRecording(
  output: AsyncIterable<Uint8Array>,
  path: string | undefined,
  recorder: Recorder,
): Promise<RecordingTrailer> {
  if (path !== undefined) refuseExisting(path)
  const found: { trailer?: RecordingTrailer } = {}
  const pieces = Readable.from(convert(output, recorder, found))
  try {
    if (path === undefined) await pipeline(pieces, process.stdout, { end: false })
    else if (path.endsWith('.gz')) {
      await pipeline(pieces, createGzip(), createWriteStream(path, { flags: 'wx' }))
    } else await pipeline(pieces, createWriteStream(path, { flags: 'wx' }))
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
    if (path !== undefined) rmSync(path, { force: true })
    if (typeof code === 'string' && code.startsWith('E') && !code.startsWith('ERR_')) {
      throw unwritable(path ?? 'the recording', thrown)
    }
    throw thrown
  }
  if (found.trailer === undefined) throw new Error('the recording has no end')
  return found.trailer
}

/** The recording, in pieces. */
async function* convert(
  output: AsyncIterable<Uint8Array>,
  recorder: Recorder,
  found: { trailer?: RecordingTrailer },
): AsyncGenerator<string> {
  let ready: string[] = []
  let size = 0
  let waiting = false
  const converter = new RecordingConverter((line) => {
    ready.push(line, '\n')
    size += line.length
  })
  for await (const lines of linesOf(output)) {
    for (const line of lines) {
      const before = converter.begun
      converter.line(line)
      if (converter.begun && !before) recorder.begun()
    }
    recorder.progress(converter.events)
    // The header goes out at once: whoever reads along knows that it records.
    if (ready.length === 0 || (waiting && size < PIECE)) continue
    waiting = true
    yield ready.join('')
    ready = []
    size = 0
  }
  const skipped = await recorder.ended()
  if (!converter.begun) {
    throw new InputError('that is not the output of the script that kernel-sim record prints')
  }
  found.trailer = converter.end(skipped)
  yield ready.join('')
}

/** The lines of a text, as many at a time as there are: node:readline passes them on one by one, which takes three times as long. */
async function* linesOf(text: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of text) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/)
    rest = lines.pop() ?? ''
    yield lines
  }
  rest += decoder.decode()
  if (rest !== '') yield [rest]
}
