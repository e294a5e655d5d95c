/** Requests for memory that failed or took long (mm/page_alloc.c, warn_alloc), and the OOM killer (mm/oom_kill.c). */
import type { LogLine } from '../../read/log-line.js'
import { reporterOf } from '../block.js'
import { MEM_INFO_LINE, memInfoOf } from '../mem-info.js'
import type { AllocationFound } from '../report.js'
import type { ReportKind } from '../report-kind.js'
import { stacksIn } from '../stack-lines.js'

const MODE = String.raw`mode:0x([\da-f]+)(?:\(([^)]*)\)?)?`
const FAILURE = new RegExp(String.raw`^(.+?): page allocation failure[:.] ?order:(\d+),? ${MODE}`)
const STALL = new RegExp(
  String.raw`^(.+?): page allocation stalls for (\d+)ms, order:(\d+),? ${MODE}`,
)
const VMALLOC =
  /^(.+?): vmalloc(?: error)?: (?:.*?page order (\d+))?.*?mode:0x([\da-f]+)(?:\(([^)]*)\)?)?/
const SLUB =
  /^SLUB: Unable to allocate memory on (?:CPU \d+ \(of node -?\d+\) on )?node -?\d+,? \(?gfp=0x([\da-f]+)(?:\(([^)]*)\)?)?/
const OOM =
  /^(.+?) invoked oom-killer: gfp_mask=0x([\da-f]+)(?:\(([^)]*)\)?)?,? (?:nodemask=(\S+?), ?)?.*?order=(-?\d+)/
const KILLS =
  /^(?:Out of memory|Memory cgroup out of memory|Out of memory \([^)]*\)): Kill(?:ed)? process (\d+),? \((.+?)\)(?=,|:| |$)/
const KILLED = new RegExp(
  `${KILLS.source}|^Killed process (\\d+),?(?: UID \\d+,?)? \\((.+?)\\)(?=,|:| |$)`,
)
/** memory.stat, of the group that is full; since 5.0 with newlines in it, as root reads it. */
const MEMCG_STAT =
  /^(?:anon|file|kernel|kernel_stack|slab|pagetables|sec_pagetables|percpu|sock|vmalloc|shmem|zswap|zswapped|file_\w+|swapcached|anon_thp|shmem_thp|inactive_\w+|active_\w+|unevictable|slab_\w+|workingset_\w+|pg\w+|thp_\w+|numa_\w+|hugetlb|zswp\w+|kmem|swap\w*) \d+$/

export const allocationKind: ReportKind = {
  begins: new RegExp(
    `${FAILURE.source}|${STALL.source}|${VMALLOC.source}|${OOM.source}|${SLUB.source}|${KILLED.source}`,
  ),
  has: new RegExp(
    `${MEM_INFO_LINE.source}|${MEMCG_STAT.source}|^\\[ *(?:\\d+|pid) *\\]|^Tasks state|^oom-kill:|^oom_reaper|^(?:Out of memory|Memory cgroup|Killed process|memory: usage|memory\\+swap: usage|swap: usage|kmem: usage|Task in )|^SLUB: |^\\s+(?:cache|node \\d+): |^warn_alloc|^.{1,24} cpuset=\\S+ mems_allowed=|^\\s+(?:oom_score|total-vm)|^(?:anon|file|kernel_stack|slab) \\d`,
  ),
  // The kill ends the report that says why; SLUB tells of the cache below the request that failed.
  goesOn: (lines, { text }) => {
    if (SLUB.test(text)) return lines.some((line) => FAILURE.test(line.text))
    if (!KILLED.test(text)) return false
    return !KILLS.test(text) || !lines.some((line) => KILLS.test(line.text))
  },
  longest: 3000,
  parse({ lines, interleaved, overlong }) {
    const first = lines[0]
    const asked = askedOf(lines.find(({ text }) => allocationKind.begins.test(text))?.text ?? '')
    const memInfo = memInfoOf(lines)
    const stack = stacksIn(lines)[0]
    const memcg = memcgOf(lines)
    const head = first?.text ?? ''
    return {
      found: 'allocation',
      first: first?.line ?? 0,
      last: lines.at(-1)?.line ?? 0,
      time: first?.time,
      reporter: reporterOf(lines),
      missing: [
        ...(asked.gfp === undefined ? ['the request'] : []),
        ...(stack === undefined ? ['the stack of the request'] : []),
        // Of a full memory cgroup the kernel prints the group's own numbers.
        ...(memInfo === undefined
          ? memcg === undefined
            ? ['Mem-Info']
            : []
          : memInfo.zones.length === 0
            ? ['the zones']
            : []),
        ...(memInfo?.zones.some(({ free }) => free === undefined)
          ? ['the free blocks by order of some zones']
          : []),
        ...(overlong ? ['the rest, which is too long'] : []),
      ],
      interleaved,
      ...asked,
      nodemask: /nodemask=(\([^)]*\)|[\d,-]+)/.exec(head)?.[1],
      cpuset: cpusetOf(lines),
      memsAllowed: lines.map(({ text }) => /mems_allowed=([\d,-]+)/.exec(text)?.[1]).find(Boolean),
      stack,
      memInfo,
      killed: killedOf(lines),
      constraint: lines
        .map(({ text }) => /constraint=(CONSTRAINT_\w+)/.exec(text)?.[1])
        .find(Boolean),
      memcg,
    }
  },
}

/** What a line asks for, where SLUB says it alone. */
function askedOfSlub(text: string): Asked | undefined {
  const match = SLUB.exec(text)
  if (match === null) return undefined
  const [, gfp = '0', names] = match
  return {
    what: 'failure',
    comm: 'a slab cache',
    order: 0,
    ...mode(gfp, names),
    milliseconds: undefined,
  }
}

type Asked = Pick<AllocationFound, 'what' | 'comm' | 'order' | 'gfp' | 'names' | 'milliseconds'>

/** What the first line says that was asked for. */
function askedOf(text: string): Asked {
  const stall = STALL.exec(text)
  if (stall !== null) {
    const [, comm = '', milliseconds, order, gfp = '0', names] = stall
    return {
      what: 'stall',
      comm,
      order: Number(order),
      ...mode(gfp, names),
      milliseconds: Number(milliseconds),
    }
  }
  const oom = OOM.exec(text)
  if (oom !== null) {
    const [, comm = '', gfp = '0', names, , order] = oom
    return { what: 'oom', comm, order: Number(order), ...mode(gfp, names), milliseconds: undefined }
  }
  const kill = KILLED.exec(text)
  if (kill !== null) {
    const request = { gfp: undefined, names: undefined, milliseconds: undefined }
    return { what: 'oom', comm: kill[2] ?? kill[4] ?? '', order: 0, ...request }
  }
  const slub = askedOfSlub(text)
  if (slub !== undefined) return slub
  const [, comm = '', order = '0', gfp = '0', names] =
    FAILURE.exec(text) ?? VMALLOC.exec(text) ?? []
  return {
    what: 'failure',
    comm,
    order: Number(order),
    ...mode(gfp, names),
    milliseconds: undefined,
  }
}

function mode(gfp: string, names: string | undefined): Pick<Asked, 'gfp' | 'names'> {
  return { gfp: Number.parseInt(gfp, 16) >>> 0, names: names === '' ? undefined : names }
}

function cpusetOf(lines: readonly LogLine[]): string | undefined {
  return lines.map(({ text }) => /cpuset=(\S+?)(?:,| |$)/.exec(text)?.[1]).find(Boolean)
}

/** `memory: usage 1048576kB, limit 1048576kB, failcnt 123`, and the lines that name the group. */
function memcgOf(lines: readonly LogLine[]): AllocationFound['memcg'] {
  let found: AllocationFound['memcg']
  for (const { text, line } of lines) {
    const amounts = /^memory: usage (\d+)kB, limit (\d+)kB/.exec(text)
    const group =
      /oom_memcg=([^,]+)/.exec(text)?.[1] ??
      /^Task in \S+ killed as a result of limit of (\S+)/.exec(text)?.[1]
    const full = /^Memory cgroup out of memory:|constraint=CONSTRAINT_MEMCG/.test(text)
    if (amounts === null && group === undefined && !full) continue
    found = {
      group: group ?? found?.group,
      usage: amounts === null ? found?.usage : Number(amounts[1]),
      limit: amounts === null ? found?.limit : Number(amounts[2]),
      line: amounts === null ? (found?.line ?? line) : line,
    }
  }
  return found
}

function killedOf(lines: readonly LogLine[]): AllocationFound['killed'] {
  let found: AllocationFound['killed']
  for (const { text, line } of lines) {
    const match = KILLED.exec(text)
    if (match === null) continue
    const anonymous = /anon-rss:(\d+)kB/.exec(text)?.[1]
    // Until 5.2 a child could be killed in place of the process that was chosen: the line that says so comes last.
    const killed = { pid: Number(match[1] ?? match[3]), comm: match[2] ?? match[4] ?? '' }
    if (found === undefined || match[3] !== undefined) {
      found = { ...killed, anonymous: undefined, line: found?.line ?? line }
    }
    if (anonymous !== undefined) found = { ...found, anonymous: Number(anonymous) }
  }
  return found
}
