/** OOM report: what the kernel logs when it kills (mm/oom_kill.c, dump_header, dump_tasks and __oom_kill_process, 6.1). A stack it has not: nothing is made up. */
import { formatGfp, linux6_1 } from '@scopemask/allocator'

/** A program, as the list of tasks shows it. */
export interface OomTask {
  readonly pid: number
  readonly name: string
  /** Pages that it has mapped, and of those the ones that are there. */
  readonly pages: number
  readonly rss: number
  readonly isVictim: boolean
}

export interface OomKill {
  /** Who needed memory. */
  readonly invoker: { readonly name: string; readonly cpu: number }
  readonly gfp: number
  readonly order: number
  readonly tasks: readonly OomTask[]
  /** What the allocator prints of memory. */
  readonly memInfo: string
}

/** TASK_COMM_LEN, without the end. */
const COMM = 15
/** A page table of the lowest level maps so many pages; those above it are four pages. */
const PAGES_PER_TABLE = 512
const UPPER_TABLES = 4

/** The lines of the report, without time stamps. */
export function oomReport({ invoker, gfp, order, tasks, memInfo }: OomKill): string {
  const invoked = invoker.name.slice(0, COMM)
  const pid = tasks.find(({ name }) => name === invoker.name)?.pid ?? 0
  const mask = `0x${(gfp >>> 0).toString(16)}(${formatGfp(linux6_1, gfp)})`
  return [
    `${invoked} invoked oom-killer: gfp_mask=${mask}, order=${order}, oom_score_adj=0`,
    `CPU: ${invoker.cpu} PID: ${pid} Comm: ${invoked} Not tainted 6.1.192 #1`,
    'Hardware name: kernel-sim',
    ...memInfo.trimEnd().split('\n'),
    'Tasks state (memory values in pages):',
    '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
    ...tasks.map(taskLine),
    ...tasks.filter(({ isVictim }) => isVictim).flatMap(killLines),
  ].join('\n')
}

function taskLine({ pid, name, pages, rss }: OomTask): string {
  const of = (value: number | string, width: number): string => String(value).padStart(width)
  return `[${of(pid, 7)}] ${of(0, 5)} ${of(pid, 5)} ${of(pages, 8)} ${of(rss, 8)} ${of(tables(pages), 8)} ${of(0, 8)}         ${of(0, 5)} ${name.slice(0, COMM)}`
}

function killLines({ pid, name, pages, rss }: OomTask): string[] {
  const comm = name.slice(0, COMM)
  return [
    `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=${comm},pid=${pid},uid=0`,
    `Out of memory: Killed process ${pid} (${comm}) total-vm:${pages * 4}kB, anon-rss:${rss * 4}kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:${tables(pages) / 1024}kB oom_score_adj:0`,
  ]
}

/** Bytes of the page tables of so many pages. */
function tables(pages: number): number {
  return (Math.ceil(pages / PAGES_PER_TABLE) + UPPER_TABLES) * 4096
}
