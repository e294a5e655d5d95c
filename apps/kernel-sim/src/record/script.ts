/**
 * Script: the recorder, as a program for bpftrace. Tracepoints only, no kprobes; no maps of its own, since an event that
 * comes while a map is worked on is skipped in silence. Its output is converter.ts's input, not meant for people.
 *
 * The protocol: `#name\tvalue` lines say what was recorded; an event is a line `@` with values between tabs, the task's
 * name last, since that can be anything; then its stack, if it has one, as bpftrace prints it: whole, `~`, 12 frames,
 * `$`. bpftrace loses a stack when its place in the table of stacks is taken (0.6 % of them), which seldom happens to both. Each attempt
 * costs the task that is recorded, and bpftrace that prints it: it spends most of its time on the frames of stacks.
 */
import { RECORDED_EVENTS, type RecordedEvent } from './events.js'

/** Whom to record. What is given twice is alternatives; different kinds all have to be met. */
export interface RecordFilter {
  /** Process ids. */
  readonly pids: readonly number[]
  /** Names of tasks; `wl-*` is a beginning. At most 15 bytes, as the kernel has them. */
  readonly comms: readonly string[]
  /** Paths of cgroups in a cgroup2 file system; tasks of groups inside do not count. */
  readonly cgroups: readonly string[]
  /** True if kernel threads are recorded too: the workers that work is delegated to are. */
  readonly kernelThreads: boolean
}

export interface RecordOptions extends RecordFilter {
  /** True if what becomes of pages is recorded too: their frees, fallbacks and compaction. */
  readonly pages: boolean
  /** How long, in seconds; undefined until it is interrupted. */
  readonly seconds: number | undefined
  /** The command line that made the script; for the recording's header. */
  readonly command: string
  /** A process that is left out: whoever does the recording. */
  readonly recorder: number | undefined
  /** Tracepoints that this kernel does not have. They are left out. */
  readonly missing: readonly string[]
}

/** Who is looked at: PF_KTHREAD is 0x200000 in all kernels (include/linux/sched.h). */
function predicate({ pids, comms, cgroups, kernelThreads }: RecordFilter): string {
  const any = (conditions: readonly string[]) =>
    conditions.length === 0 ? [] : [`(${conditions.join(' || ')})`]
  const wanted = [
    ...any(pids.map((pid) => `pid == ${pid}`)),
    ...any(comms.map(commCondition)),
    ...any(cgroups.map((path) => `cgroup == cgroupid("${path}")`)),
  ].join(' && ')
  const thread = 'curtask->flags & 0x200000'
  if (kernelThreads) return wanted === '' ? '1' : `((${thread}) || (${wanted}))`
  return wanted === '' ? `!(${thread})` : `(!(${thread}) && ${wanted})`
}

function commCondition(comm: string): string {
  if (!comm.endsWith('*')) return `comm == "${comm}"`
  return `strncmp(comm, "${comm.slice(0, -1)}", ${comm.length - 1}) == 0`
}

/** Printed for the task's name where the task was not looked at. */
const ANONYMOUS = '(other)'

/** The program. */
export function recorderScript(options: RecordOptions): string {
  const { seconds, command, missing, recorder, pages } = options
  const who = predicate(options)
  // bpftrace works for the recording, not for the workload.
  const not = recorder === undefined ? NOT_BPFTRACE : `${NOT_BPFTRACE} && pid != ${recorder}`
  const wanted = RECORDED_EVENTS.map((event, index) => ({ event, index })).filter(
    ({ event }) => pages || event.ofPages !== true,
  )
  const probes = wanted.filter(({ event }) => !missing.includes(event.tracepoint))
  const duration = seconds === undefined ? '' : `\ninterval:s:${seconds}\n{\n  exit();\n}\n`
  const left = wanted
    .filter(({ event }) => missing.includes(event.tracepoint))
    .map(({ event }) => `// This kernel has no ${event.tracepoint}.\n`)
    .join('')
  return `#!/usr/bin/env bpftrace
// Records allocations and work items with the flags of their tasks, for kernel-sim audit. Made by
//   ${command}
// To be run as root: bpftrace FILE > output; then, anywhere: kernel-sim record --convert output > trace.ndjson
// It needs bpftrace 0.17 or later and Linux 6.1 or later with BTF.
${left}
BEGIN
{
  printf("#recorder\\t1\\n");
  printf("#kernel\\t%s %s\\t", curtask->nsproxy->uts_ns->name.sysname, curtask->nsproxy->uts_ns->name.release);
  printf("%s\\n", curtask->nsproxy->uts_ns->name.version);
  printf("#command\\t");
${literally(command)}
  printf("\\n");
}
${probes.map(({ event, index }) => probe(event, index, who, not)).join('')}${duration}
END
{
  printf("#end\\t1\\n");
}
`
}

/** Statements that print a text as it is. No version of bpftrace takes an escaped `%` in the format of printf. */
function literally(text: string): string {
  return text
    .split('%')
    .map((part) => `  printf("${part.replace(/["\\]/g, '\\$&')}");`)
    .join('\n  printf("%s", "%");\n')
}

const NOT_BPFTRACE = 'comm != "bpftrace"'

function probe(event: RecordedEvent, index: number, who: string, not: string): string {
  const { tracepoint, condition, of } = event
  const always = [not, ...(condition === undefined ? [] : [condition])]
  const looked = of === 'tasks' && who !== '1' ? [who] : []
  const body =
    of === 'tasks-and-anonymous' && who !== '1'
      ? `  if (${who}) {
    ${print(event, index)}
  } else {
    ${printAnonymous(event, index)}
  }`
      : `  ${print(event, index)}`
  return `
tracepoint:${tracepoint}
/ ${[...always, ...looked].join(' && ')} /
{
${body}
}
`
}

function print({ fields, stack }: RecordedEvent, index: number): string {
  const formats = fields.map(({ format }) => format)
  const values = fields.map(({ expression }) => expression)
  const line = ['@%d', '%llu', '%d', '%d', '%u', ...formats, '%s'].join('\\t')
  const args = [index, 'nsecs', 'cpu', 'tid', 'curtask->flags', ...values, 'comm'].join(', ')
  return stack
    ? `printf("${line}\\n%s~\\n%s$\\n", ${args}, kstack, kstack(12));`
    : `printf("${line}\\n", ${args});`
}

/** Nothing about the task, and no stack: an empty one. */
function printAnonymous({ fields }: RecordedEvent, index: number): string {
  const formats = fields.map(({ format }) => format)
  const values = fields.map(({ expression }) => expression)
  const line = ['@%d', '%llu', '%d', '-1', '0', ...formats, ANONYMOUS].join('\\t')
  return `printf("${line}\\n!$\\n", ${[index, 'nsecs', 'cpu', ...values].join(', ')});`
}
