/** Endurance: one machine under a mixed load for 10^8 events; each virtual second all pages, dirty pages and time have to add up. */
import { plainMachine } from '../src/simulate/machines/plain.js'
import { parsePlan } from '../src/simulate/plan/plan.js'
import { planned } from '../src/simulate/plan/run-plan.js'
import { SECOND } from '../src/simulate/time.js'
import { assertConserved, assertConsistent } from '../test/simulate/conserved.js'

/** Streams, small files, a hot set, bursts that make tasks reclaim, and a log. */
const PLAN = `seed=1 dur=100000000 fs=ext4
proc name=stat type=stat dirs=100 per=200 pace_us=200
proc name=create type=create dirs=16 ring=500 kib=16 pace_us=2000
proc name=cycle type=read file=big.dat mib=90 passes=0
proc name=hot type=rnd mib=20 warm=1 pace_us=500
proc name=log type=fsync kib=8 pace_us=50000
proc name=burst type=burst mib=40 period_us=1000000
`

const wanted = Number(process.argv[2] ?? 1e8)
const simulation = planned(parsePlan(PLAN), plainMachine(128))
const { cpus, clock } = simulation
const began = performance.now()
for (let second = 1; cpus.steps + clock.events < wanted; second++) {
  simulation.run(undefined, second * SECOND)
  assertConserved(simulation)
  if (second % 50 !== 0) continue
  assertConsistent(simulation)
  const seconds = (performance.now() - began) / 1000
  const megabytes = process.memoryUsage().heapUsed / 1e6
  console.log(
    `${second} virtual seconds, ${((cpus.steps + clock.events) / 1e6).toFixed(1)} M events in ${seconds.toFixed(0)} s, heap ${megabytes.toFixed(0)} MB`,
  )
}
assertConsistent(simulation)
const { stalls, oom } = simulation.vm
console.log(
  `${cpus.steps + clock.events} events without a fault: ${stalls.count} direct reclaims, ${oom.kills.length} kills, ` +
    `${simulation.writeback.written} pages written`,
)
