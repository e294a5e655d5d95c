/**
 * Bench: what scopes, conveyances and hand-offs cost, beside the libraries that are used instead.
 *
 *     node bench.mjs [--processes N] [--check] [table]...
 */
import { execFile } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { subject, values, verdicts } from './report.mjs'
import { Results } from './results.mjs'
import { tables } from './tables.mjs'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Of each kind: more of them even out what differs from one process to the next. */
    processes: { type: 'string', default: '3' },
    /** Exit with 1 when a target is missed. */
    check: { type: 'boolean', default: false },
  },
})
const processes = Number(options.processes)
const unknown = positionals.filter((name) => !tables.some((table) => table.name === name))
if (!(processes >= 1) || unknown.length > 0) {
  const names = tables.map(({ name }) => name).join(' ')
  console.error(`usage: bench [--processes N] [--check] [table]...\n  tables: ${names}`)
  process.exit(2)
}

const execute = promisify(execFile)

/** One process of a table. */
async function measure(table, setting, contenders) {
  const script = fileURLToPath(new URL('process.mjs', import.meta.url))
  const place = setting === 'server' ? 'server' : 'plain'
  const { stdout } = await execute(process.execPath, [
    '--expose-gc',
    script,
    table.name,
    place,
    ...contenders,
  ])
  return JSON.parse(stdout)
}

/** All processes of a table, kind by kind in turns. */
async function results(table) {
  const all = new Results()
  for (let i = 0; i < (table.once ? 1 : processes); i++) {
    for (const [setting, kinds] of Object.entries(table.settings)) {
      for (const contenders of kinds) all.add(setting, await measure(table, setting, contenders))
    }
  }
  return all
}

console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0].model}`)
console.log(`${processes} processes of each kind, load ${loadavg()[0].toFixed(1)} at the start`)
let missed = 0
for (const table of tables) {
  if (positionals.length > 0 && !positionals.includes(table.name)) continue
  const found = await results(table)
  console.log(`\n${values(table, found).join('\n')}\n`)
  for (const claim of table.claims) {
    const lines = verdicts(table, claim, found)
    missed += lines.filter(({ holds }) => !holds).length
    if (lines.length > 0) {
      console.log(`  ${subject(claim)}\n${lines.map(({ text }) => `      ${text}`).join('\n')}`)
    }
  }
}
console.log(`\n${missed === 0 ? 'All targets reached.' : `${missed} targets missed.`}`)
if (options.check && missed > 0) process.exitCode = 1
