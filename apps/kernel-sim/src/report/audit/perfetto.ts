/**
 * Audit Perfetto: a recording for https://ui.perfetto.dev: a track for each task with the work items that it executed, reclaim and
 * shrinkers, tracks below it for its scopes and for what it queued, and an arrow from each item that was queued to its execution.
 */
import type { Span, TaskSpans, Timeline } from '../../audit/timeline.js'
import { TrackEventTrace } from '../form/track-event.js'

/** @param name what the recording is called. */
export function auditPerfetto(name: string, timeline: Timeline): Uint8Array {
  const trace = new TrackEventTrace()
  const process = trace.track({ name, process: true })
  for (const [rank, { task, spans }] of timeline.tasks().entries()) {
    const own = trace.track({ name: task, parent: process, rank })
    const below = (what: string, kind: Span['kind'], at: number): void => {
      const some = spans.filter((span) => span.kind === kind)
      if (some.length === 0) return
      const track = trace.track({ name: what, parent: own, rank: at })
      for (const span of some) add(trace, track, span)
    }
    for (const span of nested(spans)) add(trace, own, span)
    below('scope', 'scope', 0)
    below('queues', 'queue', 1)
  }
  return trace.bytes()
}

function add(trace: TrackEventTrace, track: number, span: Span): void {
  const { kind, name, from, to, flow, requests, restricted } = span
  trace.slice({
    track,
    name: kind === 'shrinker' ? `shrinks ${name}` : name,
    from,
    to,
    notes:
      requests === 0
        ? {}
        : { requests: String(requests), 'of these in a NOFS or NOIO scope': String(restricted) },
    ...(flow === undefined ? {} : kind === 'queue' ? { flows: [flow] } : { endsFlows: [flow] }),
  })
}

/** What nests on the track of a task, the outer ones first. */
function nested(spans: TaskSpans['spans']): Span[] {
  return spans.filter(({ kind }) => kind === 'work' || kind === 'reclaim' || kind === 'shrinker')
}
