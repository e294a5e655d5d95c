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

/** The prefixes of the functions that one tracepoint has of its own, or that the tracepoints of one class share. */
const OF_ONE = ['trace_event_raw_event_', 'perf_trace_', '__traceiter_', '__bpf_trace_']

/** Returns the tracepoint, or the class of tracepoints, whose probe is the innermost frame. */
export function probedBy(frames: readonly string[]): string | undefined {
  const [innermost = ''] = frames
  const prefix = OF_ONE.find((beginning) => innermost.startsWith(beginning))
  return prefix === undefined ? undefined : innermost.slice(prefix.length).replace(/[+@].*$/, '')
}
