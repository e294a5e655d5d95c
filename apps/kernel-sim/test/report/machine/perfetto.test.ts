/** The trace of a machine for Perfetto, decoded by a library that knows nothing of its writer. */
import { beforeAll, expect, it } from 'vitest'
import { alone, pressureChart } from '../../../src/report/machine/chart/simulation-charts.js'
import { machineTrace } from '../../../src/report/machine/perfetto.js'
import { pressureShares } from '../../../src/report/machine/pressure-shares.js'
import { machineFromYaml } from '../../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../../src/simulate/machine-file/run-machine.js'
import { machinePolicy } from '../../../src/simulate/policy.js'
import { resultOf, type SimulationResult } from '../../../src/simulate/result.js'
import type { Simulation } from '../../../src/simulate/simulation.js'
import { brokenRules, type Descriptor, type Packet, packetsOf } from '../form/track-events.js'

let simulation: Simulation
let packets: readonly Packet[]
let result: SimulationResult
let tracks: readonly Descriptor[]
beforeAll(() => {
  const machine = machineFromYaml(
    `memory: 128 MiB
cpus: 2
workloads:
  cache: { type: read, size: 100 MiB }
  hog: { type: hog, size: 64 MiB, pace: 10 ms }
  db: { type: database, size: 8 MiB }
`,
    'm.yaml',
  )
  simulation = machineSimulation(machine, {
    seed: 1,
    policy: machinePolicy('scope'),
    seconds: 2.5,
    timeline: true,
  })
  simulation.run()
  const { timeline } = simulation
  if (timeline === null) throw new Error('it was asked for')
  result = resultOf(simulation, { machine: 'small', policy: 'scope', seed: 1 })
  packets = packetsOf(machineTrace(result, timeline))
  tracks = packets.flatMap(({ track_descriptor }) => track_descriptor ?? [])
})

it('keeps the rules of the protocol', () => {
  expect(brokenRules(packets)).toEqual([])
})

const uuidOf = (name: string) => tracks.find((track) => track.name === name)?.uuid
const eventsOf = (uuid: number | undefined) =>
  packets.filter(({ track_event }) => track_event?.track_uuid === uuid)

/** How long the slices of a track are in all, ns. */
function timeOn(name: string, is: (slice: string) => boolean = () => true): number {
  let time = 0
  let began = 0
  let counts = false
  for (const { timestamp = 0, track_event } of eventsOf(uuidOf(name))) {
    if (track_event?.type === 1) {
      began = timestamp
      counts = is(track_event.name ?? '')
    } else if (counts) time += timestamp - began
  }
  return time
}

it('has a track for each CPU, the disk, each task, and what is counted', () => {
  const names = tracks.flatMap(({ name }) => name ?? [])
  for (const name of ['CPU 0', 'CPU 1', 'disk', 'cache', 'hog', 'db', 'kswapd0', 'jbd2']) {
    expect(names).toContain(name)
  }
  const counters = tracks.filter(({ counter }) => counter !== undefined)
  expect(counters.map(({ name }) => name)).toContain('nr_free_pages')
  const values = eventsOf(uuidOf('nr_free_pages')).map((each) => each.track_event?.counter_value)
  expect(values.length).toBeGreaterThan(20)
  expect(Math.max(...values.map(Number))).toBeGreaterThan(10_000)
})

it('counts pressure in percent of each interval, as the charts do, and rounds nothing away', () => {
  const { at, columns } = result.series
  const totals = columns.psi_memory_some
  const events = eventsOf(uuidOf('psi_memory_some, % of the time'))
  const said = events.map(({ track_event: event }) => {
    return event?.double_counter_value ?? event?.counter_value ?? 0
  })
  expect(said).toHaveLength(at.length)
  const time = said.reduce((sum, share, row) => {
    return sum + (share / 100) * ((at[row] ?? 0) - (at[row - 1] ?? 0))
  }, 0)
  expect(time).toBeGreaterThan(0)
  expect(time).toBeCloseTo((totals.at(-1) ?? 0) - (totals[0] ?? 0), -1)
  const chart = pressureChart(result, alone('run', result))
  expect(chart.svg.toString()).toContain('memory some')
  expect(said).toEqual(pressureShares(at, totals))
})

it('slices of a track nest, in order of time, and none is left open', () => {
  const open = new Map<number, number>()
  let before = 0
  for (const { timestamp = 0, track_event: event } of packets) {
    if (event === undefined || event.type === 4) continue
    expect(timestamp).toBeGreaterThanOrEqual(before)
    before = timestamp
    const depth = (open.get(event.track_uuid) ?? 0) + (event.type === 1 ? 1 : -1)
    expect(depth === 0 || depth === 1).toBe(true)
    open.set(event.track_uuid, depth)
  }
  expect([...open.values()].every((depth) => depth === 0)).toBe(true)
})

it('times are those of the run: CPU time of tasks, and what the disk took', () => {
  const [cache] = simulation.tasks
  if (cache === undefined) throw new Error('there is one')
  expect(timeOn('cache', (name) => name.startsWith('runs'))).toBeCloseTo(cache.cpuTime, -4)
  const busy = [0, 1].map((cpu) => simulation.clock.now - simulation.cpus.idleTime(cpu))
  const shown = timeOn('CPU 0') + timeOn('CPU 1')
  // What kernel threads did before the run is not in it.
  expect(shown / ((busy[0] ?? 0) + (busy[1] ?? 0))).toBeGreaterThan(0.99)
  const { read, written } = simulation.disk
  const requests = read.requests + written.requests
  const service = requests * 500e3 + ((read.bytes + written.bytes) * 1e9) / 25e6
  expect(timeOn('disk') / service).toBeCloseTo(1, 1)
  expect(timeOn('db', (name) => name === 'waits for the journal')).toBeGreaterThan(1e8)
})
