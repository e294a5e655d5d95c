/**
 * OOM report: what the kernel logs when the OOM killer kills (mm/oom_kill.c, dump_header, dump_tasks and __oom_kill_process;
 * mm/memcontrol.c, mem_cgroup_print_oom_context; 6.1.192). A stack is the caller's to give: nothing is made up.
 */
import { formatGfp } from '../gfp/format.js'
import { linux6_1 } from '../gfp/kernels.js'
import type { OomConstraint } from '../oom/badness.js'

/** A program, as the list of tasks shows it. */
export interface OomReportTask {
  /** Its number. */
  readonly pid: number
  /** Its name: the kernel prints 15 characters of it. */
  readonly name: string
  /** By default 0. */
  readonly uid?: number
  /** Pages that it has mapped. */
  readonly pages: number
  /** Of those the ones that are there. */
  readonly rss: number
  /** Of those that are there, the ones of files; by default none. */
  readonly fileRss?: number
  /** By default what so many pages need. */
  readonly pageTableBytes?: number
  /** Pages in swap; by default none. */
  readonly swapEntries?: number
  /** By default 0. */
  readonly scoreAdj?: number
  /** It dies. */
  readonly isVictim: boolean
}

/** A kill. */
export interface OomKill {
  /** Who needed memory. */
  readonly invoker: {
    /** The name of the task. */
    readonly name: string
    /** By default 0. */
    readonly scoreAdj?: number
  }
  /** The flags of the request, as its scopes leave them. */
  readonly gfp: number
  /** The pages wanted were 2 to this power. */
  readonly order: number
  /** The lines of the stack, and of the machine above it; by default none. */
  readonly stack?: readonly string[]
  /** What the allocator prints of memory, or of the group whose limit it is. */
  readonly memInfo: string
  /** All that could have been killed. */
  readonly tasks: readonly OomReportTask[]
  /** By default none. */
  readonly constraint?: OomConstraint
  /** The nodes of the request's policy, as `0-1`; by default it has none. */
  readonly nodemask?: string
  /** The nodes that the task may use; by default `0`. */
  readonly memsAllowed?: string
  /** The path of the group whose limit it is; by default it is the machine's memory. */
  readonly memcg?: string
  /** The path of the group that the victim is in; by default `/`. */
  readonly taskMemcg?: string
}

/** TASK_COMM_LEN, without the end. */
const COMM = 15
/** A page table of the lowest level maps so many pages; those above it are four pages. */
const PAGES_PER_TABLE = 512
const UPPER_TABLES = 4

/** The lines of the report, without time stamps. */
export function oomReport(kill: OomKill): string {
  const { invoker, gfp, order, stack = [], tasks, memInfo } = kill
  const mask = `0x${(gfp >>> 0).toString(16)}(${formatGfp(linux6_1, gfp)})`
  return [
    `${comm(invoker.name)} invoked oom-killer: gfp_mask=${mask}, order=${order}, oom_score_adj=${invoker.scoreAdj ?? 0}`,
    ...stack,
    ...memInfo.trimEnd().split('\n'),
    'Tasks state (memory values in pages):',
    '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
    ...tasks.map(taskLine),
    ...tasks.filter(({ isVictim }) => isVictim).flatMap((task) => killLines(kill, task)),
  ].join('\n')
}

function taskLine(task: OomReportTask): string {
  const { pid, uid = 0, pages, rss, swapEntries = 0, scoreAdj = 0, name } = task
  const of = (value: number, width: number): string => String(value).padStart(width)
  return `[${of(pid, 7)}] ${of(uid, 5)} ${of(pid, 5)} ${of(pages, 8)} ${of(rss, 8)} ${of(tables(task), 8)} ${of(swapEntries, 8)}         ${of(scoreAdj, 5)} ${comm(name)}`
}

function killLines(kill: OomKill, task: OomReportTask): string[] {
  const { constraint = 'CONSTRAINT_NONE', nodemask = '(null)', memsAllowed = '0' } = kill
  const { memcg, taskMemcg = '/' } = kill
  const { pid, uid = 0, name } = task
  const group = memcg === undefined ? 'global_oom' : `oom_memcg=${memcg}`
  return [
    `oom-kill:constraint=${constraint},nodemask=${nodemask},cpuset=/,mems_allowed=${memsAllowed},${group},task_memcg=${taskMemcg},task=${comm(name)},pid=${pid},uid=${uid}`,
    oomKilledLine(task, memcg),
  ]
}

/**
 * The line of a kill, which ends its report; tasks that are killed with another one (memory.oom.group) have no other.
 * @param memcg the path of the group whose limit it is; by default it is the machine's memory
 */
export function oomKilledLine(task: OomReportTask, memcg?: string): string {
  const { pid, uid = 0, name, pages, rss, fileRss = 0, scoreAdj = 0 } = task
  const message = memcg === undefined ? 'Out of memory' : 'Memory cgroup out of memory'
  return `${message}: Killed process ${pid} (${comm(name)}) total-vm:${kib(pages)}, anon-rss:${kib(rss - fileRss)}, file-rss:${kib(fileRss)}, shmem-rss:0kB, UID:${uid} pgtables:${tables(task) / 1024}kB oom_score_adj:${scoreAdj}`
}

const comm = (name: string): string => name.slice(0, COMM)

const kib = (pages: number): string => `${pages * 4}kB`

/** Bytes of the page tables. */
function tables({ pages, pageTableBytes }: OomReportTask): number {
  return pageTableBytes ?? (Math.ceil(pages / PAGES_PER_TABLE) + UPPER_TABLES) * 4096
}
