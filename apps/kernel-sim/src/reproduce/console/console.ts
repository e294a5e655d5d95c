/** Console: what a machine printed, taken apart: lines of the module, of init, and reports of the kernel. Nothing is judged here. */
import { LogExplainer } from '../../log/explain.js'
import type { Explained } from '../../log/judge/explained.js'
import { LogReader } from '../../log/read/log-reader.js'
import { INIT_PREFIX } from '../machine/init.js'
import { type ProtocolLine, parseLine } from '../protocol.js'

/** A task in state D at the end, when all that could be given back was. */
export interface Sleeper {
  readonly pid: number
  readonly name: string
  /** It slept on for two seconds, and was not switched to in between. */
  readonly still: boolean
  /** Its stack in /proc, innermost frame first. */
  readonly stack: readonly string[]
  /** Seconds for which it was blocked when khungtaskd last reported it. */
  readonly hung: number | undefined
}

export interface ConsoleReading {
  /** `uname -r` of the machine; undefined where its first program was never started. */
  readonly kernel: string | undefined
  /** What the module printed. */
  readonly lines: readonly ProtocolLine[]
  /** What insmod returned; undefined where it never did. */
  readonly insmod: number | undefined
  readonly sleepers: readonly Sleeper[]
  /** What the kernel reported: lockdep's splats, blocked tasks and others. */
  readonly reports: readonly Explained[]
  /** What the kernel said when it panicked. */
  readonly panic: string | undefined
  /** Init has said all. */
  readonly complete: boolean
  /** The last line of all that says something. */
  readonly last: string
}

/** Reads what a machine printed. */
export function readConsole(text: string): ConsoleReading {
  const explainer = new LogExplainer()
  const reader = new LogReader((line) => explainer.add(line))
  const init = new InitReader()
  const lines: ProtocolLine[] = []
  let panic: string | undefined
  let last = ''
  for (const raw of text.split('\n')) {
    const line = raw.replaceAll('\r', '')
    if (/\w/.test(line)) last = line.trim()
    panic ??= /Kernel panic - not syncing: (.*)/.exec(line)?.[1]
    const isInit = init.take(line)
    const parsed = isInit ? null : parseLine(line)
    if (parsed !== null) lines.push(parsed)
    // An empty line in its place: reports name lines by their numbers.
    reader.push(Buffer.from(isInit || parsed !== null ? '\n' : `${line}\n`))
  }
  reader.end()
  const { reports } = explainer.end()
  return { ...init.reading(), lines, reports, panic, last }
}

/** Reads what init says: see machine/init.ts. */
class InitReader {
  #kernel: string | undefined
  #insmod: number | undefined
  #again = false
  #complete = false
  /** By process. */
  readonly #seen = new Map<number, { name: string; switches: number; still: boolean }>()
  readonly #stacks = new Map<number, string[]>()
  readonly #hung = new Map<number, number>()

  /** Returns true for a line of init's. */
  take(text: string): boolean {
    // The first line comes after what the firmware leaves without an end of line.
    const start = text.indexOf(INIT_PREFIX)
    if (start < 0) return false
    const [, word = '', rest = ''] =
      /^(\S+) ?(.*)$/.exec(text.slice(start + INIT_PREFIX.length)) ?? []
    switch (word) {
      case 'kernel':
        this.#kernel = rest
        break
      case 'insmod':
        this.#insmod = Number(rest)
        break
      case 'asleep':
        this.#asleep(rest)
        break
      case 'again':
        this.#again = true
        break
      case 'stack':
        this.#stack(rest)
        break
      case 'hung':
        this.#hangs(rest)
        break
      case 'end':
        this.#complete = true
        break
    }
    return true
  }

  #asleep(text: string): void {
    const [, pid = '', switches = '', name = ''] = /^(\d+) (\d+) (.*)$/.exec(text) ?? []
    if (pid === '') return
    const before = this.#seen.get(Number(pid))
    if (!this.#again)
      this.#seen.set(Number(pid), { name, switches: Number(switches), still: false })
    else if (before !== undefined) before.still = before.switches === Number(switches)
  }

  #stack(text: string): void {
    const [, pid = '', frame = ''] = /^(\d+) (?:\[<[\da-f]+>\] )?(.*)$/.exec(text) ?? []
    if (pid === '') return
    const frames = this.#stacks.get(Number(pid)) ?? []
    frames.push(frame)
    this.#stacks.set(Number(pid), frames)
  }

  #hangs(text: string): void {
    const [, pid = '', seconds = ''] =
      /task .*:(\d+) blocked for more than (\d+) seconds/.exec(text) ?? []
    if (pid !== '') this.#hung.set(Number(pid), Number(seconds))
  }

  reading(): Pick<ConsoleReading, 'kernel' | 'insmod' | 'sleepers' | 'complete'> {
    return {
      kernel: this.#kernel,
      insmod: this.#insmod,
      sleepers: [...this.#seen].map(([pid, { name, still }]) => ({
        pid,
        name,
        still,
        stack: this.#stacks.get(pid) ?? [],
        hung: this.#hung.get(pid),
      })),
      complete: this.#complete,
    }
  }
}
