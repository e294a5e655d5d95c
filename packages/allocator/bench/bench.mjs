/**
 * Bench: what a page costs, beside a buddy allocator in C and the allocators that npm has.
 *
 *     node bench.mjs [--processes N] [--check]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { contenders, settings, targets } from './settings.mjs'

const { values: options } = parseArgs({
  options: {
    /** Of each contender: the busier the machine, the more it takes until one round is not disturbed. */
    processes: { type: 'string', default: '5' },
    /** Exit with 1 when a target is missed. */
    check: { type: 'boolean', default: false },
  },
})
const processes = Number(options.processes)
if (!Number.isInteger(processes) || processes < 1) {
  console.error('usage: bench [--processes N] [--check], with N of 1 or more')
  process.exit(2)
}

/** 1 GiB of 4 KiB. */
const PAGES = 262_144

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const digits = (value) => (value >= 100 ? value.toFixed() : value.toPrecision(3))

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const compiled = join(folder, 'buddy')
try {
  execFileSync('cc', ['-O2', '-o', compiled, here('buddy.c')])
} catch (error) {
  console.error(`the C allocator is compiled by cc, and that failed: ${error.message}`)
  process.exit(2)
}

/** What a process prints, as numbers. */
function run(contender, ...numbers) {
  const { module } = contenders[contender]
  const command = module ? process.execPath : compiled
  const script = module ? ['--expose-gc', here('process.mjs'), module] : []
  const output = execFileSync(command, [...script, ...numbers.map(String)], { encoding: 'utf8' })
  return output.trim().split('\n').map(Number)
}

/** Nanoseconds of an operation by contender, in the quickest round of all its processes. */
function measure({ slots, plans }) {
  const found = new Map()
  const outcomes = new Map()
  for (let i = 0; i < processes; i++) {
    for (const [contender, { operations, rounds }] of Object.entries(plans)) {
      const printed = run(contender, PAGES, slots, operations, rounds)
      const quickest = Math.min(...printed.slice(0, rounds)) / operations
      found.set(contender, Math.min(quickest, found.get(contender) ?? Infinity))
      outcomes.set(contender, printed.slice(rounds).join())
    }
  }
  if (outcomes.get('C') !== outcomes.get('buddy')) {
    throw new Error('C and buddy did not choose the same pages: they are not the same algorithm')
  }
  return found
}

console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0].model}`)
console.log(`${processes} processes each, load ${loadavg()[0].toFixed(1)} at the start`)
const results = {}
for (const [setting, plan] of Object.entries(settings)) {
  const found = measure(plan)
  console.log(`\n${plan.title} [ns an operation, times C]`)
  for (const [contender, time] of found) {
    const ratio = digits(time / found.get('C'))
    console.log(`  ${contender.padEnd(16)}${digits(time).padStart(8)}${ratio.padStart(10)}`)
  }
  results[setting] = found
}

console.log('\nMemory [bytes a page]')
results.memory = new Map()
for (const [contender, { module, ours }] of Object.entries(contenders)) {
  if (!module || !ours) continue
  const bytes = run(contender, PAGES, 1, 1, 0)[0] / PAGES
  results.memory.set(contender, bytes)
  console.log(`  ${contender.padEnd(16)}${digits(bytes).padStart(8)}`)
}

console.log('\nTargets')
let missed = 0
for (const { setting, what, against, atMost, atLeast } of targets) {
  const ours = results[setting].get(what)
  const others = results[setting].get(against)
  const value = others ? (atLeast ? others / ours : ours / others) : ours
  const holds = atLeast ? value >= atLeast : value <= atMost
  if (!holds) missed++
  const unit = others ? 'x' : ''
  const subject = others ? `${what} ${atLeast ? 'faster than' : '/'} ${against}` : what
  const limit = atLeast ? `at least ${atLeast}${unit}` : `at most ${atMost}${unit}`
  console.log(
    `  ${subject}, ${setting}: ${digits(value)}${unit}, ${limit}: ${holds ? 'ok' : 'MISSED'}`,
  )
}
if (options.check && missed > 0) process.exitCode = 1
