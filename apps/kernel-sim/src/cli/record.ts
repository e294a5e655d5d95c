/** `kernel-sim record`: the recorder for audits, as a script to run elsewhere or at once. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { refuseExisting, writeNewFile } from '../disk.js'
import { InputError } from '../input-error.js'
import type { RecordingTrailer } from '../record/converter.js'
import { RECORDED_EVENTS } from '../record/events.js'
import { recorderScript } from '../record/script.js'
import { number, plural } from '../report/form/numbers.js'
import { Progress } from './progress.js'
import { noProgressOption, progressOption } from './progress-options.js'
import { openSource } from './read-audit.js'
import { phasesText } from './recording-phases.js'
import { runRecorder } from './run-recorder.js'
import { writeRecording } from './write-recording.js'

interface Options {
  readonly pid?: readonly number[]
  readonly comm?: readonly string[]
  readonly cgroup?: readonly string[]
  readonly kernelThreads: boolean
  readonly pages?: true
  readonly seconds?: number
  readonly run?: true
  readonly output?: string
  readonly buffer: number
  readonly convert?: string
  readonly progress?: boolean
}

const DETAILS = `
Without --run, a bpftrace script is printed. Run it as root on the machine to be audited, which
needs no Node, and turn its output into a recording with --convert. With --run, as root, both are
done here and now, until COMMAND ends, the seconds are over, or Ctrl-C. It needs bpftrace 0.17 or
later and Linux 6.1 or later with BTF.

Exit status: 0 when something was recorded; 2 when bpftrace cannot do it, or the command line is
wrong.

Examples:
  sudo kernel-sim record --run --output trace.ndjson.gz -- make check
  kernel-sim record --comm 'fsstress*' --seconds 60 > record.bt
  bpftrace record.bt | gzip > output.gz
  kernel-sim record --convert output.gz --output trace.ndjson.gz
  kernel-sim audit trace.ndjson.gz`

export function record(program: Command): void {
  program
    .command('record')
    .summary('make or run the recorder whose recordings audit reads')
    .description(
      'Records allocations, work items, reclaim and sleeps inside scopes, with the flags of the tasks. ' +
        'It uses bpftrace and tracepoints; it sets no kprobes.',
    )
    .argument('[COMMAND...]', 'with --run: record while this command runs')
    .option(
      '--pid <pid>',
      'record only tasks of this process; may be given several times',
      several(pid),
    )
    .option(
      '--comm <name>',
      "record only tasks of this name; 'wl-*' stands for all that begin with wl-",
      several(comm),
    )
    .option('--cgroup <path>', 'record only tasks directly in this cgroup', several(cgroup))
    .option('--no-kernel-threads', 'leave out kernel threads, and with them the workers')
    .option(
      '--pages',
      'record what replay-memory needs too: frees of pages, fallbacks, compaction; these are many events',
    )
    .option('--seconds <n>', 'stop after n seconds', positive)
    .option('--run', 'run the recorder here and now, as root')
    .option('--output <FILE>', 'write to this file; FILE.gz is compressed')
    .option('--buffer <MiB>', 'size of the buffer of each CPU, a power of two', powerOfTwo, 64)
    .addOption(
      new Option(
        '--convert <FILE>',
        'make a recording from what the script printed; - is standard input',
      ).conflicts('run'),
    )
    .addOption(progressOption())
    .addOption(noProgressOption())
    .addHelpText('after', DETAILS)
    .action(run)
}

async function run(workload: readonly string[], options: Options): Promise<void> {
  const { convert, output } = options
  if (workload.length > 0 && !options.run) throw new InputError('a COMMAND needs --run')
  if (output !== undefined) refuseExisting(output)
  if (convert !== undefined) {
    const source = await openSource(convert)
    const progress = new Progress(process.stderr, options.progress)
    const recorder = {
      begun: () => {},
      progress: (events: number) => progress.say(() => `converting: ${number(events)} events`),
      ended: async () => -1,
    }
    const converted = writeRecording(source.chunks(), output, recorder)
    summarize(await converted.finally(() => progress.done()), output)
    return
  }
  // When it is run now, this program ends it: a script that has ended can no longer be asked what it skipped.
  const seconds = options.run ? undefined : options.seconds
  const script = recorderScript({
    pids: options.pid ?? [],
    comms: options.comm ?? [],
    cgroups: options.cgroup ?? [],
    kernelThreads: options.kernelThreads,
    pages: options.pages ?? false,
    seconds,
    command: commandLine(),
    recorder: options.run ? process.pid : undefined,
    missing: missingTracepoints(),
  })
  if (options.run) {
    if (process.getuid?.() !== 0) throw new InputError('record --run needs root')
    if (tracepointFolder() === undefined) {
      throw new InputError(
        'there are no tracepoints: mount -t tracefs nodev /sys/kernel/tracing, on Linux',
      )
    }
    const bufferPages = options.buffer * 256
    const progress = new Progress(process.stderr, options.progress)
    const { trailer, times } = await runRecorder({
      script,
      output,
      seconds: options.seconds,
      workload,
      bufferPages,
      progress: (line) => progress.say(line),
    }).finally(() => progress.done())
    summarize(trailer, output)
    process.stderr.write(`${phasesText(times)}\n`)
  } else if (output === undefined) process.stdout.write(script)
  else writeNewFile(output, script)
}

function summarize(trailer: RecordingTrailer, output: string | undefined): void {
  const { events, lost, skipped, damaged } = trailer
  const parts = [
    plural(events, 'event'),
    `${number(lost)} lost${lost > 0 ? ' (--buffer takes more)' : ''}`,
    skipped < 0
      ? 'an unknown number skipped by bpftrace'
      : `at most ${number(skipped)} skipped by bpftrace`,
    ...(damaged > 0 ? [`${plural(damaged, 'line')} of its output damaged`] : []),
  ]
  process.stderr.write(`${parts.join(', ')}.\n`)
  if (output !== undefined) process.stderr.write(`Try: kernel-sim audit ${output}\n`)
}

/** As it was typed, so that the recording can name it. */
function commandLine(): string {
  const args = process.argv.slice(2)
  return ['kernel-sim', ...args].join(' ').replace(/\p{Cc}/gu, ' ')
}

/** Where the kernel's tracepoints can be seen; undefined where tracefs is not mounted, or not for this user. */
function tracepointFolder(): string | undefined {
  const places = ['/sys/kernel/tracing/events', '/sys/kernel/debug/tracing/events']
  return places.find((path) => existsSync(join(path, 'kmem')))
}

/** Tracepoints that this kernel does not have; none where nothing can be seen of them. */
function missingTracepoints(): string[] {
  const events = tracepointFolder()
  if (events === undefined) return []
  return RECORDED_EVENTS.map(({ tracepoint }) => tracepoint).filter(
    (tracepoint) => !existsSync(join(events, tracepoint.replace(':', '/'))),
  )
}

/** An option that can be given several times. */
function several<T>(parse: (text: string) => T): (text: string, before?: readonly T[]) => T[] {
  return (text, before = []) => [...before, parse(text)]
}

function pid(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text))
    throw new InvalidArgumentError('It takes the number of a process.')
  return Number(text)
}

/** What a kernel's task names and cgroup paths do not have, and a script must not. */
const UNSAFE = /["\\%\p{Cc}]/u

function comm(text: string): string {
  if (text === '' || UNSAFE.test(text) || Buffer.byteLength(text) > 15) {
    throw new InvalidArgumentError('It takes the name of a task: 1 to 15 bytes without quotes.')
  }
  return text
}

function cgroup(text: string): string {
  if (!text.startsWith('/') || UNSAFE.test(text)) {
    throw new InvalidArgumentError('It takes a path such as /sys/fs/cgroup/system.slice.')
  }
  return text
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text))
    throw new InvalidArgumentError('It takes a whole number from 1.')
  return Number(text)
}

function powerOfTwo(text: string): number {
  const value = Number(text)
  if (!/^\d{1,4}$/.test(text) || value === 0 || (value & (value - 1)) !== 0) {
    throw new InvalidArgumentError('It takes 1, 2, 4, ... 4096.')
  }
  return value
}
