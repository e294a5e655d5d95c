/** Flame section: from where memory is requested, in which scope. */
import { plural } from '../form/numbers.js'
import { type Section, section } from '../form/page.js'
import { names, numbers, table, text } from '../form/table.js'
import { flamePicture } from './flame-picture.js'
import { type FunctionStack, functionStacks } from './function-stacks.js'
import type { AuditReport } from './report.js'

export function flameSection({ stacks }: AuditReport): Section | undefined {
  const all = functionStacks(stacks)
  if (all.length === 0) return undefined
  const whole = all.reduce((sum, { requests }) => sum + requests, 0)
  const rows = byEntry(all)
  return section('flame', 'Where memory is requested, by scope', [
    {
      get pictures() {
        return [flamePicture('flame-graph', all)]
      },
    },
    table(rows, {
      caption: `Requests by scope and by the function that allocates (${plural(rows.length, 'row')})`,
      columns: [
        names('function', ({ fn }) => fn),
        text('scope', ({ scope }) => scope),
        numbers('requests', ({ requests }) => requests),
        numbers('share', ({ requests }) => ({ part: requests, whole })),
      ],
    }),
  ])
}

interface Entry {
  readonly fn: string
  readonly scope: string
  requests: number
}

/** By the function around the allocator, the most frequent first. */
function byEntry(stacks: readonly FunctionStack[]): Entry[] {
  const sums = new Map<string, Entry>()
  for (const { scope, site, requests } of stacks) {
    const key = `${scope} ${site}`
    const known = sums.get(key)
    if (known === undefined) sums.set(key, { fn: site, scope, requests })
    else known.requests += requests
  }
  return [...sums.values()].sort((a, b) => b.requests - a.requests)
}
