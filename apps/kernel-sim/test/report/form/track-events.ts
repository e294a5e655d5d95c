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
