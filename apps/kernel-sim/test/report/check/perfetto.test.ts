/** The trace for Perfetto, decoded by a library that knows nothing of its writer. */
import { describe, expect, it } from 'vitest'
import { POLICIES } from '../../../src/kernel/policy.js'
import { rowOf } from '../../../src/matrix/cell.js'
import { exhibitsOf } from '../../../src/matrix/exhibit.js'
import { perfettoTrace } from '../../../src/report/check/perfetto.js'
import { CASES } from '../../../src/scenarios/catalogue.js'
import { brokenRules, packetsOf } from '../form/track-events.js'

const each = CASES.find(({ scenario }) => scenario.name === 'cil-push')
if (each === undefined) throw new Error('there is no case cil-push')
const row = await rowOf(each, POLICIES, { search: {}, onProgress: () => {} })
const exhibits = exhibitsOf(row, each.scenario, 'all')
const packets = packetsOf(perfettoTrace(exhibits))
const tracks = packets.flatMap((packet) => packet.track_descriptor ?? [])
const events = packets.filter((packet) => packet.track_event !== undefined)

it('keeps the rules of the protocol', () => {
  expect(brokenRules(packets)).toEqual([])
})

describe('the trace of cil-push', () => {
  it('has a process for each policy, and a track for each task below it', () => {
    expect(tracks.flatMap(({ process }) => process?.process_name ?? [])).toEqual(
      exhibits.map(({ policy }) => `cil-push under ${policy}: deadlock`),
    )
    const [process] = tracks
    const below = tracks.filter(({ parent_uuid }) => parent_uuid === process?.uuid)
    expect(below.map(({ name }) => name)).toEqual(['quota', 'sync', 'kworker/u4'])
    const quota = below.find(({ name }) => name === 'quota')
    const locks = tracks.filter(({ parent_uuid }) => parent_uuid === quota?.uuid)
    expect(locks.map(({ name }) => name)).toContain('holds dqp->q_qlock')
  })

  it('has slices that nest, in order of time, none of which is left open', () => {
    const open = new Map<number, string[]>()
    let before = 0
    for (const { timestamp = 0, track_event: event } of events) {
      expect(timestamp).toBeGreaterThanOrEqual(before)
      before = timestamp
      if (event === undefined) continue
      const stack = open.get(event.track_uuid) ?? []
      if (event.type === 1) stack.push(event.name ?? '')
      else expect(stack.pop()).toBeDefined()
      open.set(event.track_uuid, stack)
    }
    expect([...open.values()].flat()).toEqual([])
  })

  it('has every step as a slice, and a flow from queue_work to the worker', () => {
    const names = events.map(({ track_event }) => track_event?.name)
    for (const { story } of exhibits) {
      for (const { operation } of story.steps) expect(names).toContain(operation)
    }
    const starts = events.flatMap(({ track_event }) => track_event?.flow_ids ?? [])
    const ends = events.flatMap(({ track_event }) => track_event?.terminating_flow_ids ?? [])
    expect(starts.length).toBe(exhibits.flatMap(({ story }) => story.arrows).length)
    expect([...starts].sort()).toEqual([...ends].sort())
    expect(new Set(starts).size).toBe(starts.length)
  })
})
