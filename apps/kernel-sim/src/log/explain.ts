/**
 * Explain: reads the lines of a kernel log and says what its reports mean. Reports that say the same are kept once, with their number, so that
 * memory does not grow with the length of a log.
 */
import { explainAllocation } from './judge/allocation.js'
import { explainTasks } from './judge/blocked-tasks.js'
import { explainCpu } from './judge/cpu.js'
import type { Explained } from './judge/explained.js'
import { explainFlush } from './judge/flush.js'
import { explainLockMisuse } from './judge/lock-misuse.js'
import { explainLockdep } from './judge/lockdep.js'
import { explainMemory } from './judge/memory.js'
import { explainSleep } from './judge/sleep.js'
import { explainWorkqueues } from './judge/workqueues.js'
import type { LogLine } from './read/log-line.js'
import { Finder } from './report/finder.js'
import { OtherLineCounter, type OtherLines } from './report/other-lines.js'
import type { FoundReport, TaskFound, UnexplainedFound } from './report/report.js'
import { UnexplainedCounter, type UnexplainedReports } from './report/unexplained-counter.js'

/** What a log says. */
export interface LogExplanation {
  readonly reports: readonly Explained[]
  /** How many reports were found, those counted included that say the same as another. */
  readonly found: number
  /** Reports of kinds of which nothing is said but what they are. */
  readonly unexplained: readonly UnexplainedReports[]
  /** Tasks that were shown, and do not wait for anything that has to come: they sleep, or run. */
  readonly idle: number
  /** Lines that belong to no report. */
  readonly others: readonly OtherLines[]
  /** Reports that are not kept, because there are too many different ones. */
  readonly dropped: number
}

/** So many different reports are kept. */
const MOST_REPORTS = 1000
/** Blocked tasks are of one episode as long as no more seconds pass between them. */
const EPISODE = 600
/** So many tasks of an episode are looked at. */
const MOST_TASKS = 256

export class LogExplainer {
  readonly #kernel: string | undefined
  readonly #finder: Finder
  readonly #others = new OtherLineCounter()
  readonly #unexplained = new UnexplainedCounter()
  readonly #reports = new Map<string, { explained: Explained; count: number }>()
  #episode: TaskFound[] = []
  #bootedKernel: string | undefined
  #found = 0
  #dropped = 0
  #idle = 0

  /** @param kernel which it is, where the log does not say */
  constructor(kernel?: string) {
    this.#kernel = kernel
    this.#finder = new Finder({
      report: (found) => this.#take(found),
      other: (line) => this.#other(line),
    })
  }

  add(line: LogLine): void {
    this.#finder.add(line)
  }

  /** No further line comes: all that was found, in the order of the log. */
  end(): LogExplanation {
    this.#finder.end()
    this.#endEpisode()
    const reports = [...this.#reports.values()].map(({ explained, count }) => ({
      ...explained,
      count,
    }))
    reports.sort((a, b) => a.first - b.first)
    return {
      reports,
      found: this.#found,
      unexplained: this.#unexplained.counts(),
      idle: this.#idle,
      others: this.#others.counts(),
      dropped: this.#dropped,
    }
  }

  #other(line: LogLine): void {
    this.#others.add(line)
    const booted = /^Linux version (\S+)/.exec(line.text)?.[1]
    if (booted === undefined) return
    // Another boot: tasks of the one before do not wait for those of this one.
    this.#endEpisode()
    this.#bootedKernel = booted
  }

  #take(found: FoundReport): void {
    if (found.found === 'unexplained') {
      this.#unexplained.add(found)
      return
    }
    this.#found++
    if (found.found === 'task') {
      this.#takeTask(found)
      return
    }
    this.#keep(this.#explain(found))
  }

  #explain(found: Exclude<FoundReport, TaskFound | UnexplainedFound>): Explained {
    switch (found.found) {
      case 'lockdep':
        return explainLockdep(found)
      case 'flush':
        return explainFlush(found)
      case 'workqueue':
        return explainWorkqueues(found)
      case 'allocation':
        return explainAllocation(found, this.#bootedKernel ?? this.#kernel)
      case 'cpu':
        return explainCpu(found)
      case 'sleep':
        return explainSleep(found)
      case 'lock-misuse':
        return explainLockMisuse(found)
      case 'memory':
        return explainMemory(found)
    }
  }

  #takeTask(found: TaskFound): void {
    const before = this.#episode.at(-1)
    const gap =
      found.time !== undefined && before?.time !== undefined ? found.time - before.time : 0
    if (gap > EPISODE || gap < 0) this.#endEpisode()
    // khungtaskd repeats itself, and SysRq shows the same tasks again.
    const again = this.#episode.findIndex(
      ({ pid, comm, stack }) =>
        pid === found.pid &&
        comm === found.comm &&
        pathOf(stack?.frames) === pathOf(found.stack?.frames),
    )
    if (again >= 0) return
    if (this.#episode.length < MOST_TASKS) this.#episode.push(found)
    else this.#dropped++
  }

  #endEpisode(): void {
    // A dump of all tasks shows many that only sleep.
    const owners = new Set(this.#episode.map(({ blocker }) => blocker?.pid))
    const tasks = this.#episode.filter(
      ({ seconds, state, pid }) =>
        seconds !== undefined || state === 'D' || (pid !== undefined && owners.has(pid)),
    )
    this.#idle += this.#episode.length - tasks.length
    if (tasks.length > 0) this.#keep(explainTasks(tasks))
    this.#episode = []
  }

  #keep(report: Explained): void {
    const kernel = report.kernel ?? this.#bootedKernel ?? this.#kernel
    const explained = kernel === undefined ? report : { ...report, kernel }
    const key = keyOf(explained)
    const known = this.#reports.get(key)
    if (known !== undefined) known.count++
    else if (this.#reports.size < MOST_REPORTS) this.#reports.set(key, { explained, count: 1 })
    else this.#dropped++
  }
}

/** What makes two reports the same: not when, nor which task. */
function keyOf({ kind, verdict, chain, tasks, gfp, reasons }: Explained): string {
  return [
    kind,
    verdict,
    ...chain.map(({ what }) => what.replace(/\d+/g, 'N')),
    ...tasks.map(({ stack, work }) => `${work ?? ''}${pathOf(stack)}`),
    gfp?.mode ?? '',
    String(reasons.length),
  ].join('|')
}

function pathOf(frames: readonly { readonly fn: string }[] | undefined): string {
  return (frames ?? []).map(({ fn }) => fn).join(';')
}
