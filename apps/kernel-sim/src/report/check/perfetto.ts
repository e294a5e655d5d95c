/**
 * Perfetto: counterexamples as a trace for the Perfetto UI. A policy is a process, a task a track with its procedures, steps and sleeps;
 * below it is a track for each lock that it holds and for its scopes. A step takes a microsecond: a model has no time.
 */

import type { Exhibit } from '../../matrix/exhibit.js'
import type { Span } from '../../matrix/story.js'
import { TrackEventTrace } from '../form/track-event.js'
import { scopeName } from './keys.js'
import { titled } from './titled.js'

/** A step, in nanoseconds. */
const STEP = 1000
/** How many steps the end is drawn long. */
const END = 3

/** The trace of some counterexamples. */
export function perfettoTrace(exhibits: readonly Exhibit[]): Uint8Array {
  const trace = new TrackEventTrace()
  for (const [at, exhibit] of exhibits.entries()) addExhibit(trace, exhibit, (at + 1) * 1_000_000)
  return trace.bytes()
}

/** @param firstFlow flows of one trace must not share numbers. */
function addExhibit(trace: TrackEventTrace, exhibit: Exhibit, firstFlow: number): void {
  const { story, scenario, values, policy, verdict } = exhibit
  const end = (story.steps.length + END) * STEP
  const process = trace.track({
    name: `${titled({ name: scenario, values })} under ${policy}: ${verdict}`,
    process: true,
  })
  const until = ({ to }: Span): number => (to === null ? end : to * STEP)
  for (const [task, name] of story.tasks.entries()) {
    const own = <S extends Span>(spans: readonly S[]): S[] =>
      spans.filter((span) => span.task === task)
    if (own(story.frames).length === 0) continue
    const track = trace.track({ name, parent: process, rank: task })
    for (const { name: procedure, from, to } of own(story.frames)) {
      const last = to === null ? end : endOfFrame(exhibit, task, to)
      trace.slice({ track, name: procedure, from: (from - 1) * STEP, to: last })
    }
    for (const [at, step] of story.steps.entries()) {
      if (step.task !== task) continue
      const number = at + 1
      const flows = (side: 'from' | 'to') =>
        story.arrows.flatMap((arrow, index) => (arrow[side] === number ? [firstFlow + index] : []))
      trace.slice({
        track,
        name: step.operation,
        from: at * STEP,
        to: number * STEP,
        notes: {
          step: String(number),
          stack: step.stack.join(' < '),
          ...(step.result === '' ? {} : { result: step.result }),
        },
        flows: flows('from'),
        endsFlows: flows('to'),
      })
    }
    for (const sleep of own(story.sleeps)) {
      trace.slice({
        track,
        name: `sleeps: waits for ${sleep.what}`,
        from: sleep.from * STEP,
        to: until(sleep),
        notes: { 'cannot happen': sleep.operation },
      })
    }
    const below = [
      ...own(story.holds).map((hold) => ({ ...hold, name: `holds ${hold.object}` })),
      ...own(story.scopes).map((scope) => ({ ...scope, name: scopeName(scope.restrictions) })),
    ]
    for (const [rank, kind] of [...new Set(below.map((span) => span.name))].entries()) {
      const lock = trace.track({ name: kind, parent: track, rank })
      for (const span of below.filter((each) => each.name === kind)) {
        trace.slice({ track: lock, name: kind, from: span.from * STEP, to: until(span) })
      }
    }
  }
}

/** When a task has left a procedure: after its last step before the one at which that was noticed. */
function endOfFrame({ story }: Exhibit, task: number, noticed: number): number {
  for (let step = noticed - 1; step > 0; step--) {
    if (story.steps[step - 1]?.task === task) return step * STEP
  }
  return 0
}
