/** Ftrace task: what stands before the CPU in a line of ftrace. */

/** What stands before the CPU: `kworker/1:2-4663`, with a process id in parentheses in newer kernels if asked for. */
export interface TaskName {
  readonly comm: string
  /** NaN where there is no task. */
  readonly pid: number
  /** True if the CPU may be another one than that after it: it is no task, has a line break in it, or what looks like a CPU. */
  readonly doubtful: boolean
}

/** The name of a buffer, which trace-cmd writes first where there are several: the name of the task fills 16 columns after it. */
const BUFFER = /^\S+: (?=.{16,}-\d+ *$)/

export function taskName(text: string): TaskName {
  const task = text.replace(/^(?:> ?)+/, '').replace(BUFFER, '')
  const ambiguous = /\n|\[\d{3,}\]/.test(text)
  // Some texts have the column cut off.
  if (task.trim() === '') return { comm: '', pid: -1, doubtful: ambiguous }
  const [, comm = '', digits] = /^\s*(.*)-(\d+) *(?:\([ \d-]*\) *)?$/.exec(task) ?? []
  const pid = digits === undefined ? Number.NaN : Number(digits)
  return { comm, pid, doubtful: ambiguous || Number.isNaN(pid) }
}
