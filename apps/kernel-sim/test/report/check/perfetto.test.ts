/** The trace for Perfetto, decoded by a library that knows nothing of its writer. */
import protobuf from 'protobufjs'
import { describe, expect, it } from 'vitest'
import { POLICIES } from '../../../src/kernel/policy.js'
import { rowOf } from '../../../src/matrix/cell.js'
import { exhibitsOf } from '../../../src/matrix/exhibit.js'
import { perfettoTrace } from '../../../src/report/check/perfetto.js'
import { CASES } from '../../../src/scenarios/catalogue.js'

/** The part of Perfetto's protocol that is used (protos/perfetto/trace/track_event). */
const { root } = protobuf.parse(
  `syntax = "proto2";
  message Trace { repeated TracePacket packet = 1; }
  message TracePacket { optional uint64 timestamp = 8; optional uint32 trusted_packet_sequence_id = 10;
    optional TrackEvent track_event = 11; optional TrackDescriptor track_descriptor = 60; }
  message TrackDescriptor { optional uint64 uuid = 1; optional string name = 2; optional ProcessDescriptor process = 3;
    optional uint64 parent_uuid = 5; optional int32 child_ordering = 11; optional int32 sibling_order_rank = 12;
    optional int32 sibling_merge_behavior = 15; }
  message ProcessDescriptor { optional int32 pid = 1; optional string process_name = 6; }
  message TrackEvent { repeated DebugAnnotation debug_annotations = 4; optional int32 type = 9;
    optional uint64 track_uuid = 11; optional string name = 23; repeated fixed64 flow_ids = 47;
    repeated fixed64 terminating_flow_ids = 48; }
  message DebugAnnotation { optional string string_value = 6; optional string name = 10; }`,
  { keepCase: true },
)

interface Packet {
  readonly timestamp?: number
  readonly track_descriptor?: {
    readonly uuid: number
    readonly name?: string
    readonly parent_uuid?: number
    readonly process?: { readonly process_name: string }
  }
  readonly track_event?: {
    readonly type: number
    readonly track_uuid: number
    readonly name?: string
    readonly flow_ids?: number[]
    readonly terminating_flow_ids?: number[]
  }
}

const each = CASES.find(({ scenario }) => scenario.name === 'cil-push')
if (each === undefined) throw new Error('there is no case cil-push')
const row = await rowOf(each, POLICIES, { search: {}, onProgress: () => {} })
const exhibits = exhibitsOf(row, each.scenario, 'all')
const type = root.lookupType('Trace')
const { packet: packets } = type.toObject(type.decode(perfettoTrace(exhibits)), {
  longs: Number,
}) as { packet: Packet[] }
const tracks = packets.flatMap((packet) => packet.track_descriptor ?? [])
const events = packets.filter((packet) => packet.track_event !== undefined)

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
