/**
 * Probe functions: those that record an event. Where a stack is taken in the tracepoint they are its innermost frames,
 * and say nothing.
 */

/** Beginnings of their names (include/trace/trace_events.h, include/trace/perf.h, kernel/trace). */
const BEGINNINGS = [
  'trace_event_raw_event_',
  'trace_event_buffer_commit',
  'perf_trace_',
  '__traceiter_',
  '__bpf_trace_',
  '__ftrace_trace_stack',
  'event_triggers_',
  'stacktrace_trigger',
  'stacktrace_count_trigger',
]

/** The frames without those of the tracing itself, innermost first. */
export function withoutProbes(frames: readonly string[]): readonly string[] {
  const first = frames.findIndex(
    (frame) => !BEGINNINGS.some((beginning) => frame.startsWith(beginning)),
  )
  return first < 0 ? [] : frames.slice(first)
}
