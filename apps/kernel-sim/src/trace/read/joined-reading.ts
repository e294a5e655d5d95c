/** Joined reading: what was read of several recordings, summed up as if it were one. */
import { UNKNOWN_KERNEL } from '../kernel-version.js'
import type { DamageCount } from './damage.js'
import type { LostOnCpu } from './lost-events.js'
import type { Reading } from './read-trace.js'

/** How many examples of one kind of damage are shown. */
const SAMPLES = 3

/** @param readings those of the recordings, at least one, in the order in which they were read. */
export function joinedReading(readings: readonly Reading[]): Reading {
  const [first, ...others] = readings
  if (first === undefined) throw new RangeError('there is no recording')
  if (others.length === 0) return first
  const sum = (of: (reading: Reading) => number) =>
    readings.reduce((total, reading) => total + of(reading), 0)
  const { release } = first.kernel
  const same = (property: 'compression' | 'format' | 'clock') =>
    others.every((other) => other[property] === first[property])
  return {
    name: `${readings.length} recordings`,
    compression: same('compression') ? first.compression : 'several',
    format: same('format') ? first.format : 'several',
    bytes: sum(({ bytes }) => bytes),
    lines: sum(({ lines }) => lines),
    blank: sum(({ blank }) => blank),
    events: sum(({ events }) => events),
    ignored: sum(({ ignored }) => ignored),
    lost: sum(({ lost }) => lost),
    gaps: sum(({ gaps }) => gaps),
    uncountedGaps: sum(({ uncountedGaps }) => uncountedGaps),
    lostByCpu: lostByCpu(readings),
    strayStacks: sum(({ strayStacks }) => strayStacks),
    clock: same('clock') ? first.clock : 'several',
    kernel:
      release !== undefined && others.every(({ kernel }) => kernel.release === release)
        ? first.kernel
        : UNKNOWN_KERNEL,
    recorders: readings.flatMap(({ recorders }) => recorders),
    damaged: sum(({ damaged }) => damaged),
    damage: damageOf(readings),
  }
}

function lostByCpu(readings: readonly Reading[]): LostOnCpu[] {
  const sums = new Map<number, LostOnCpu>()
  for (const each of readings.flatMap(({ lostByCpu }) => lostByCpu)) {
    const { events = 0, gaps = 0, uncounted = 0 } = sums.get(each.cpu) ?? {}
    sums.set(each.cpu, {
      cpu: each.cpu,
      events: events + each.events,
      gaps: gaps + each.gaps,
      uncounted: uncounted + each.uncounted,
    })
  }
  return [...sums.values()].sort((a, b) => a.cpu - b.cpu)
}

function damageOf(readings: readonly Reading[]): DamageCount[] {
  const kinds = new Map<string, DamageCount>()
  for (const { kind, count, samples } of readings.flatMap(({ damage }) => damage)) {
    const known = kinds.get(kind)
    kinds.set(kind, {
      kind,
      count: (known?.count ?? 0) + count,
      samples: [...(known?.samples ?? []), ...samples].slice(0, SAMPLES),
    })
  }
  return [...kinds.values()]
}
