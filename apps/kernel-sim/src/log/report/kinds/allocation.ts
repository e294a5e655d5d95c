/** Requests for memory that failed or took long (mm/page_alloc.c, warn_alloc), and the OOM killer (mm/oom_kill.c). */
import type { LogLine } from '../../read/log-line.js'
import { reporterOf } from '../block.js'
import { MEM_INFO_LINE, memInfoOf } from '../mem-info.js'
import type { AllocationFound } from '../report.js'
import type { ReportKind } from '../report-kind.js'
import { stacksIn } from '../stack-lines.js'

const MODE = String.raw`mode:0x([\da-f]+)(?:\(([^)]*)\)?)?`
const FAILURE = new RegExp(String.raw`^(.+?): page allocation failure[:.] ?order:(\d+), ${MODE}`)
const STALL = new RegExp(
  String.raw`^(.+?): page allocation stalls for (\d+)ms, order:(\d+), ${MODE}`,
)
const VMALLOC =
  /^(.+?): vmalloc(?: error)?: .*(?:page order (\d+).*)?mode:0x([\da-f]+)(?:\(([^)]*)\)?)?/
const OOM =
  /^(.+?) invoked oom-killer: gfp_mask=0x([\da-f]+)(?:\(([^)]*)\)?)?,? (?:nodemask=(\S+?), ?)?.*?order=(-?\d+)/
const KILLED =
  /^(?:Out of memory|Memory cgroup out of memory|Out of memory \(oom_kill_allocating_task\)|.*): Kill(?:ed)? process (\d+) \((.+?)\)|^Killed process (\d+) \((.+?)\)/

export const allocationKind: ReportKind = {
  begins: new RegExp(`${FAILURE.source}|${STALL.source}|${VMALLOC.source}|${OOM.source}`),
  has: new RegExp(
    `${MEM_INFO_LINE.source}|^\\[ *(?:\\d+|pid) *\\]|^Tasks state|^oom-kill:|^oom_reaper|^(?:Out of memory|Memory cgroup|Killed process|memory: usage|memory\\+swap: usage|swap: usage|kmem: usage|Task in )|^SLUB: |^\\s+(?:cache|node \\d+): |^warn_alloc|^.{1,24} cpuset=\\S+ mems_allowed=|^\\s+(?:oom_score|total-vm)|^(?:anon|file|kernel_stack|slab) \\d`,
  ),
  longest: 3000,
  parse({ lines, interleaved, overlong }) {
    const first = lines[0]
    const asked = askedOf(first?.text ?? '')
    const memInfo = memInfoOf(lines)
    const stack = stacksIn(lines)[0]
    const head = first?.text ?? ''
    return {
      found: 'allocation',
      first: first?.line ?? 0,
      last: lines.at(-1)?.line ?? 0,
      time: first?.time,
      reporter: reporterOf(lines),
      missing: [
        ...(stack === undefined ? ['the stack of the request'] : []),
        ...(memInfo === undefined ? ['Mem-Info'] : memInfo.zones.length === 0 ? ['the zones'] : []),
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
      memcg: memcgOf(lines),
    }
  },
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

/** `memory: usage 1048576kB, limit 1048576kB, failcnt 123` */
function memcgOf(lines: readonly LogLine[]): AllocationFound['memcg'] {
  for (const { text, line } of lines) {
    const match = /^memory: usage (\d+)kB, limit (\d+)kB/.exec(text)
    if (match !== null) return { usage: Number(match[1]), limit: Number(match[2]), line }
  }
  return undefined
}

function killedOf(lines: readonly LogLine[]): AllocationFound['killed'] {
  for (const { text, line } of lines) {
    const match = KILLED.exec(text)
    if (match === null) continue
    return { pid: Number(match[1] ?? match[3]), comm: match[2] ?? match[4] ?? '', line }
  }
  return undefined
}
