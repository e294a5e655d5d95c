/** Track events: a trace for Perfetto, decoded by a library that knows nothing of its writer. */
import protobuf from 'protobufjs'

/** The part of Perfetto's protocol that is used (protos/perfetto/trace/track_event). */
const { root } = protobuf.parse(
  `syntax = "proto2";
  message Trace { repeated TracePacket packet = 1; }
  message TracePacket { optional uint64 timestamp = 8; optional uint32 trusted_packet_sequence_id = 10;
    optional TrackEvent track_event = 11; optional TrackDescriptor track_descriptor = 60; }
  message TrackDescriptor { optional uint64 uuid = 1; optional string name = 2; optional ProcessDescriptor process = 3;
    optional uint64 parent_uuid = 5; optional CounterDescriptor counter = 8; optional int32 child_ordering = 11;
    optional int32 sibling_order_rank = 12; optional int32 sibling_merge_behavior = 15; }
  message CounterDescriptor { optional string unit_name = 6; }
  message ProcessDescriptor { optional int32 pid = 1; optional string process_name = 6; }
  message TrackEvent { repeated DebugAnnotation debug_annotations = 4; optional int32 type = 9;
    optional uint64 track_uuid = 11; optional string name = 23; optional int64 counter_value = 30; optional double double_counter_value = 44;
    repeated fixed64 flow_ids = 47; repeated fixed64 terminating_flow_ids = 48; }
  message DebugAnnotation { optional string string_value = 6; optional string name = 10; }`,
  { keepCase: true },
)
const type = root.lookupType('Trace')

export interface Descriptor {
  readonly uuid: number
  readonly name?: string
  readonly parent_uuid?: number
  readonly process?: { readonly process_name: string }
  readonly counter?: object
}

export interface Packet {
  readonly timestamp?: number
  readonly track_descriptor?: Descriptor
  readonly track_event?: {
    readonly type: number
    readonly track_uuid: number
    readonly name?: string
    readonly counter_value?: number
    readonly double_counter_value?: number
    readonly flow_ids?: readonly number[]
    readonly terminating_flow_ids?: readonly number[]
  }
}

/** The packets of a trace, in its order. */
export function packetsOf(trace: Uint8Array): readonly Packet[] {
  const { packet } = type.toObject(type.decode(trace), { longs: Number }) as {
    readonly packet: readonly Packet[]
  }
  return packet
}

/** What breaks the rules by which the UI reads such a trace (protos/perfetto/trace/track_event/*.proto); nothing, it should be. */
export function brokenRules(packets: readonly Packet[]): string[] {
  const broken: string[] = []
  const tracks = new Map<number, Descriptor>()
  const open = new Map<number, number>()
  const flows = new Set<number>()
  let before = 0
  for (const { timestamp, track_descriptor: track, track_event: event } of packets) {
    if (track !== undefined) {
      if (track.uuid === 0 || tracks.has(track.uuid))
        broken.push(`track ${track.uuid} is not unique`)
      if (track.parent_uuid !== undefined && !tracks.has(track.parent_uuid)) {
        broken.push(`track ${track.uuid} lies below one that comes later`)
      }
      if ((track.name ?? track.process?.process_name ?? '') === '') {
        broken.push(`track ${track.uuid} has no name`)
      }
      tracks.set(track.uuid, track)
    }
    if (event === undefined) continue
    const own = tracks.get(event.track_uuid)
    if (own === undefined)
      broken.push(`an event is on track ${event.track_uuid}, which is not told of`)
    if (timestamp === undefined || timestamp < before) broken.push(`time goes back to ${timestamp}`)
    before = timestamp ?? before
    const isCounter = event.type === 4
    if (isCounter !== (own?.counter !== undefined)) broken.push('a counter is where slices are')
    if (isCounter && (event.counter_value ?? event.double_counter_value) === undefined) {
      broken.push('a counter has no value')
    }
    if (event.type === 1) {
      if ((event.name ?? '') === '') broken.push('a slice has no name')
      open.set(event.track_uuid, (open.get(event.track_uuid) ?? 0) + 1)
    }
    if (event.type === 2) {
      const depth = (open.get(event.track_uuid) ?? 0) - 1
      if (depth < 0) broken.push(`a slice of track ${event.track_uuid} ends that has not begun`)
      open.set(event.track_uuid, depth)
    }
    for (const flow of event.flow_ids ?? []) flows.add(flow)
    for (const flow of event.terminating_flow_ids ?? []) {
      if (!flows.has(flow)) broken.push(`flow ${flow} ends before it begins`)
    }
  }
  for (const [track, depth] of open) if (depth > 0) broken.push(`track ${track} has open slices`)
  return broken
}
