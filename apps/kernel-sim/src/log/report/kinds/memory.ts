/** The state of memory that SysRq m shows (show_mem); below a request that failed, the same lines belong to its report. */
import { reporterOf } from '../block.js'
import { MEM_INFO_LINE, memInfoOf } from '../mem-info.js'
import type { ReportKind } from '../report-kind.js'

export const memoryKind: ReportKind = {
  begins: /^Mem-[Ii]nfo:/,
  has: MEM_INFO_LINE,
  longest: 1000,
  parse({ lines, interleaved, overlong }) {
    const memInfo = memInfoOf(lines)
    return {
      found: 'memory',
      first: lines[0]?.line ?? 0,
      last: lines.at(-1)?.line ?? 0,
      time: lines[0]?.time,
      reporter: reporterOf(lines),
      missing: [
        ...(memInfo === undefined || memInfo.zones.length === 0 ? ['the zones'] : []),
        ...(overlong ? ['the rest, which is too long'] : []),
      ],
      interleaved,
      memInfo,
    }
  },
}
