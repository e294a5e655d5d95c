/** Cgroup section: what memory cgroups used, how often they were at their limits, and what that made their tasks do. */
import type { CgroupResult } from '../../simulate/measure/cgroups.js'
import { number } from '../form/numbers.js'
import { type Section, section } from '../form/page.js'
import { numbers, table, text } from '../form/table.js'
import { figure } from './figure.js'

/** Nothing where a machine has no groups. */
export function cgroupSection(groups: readonly CgroupResult[] | undefined): Section | undefined {
  if (groups === undefined) return undefined
  return section('cgroups', 'Memory cgroups', [
    table(groups, {
      caption: 'Each with those below it; sizes in KiB',
      columns: [
        text('group', ({ path }) => ({ name: path })),
        numbers('memory.max', ({ max }) => limit(max)),
        numbers('memory.high', ({ high }) => limit(high)),
        numbers('most in use', ({ peak }) => number(peak / 1024)),
        numbers('times at max', ({ events }) => events.max),
        numbers('above high', ({ events }) => events.high),
        numbers('reclaimed', ({ reclaimed }) => number(reclaimed * 4)),
        numbers('slept, ms', ({ throttled }) => figure(throttled / 1e6)),
        numbers('out of memory', ({ events }) => events.oom),
        numbers('killed', ({ events }) => events.oom_kill),
      ],
    }),
  ])
}

function limit(bytes: number | null): string {
  return bytes === null ? 'max' : number(bytes / 1024)
}
