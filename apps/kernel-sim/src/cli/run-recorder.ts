/** Run recorder: starts bpftrace on the script, and at the end asks for what it skipped. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inScratchFolder } from '../boot/scratch-folder.js'
import { writeFile } from '../disk.js'
import { InputError } from '../input-error.js'
import type { RecordingTrailer } from '../record/converter.js'
import { number } from '../report/form/numbers.js'
import { type PhaseTimes, RecordingPhases } from './recording-phases.js'
import { writeRecording } from './write-recording.js'

/** How often it is said what it is at, in ms. */
const SAY_EVERY = 500

export interface RunOptions {
  readonly script: string
  /** Where to: a file, compressed if its name ends in .gz; standard output if undefined. */
  readonly output: string | undefined
  /** How long, in seconds. */
  readonly seconds: number | undefined
  /** A command whose end is the end of the recording. */
  readonly workload: readonly string[]
  /** Of the buffer of each CPU, in pages of 4 KiB; a power of two. */
  readonly bufferPages: number
  /** Is told how far it is. */
  readonly progress: (line: () => string) => void
}

export interface RunResult {
  readonly trailer: RecordingTrailer
  readonly times: PhaseTimes
}

/**
 * Records until the time is over, the workload ends, or somebody interrupts.
 * @throws InputError when bpftrace is not there or cannot run the script: its own words say why.
 */
export async function runRecorder(options: RunOptions): Promise<RunResult> {
  return await inScratchFolder(async (folder) => {
    const file = join(folder, 'record.bt')
    writeFile(file, options.script)
    return await record(file, options)
  })
}

async function record(file: string, options: RunOptions): Promise<RunResult> {
  const bpftrace = spawn('bpftrace', [file], {
    env: { ...process.env, BPFTRACE_PERF_RB_PAGES: String(options.bufferPages) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C is for this program, which then ends bpftrace when it has asked for what was skipped.
    detached: true,
  })
  const ended = endOf(bpftrace)
  const phases = new RecordingPhases()
  let events = 0
  const say = () => {
    options.progress(() => `${phases.text}${events === 0 ? '' : `: ${number(events)} events`}`)
  }
  say()
  const clock = setInterval(say, SAY_EVERY)
  // However this program ends, it leaves none behind.
  const kill = () => bpftrace.kill('SIGKILL')
  process.once('exit', kill)
  let complaints = ''
  bpftrace.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4096)
  })
  let skipped = -1
  const stop = once(async () => {
    phases.leave('begin')
    phases.leave('record')
    skipped = recursionMisses(bpftrace.pid)
    bpftrace.kill('SIGINT')
  })
  const begin = once(async () => {
    if (options.seconds !== undefined) setTimeout(stop, options.seconds * 1000).unref()
    if (options.workload.length > 0) await runWorkload(options)
    else return
    await stop()
  })
  const interrupted = () => void stop()
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  let workload: Promise<void> = Promise.resolve()
  try {
    const trailer = await writeRecording(bpftrace.stdout, options.output, {
      begun() {
        phases.leave('begin')
        workload = begin()
        // It is looked at below; the recording ends in any case.
        workload.catch(stop)
      },
      progress(count) {
        events = count
        say()
      },
      async ended() {
        phases.leave('print')
        const status = await ended
        if (status !== 0) throw new InputError(refusal(status, complaints))
        return skipped
      },
    })
    await workload.catch((thrown: unknown) => {
      // There was nothing to record.
      if (options.output !== undefined) rmSync(options.output)
      throw thrown
    })
    return { trailer, times: phases.times }
  } finally {
    clearInterval(clock)
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
    process.off('exit', kill)
    kill()
  }
}

async function runWorkload({ workload: [name = '', ...args], output }: RunOptions): Promise<void> {
  // What it prints does not get into the recording.
  const stdout = output === undefined ? 2 : 'inherit'
  const status = await endOf(spawn(name, args, { stdio: ['inherit', stdout, 'inherit'] }))
  if (status !== 0) process.stderr.write(`kernel-sim: ${name} ended with ${status}\n`)
}

/** The exit status of a process, or the signal that ended it. @throws InputError when it cannot be started. */
function endOf(child: ChildProcess): Promise<number | string> {
  const end = new Promise<number | string>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'there is no such program' : error.message
      reject(new InputError(`${child.spawnfile} cannot be started: ${why}`))
    })
    child.on('close', (status, signal) => resolve(status ?? signal ?? 'nothing'))
  })
  // Whoever waits for it gets the error; nobody may wait yet.
  end.catch(() => {})
  return end
}

/** The first of what bpftrace complained of. */
function refusal(status: number | string, complaints: string): string {
  const lines = complaints
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('RLIMIT_MEMLOCK'))
  return `bpftrace ended with ${status}: ${lines.slice(0, 3).join(' ') || 'it does not say why'}`
}

/**
 * How many hits the BPF programs of a process skipped, because another one ran on that CPU: the kernel shows it for each
 * program that the process holds (bpf_prog_show_fdinfo() in kernel/bpf/syscall.c, from 5.12 on). -1 when it does not.
 */
function recursionMisses(pid: number | undefined): number {
  let sum = -1
  try {
    const folder = `/proc/${pid}/fdinfo`
    for (const name of readdirSync(folder)) {
      const misses = /^recursion_misses:\s*(\d+)$/m.exec(readFileSync(join(folder, name), 'utf8'))
      if (misses !== null) sum = Math.max(sum, 0) + Number(misses[1])
    }
  } catch {
    // The process has ended, or holds no such file any longer: nobody can tell now.
    return -1
  }
  return sum
}

/** The same promise however often it is asked for. */
function once(act: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => (running ??= act())
}
