/**
 * The search beside spin, on one protocol (nofs.pml and yardstick.ts), in alternating rounds of one run.
 *
 *   node bench.mjs            the two comparisons, then every row of the table
 *   node bench.mjs --quick    the two comparisons only
 *
 * It needs spin and gcc (Debian: apt install spin gcc).
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROUNDS = 3
const POLICIES = ['none', 'conveyed', 'always']
const here = fileURLToPath(new URL('.', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'kernel-sim-bench-'))

try {
  if (spawnSync('spin', ['-V']).error || spawnSync('gcc', ['--version']).error) {
    throw new Error('spin and gcc are needed: apt install spin gcc')
  }
  await build({
    entryPoints: [join(here, 'search.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(work, 'search.mjs'),
    logLevel: 'error',
  })
  withoutReduction()
  livelocks()
  withReduction({ tasks: 4, workers: 2, policy: 'none', mix: true }, ROUNDS)
  withReduction({ tasks: 5, workers: 1, policy: 'none', mix: true }, 0)
  threads()
  if (!process.argv.includes('--quick')) everyRow()
} finally {
  rmSync(work, { recursive: true })
}

function withoutReduction() {
  const model = { tasks: 4, workers: 2, policy: 'none', mix: true }
  console.log(`No reduction, ${nameOf(model)}, ${ROUNDS} rounds, medians:`)
  compile(model, true)
  const rounds = Array.from({ length: ROUNDS }, () => ({
    spin: runSpin(),
    ours: search(model, { partialOrder: false, symmetry: false, livelocks: false }),
  }))
  const spin = median(rounds.map((round) => round.spin))
  const ours = median(rounds.map((round) => round.ours))
  show('spin -DNOREDUCE', spin)
  show('kernel-sim', ours)
  const speed = ours.states / ours.seconds / (spin.states / spin.seconds)
  const spinBytes = (spin.peakMegabytes * 1024 * 1024) / spin.states
  console.log(`  states a second: ${speed.toFixed(2)} times spin's`)
  console.log(
    `  bytes a state: ${ours.bytesPerState.toFixed(0)} in states and table, spin ${spinBytes.toFixed(0)}: ` +
      `${(ours.bytesPerState / spinBytes).toFixed(2)} times spin's\n`,
  )
}

/** What it costs to look for livelocks, which spin does not do here, where nothing was found otherwise. */
function livelocks() {
  const model = { tasks: 4, workers: 2, policy: 'always', mix: true }
  console.log(`Livelocks, no reduction, ${nameOf(model)}, ${ROUNDS} rounds, medians:`)
  for (const livelocks of [false, true]) {
    const options = { partialOrder: false, symmetry: false, livelocks }
    const rounds = Array.from({ length: ROUNDS }, () => search(model, options))
    show(livelocks ? 'with livelocks' : 'without', median(rounds))
  }
  console.log()
}

/** One search by several threads. They gain what processors are idle. */
function threads() {
  const full = { partialOrder: false, symmetry: false, livelocks: false }
  console.log(`Threads, ${ROUNDS} rounds, medians, on ${availableParallelism()} processors:`)
  for (const [model, options] of [
    [{ tasks: 4, workers: 2, policy: 'none', mix: true }, full],
    [{ tasks: 6, workers: 1, policy: 'none', mix: true }, {}],
  ]) {
    const isFull = options.partialOrder === false
    // spin's own search on two cores has no reduction here either.
    if (isFull) compile(model, true, ['-DNCORE=2', '-DMEMLIM=4000'])
    const rounds = Array.from({ length: ROUNDS }, () => [
      ...[1, 2].map((threads) => search(model, { ...options, threads })),
      ...(isFull ? [runSpin()] : []),
    ])
    const [one, two] = [0, 1].map((at) => median(rounds.map((round) => round[at])))
    show(`${nameOf(model)}, 1 thread`, one)
    show(`${nameOf(model)}, 2 threads`, two)
    console.log(`  ${(one.seconds / two.seconds).toFixed(2)} times as fast`)
    if (isFull) {
      const spin = median(rounds.map((round) => round[2]))
      show('spin -DNOREDUCE -DNCORE=2', spin)
      console.log(`  two threads ${(spin.seconds / two.seconds).toFixed(2)} times as fast as that`)
    }
    console.log()
  }
}

function withReduction(model, rounds) {
  console.log(`Time to verdict with reductions, ${nameOf(model)}${rounds ? ', medians' : ''}:`)
  if (rounds > 0) {
    const spin = median(Array.from({ length: rounds }, () => timed(model)))
    show('spin, generated and compiled', spin)
  }
  for (const [name, options] of [
    ['partial order', { partialOrder: true, symmetry: false }],
    ['symmetry', { partialOrder: false, symmetry: true }],
    ['both', { partialOrder: true, symmetry: true }],
  ]) {
    if (rounds === 0 && name !== 'both') continue
    const all = Array.from({ length: Math.max(rounds, 1) }, () => search(model, options))
    show(`kernel-sim, ${name}`, median(all))
  }
  console.log()
}

function everyRow() {
  console.log(
    'Every row: deadlocks, states and seconds to the verdict, spin with its reduction, generated and compiled,\n' +
      'beside kernel-sim with both reductions, its start included:',
  )
  let agree = 0
  let faster = 0
  let count = 0
  for (const mix of [false, true]) {
    for (const tasks of [2, 3, 4]) {
      for (const workers of [1, 2]) {
        for (const policy of POLICIES) {
          const model = { tasks, workers, policy, mix }
          const spin = timed(model)
          const ours = search(model, {})
          const full = search(model, { partialOrder: false, symmetry: false, livelocks: false })
          count++
          if (spin.deadlocks === full.deadlocks && spin.deadlocks > 0 === ours.deadlocks > 0)
            agree++
          if (ours.wall < spin.seconds) faster++
          console.log(
            `  ${nameOf(model).padEnd(24)} ${verdict(spin).padEnd(14)} ${verdict(ours).padEnd(14)}` +
              ` ${String(spin.states).padStart(8)} ${String(ours.states).padStart(8)} (full ${full.states})` +
              ` ${spin.seconds.toFixed(2).padStart(6)} ${ours.wall.toFixed(2).padStart(6)}` +
              ` ${(spin.seconds / ours.wall).toFixed(1).padStart(5)}x`,
          )
        }
      }
    }
  }
  console.log(`${agree} of ${count} verdicts agree; kernel-sim is faster in ${faster} rows`)
}

function nameOf({ tasks, workers, policy, mix }) {
  return `${mix ? 'MIX' : 'TX'} N=${tasks} M=${workers} ${policy}`
}

function verdict({ deadlocks }) {
  return deadlocks > 0 ? `deadlock ${deadlocks}` : 'safe'
}

function compile({ tasks, workers, policy, mix }, full, more = []) {
  const defines = [`-DN=${tasks}`, `-DM=${workers}`, `-DPOLICY=${POLICIES.indexOf(policy)}`]
  if (mix) defines.push('-DMIX')
  execFileSync('spin', ['-a', ...defines, join(here, 'nofs.pml')], { cwd: work })
  const flags = ['-O2', '-DSAFETY', ...(full ? ['-DNOREDUCE'] : []), ...more]
  execFileSync('gcc', [...flags, '-o', 'pan', 'pan.c'], { cwd: work, stdio: 'ignore' })
}

/** One run of the compiled model, all deadlocks counted. */
function runSpin() {
  const text = execFileSync('./pan', ['-m100000', '-c0'], { cwd: work, encoding: 'utf8' })
  const number = (pattern) => Number(pattern.exec(text)?.[1] ?? 0)
  return {
    deadlocks: number(/errors: (\d+)/),
    states: number(/(\d+) states, stored/),
    seconds: number(/elapsed time ([\d.]+) seconds/),
    peakMegabytes: number(/([\d.]+)\s+total actual memory usage/),
  }
}

/** From the model's text to the verdict. */
function timed(model) {
  const started = performance.now()
  compile(model, false)
  const result = runSpin()
  return { ...result, seconds: (performance.now() - started) / 1000 }
}

function search(model, options) {
  const started = performance.now()
  const text = execFileSync('node', [
    join(work, 'search.mjs'),
    JSON.stringify({ ...model, ...options }),
  ])
  return { ...JSON.parse(text), wall: (performance.now() - started) / 1000 }
}

function median(rounds) {
  return [...rounds].sort((a, b) => a.seconds - b.seconds)[rounds.length >> 1]
}

function show(name, { deadlocks, states, seconds, peakMegabytes }) {
  console.log(
    `  ${name.padEnd(30)} ${String(states).padStart(8)} states, ${deadlocks} deadlocks, ` +
      `${seconds.toFixed(2)} s, ${(states / seconds / 1e6).toFixed(2)} M states/s, ${peakMegabytes.toFixed(0)} MB`,
  )
}
