/**
 * Bench: events a second of the live runner, beside SimPy and the fastest discrete-event library of npm.
 *
 *     node bench.mjs [--processes N] [--check]
 *
 * SimPy is Debian's (apt install python3-simpy); without it the rest is measured, and it is said so.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { QUEUE, REPAIR, VARIATES } from './models.mjs'

const { values: options } = parseArgs({
  options: {
    /** Of each library: the busier the machine, the more it takes until one is not disturbed. */
    processes: { type: 'string', default: '3' },
    /** Exit with 1 when a target is missed. */
    check: { type: 'boolean', default: false },
  },
})
const processes = Number(options.processes)
if (!Number.isInteger(processes) || processes < 1) {
  console.error('usage: bench [--processes N] [--check], with N of 1 or more')
  process.exit(2)
}

/** Debian's Python, not one that is in front of it on the path. */
const PYTHON = '/usr/bin/python3'
const ROUNDS = 5
const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Times to run to, so that each library takes about a second. */
const MODELS = [
  {
    model: 'repair',
    title: 'Machine repair: 100 machines, 10 repairers',
    numbers: REPAIR,
    until: 60_000,
    slow: 3000,
  },
  {
    model: 'queue',
    title: 'M/M/3: customers, each a task',
    numbers: QUEUE,
    until: 300_000,
    slow: 15_000,
  },
]

const inNode = (module, rounds) => (model, until) =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [here('process.mjs'), module, model, String(until), String(rounds)],
      { encoding: 'utf8' },
    ),
  )

function inPython(model, until, numbers) {
  const given = JSON.stringify({ ...numbers, variates: VARIATES })
  return JSON.parse(
    execFileSync(PYTHON, [here('rivals/simpy2.py'), model, String(until), given], {
      encoding: 'utf8',
    }),
  )
}

const hasSimPy = spawnSync(PYTHON, ['-c', 'import SimPy.Simulation']).status === 0
if (!hasSimPy) {
  console.log('SimPy is not here, so it is not measured: apt install python3-simpy\n')
}
const LIBRARIES = [
  { name: '@scopemask/checker', kind: 'ours', run: inNode('./ours.mjs', ROUNDS) },
  { name: 'simjs', kind: 'npm', run: inNode('./rivals/simjs.mjs', 2), slow: true },
  ...(hasSimPy ? [{ name: 'SimPy 2.3', kind: 'simpy', run: inPython, slow: true }] : []),
]

/** By how much the live runner is to be faster. */
const TARGETS = { npm: 3, simpy: 10 }
let missed = 0
for (const { model, title, numbers, until, slow } of MODELS) {
  const speeds = new Map()
  for (let i = 0; i < processes; i++) {
    for (const library of LIBRARIES) {
      const { done, seconds } = library.run(model, library.slow ? slow : until, numbers)
      // A failure and its repair, or a customer who comes and goes, are two events.
      const speed = (2 * done) / seconds
      speeds.set(library, Math.max(speeds.get(library) ?? 0, speed))
    }
  }
  const ours = speeds.get(LIBRARIES[0])
  console.log(`${title} [events a second, how many times slower]`)
  for (const [{ name }, speed] of speeds) {
    console.log(
      `  ${name.padEnd(20)} ${(speed / 1e6).toFixed(3).padStart(8)} M ${(ours / speed).toFixed(1).padStart(8)}`,
    )
  }
  for (const [kind, factor] of Object.entries(TARGETS)) {
    const rivals = [...speeds].filter(([library]) => library.kind === kind)
    if (rivals.length === 0) continue
    const [fastest, speed] = rivals.reduce((best, each) => (each[1] > best[1] ? each : best))
    const met = ours >= factor * speed
    if (!met) missed++
    console.log(`  ${met ? 'met' : 'MISSED'}: ${factor} times ${fastest.name}`)
  }
  console.log()
}
process.exitCode = options.check && missed > 0 ? 1 : 0
