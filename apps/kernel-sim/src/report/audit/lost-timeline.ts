/**
 * Lost timeline: one execution that lost a scope, from the task that queued its item to the end of it. A lane for the task, which
 * is in its scope and may sleep until the item is done, and one for the worker, which allocates.
 */
import type { LostExample } from '../../audit/work-facts.js'
import { html } from '../form/html.js'
import { plural } from '../form/numbers.js'
import { keysFor, label, n, type Picture, patterns, svg } from '../form/picture.js'
import { durationText } from './duration.js'

const WIDTH = 560
const LEFT = 16
const ROOM = WIDTH - 2 * LEFT
const HEIGHT = 164
/** The baselines of the lanes. */
const TASK = 52
const WORKER = 112

export interface TimelineOf extends LostExample {
  readonly fn: string
  readonly scope: string
}

/**
 * @param id of the picture, one of a kind on the page.
 * @param clock of the recording.
 */
export function lostTimeline(
  id: string,
  { fn, scope, task, worker, queuedUs, sleptUs, startedUs, allocatedUs, endedUs, site }: TimelineOf,
  clock: 'seconds' | 'ticks' | 'several',
): Picture {
  const end = Math.max(endedUs ?? 0, startedUs, ...allocatedUs) - queuedUs || 1
  const at = (us: number) => LEFT + 70 + ((us - queuedUs) / end) * (ROOM - 80)
  const keys = keysFor([scope])
  const last = at(endedUs ?? queuedUs + end)
  const words = [
    `${task} queues ${fn} in its ${scope} scope`,
    `${worker} begins it ${durationText(startedUs - queuedUs, clock)} later`,
    `${site} allocates ${plural(allocatedUs.length, 'time')}`,
    endedUs === undefined
      ? 'its end was not recorded'
      : `it ends after ${durationText(endedUs - queuedUs, clock)}`,
    sleptUs === undefined
      ? 'nobody was seen to wait for it'
      : `the task sleeps in its scope from ${durationText(sleptUs - queuedUs, clock)} on`,
  ]
  return {
    caption: `${fn}: ${words.slice(1).join(', ')}`,
    svg: svg(
      id,
      { width: WIDTH, height: HEIGHT },
      { title: `${fn} loses a ${scope} scope`, description: `${words.join('; ')}.` },
      [
        patterns(id, keys.values()),
        html`<rect class="lane-even" x="0" y="8" width="${WIDTH}" height="58"/><rect class="lane-odd" x="0" y="68" width="${WIDTH}" height="62"/>
${label(task, { x: LEFT, y: 24, room: ROOM, kind: 'lane-name' })}
${label(worker, { x: LEFT, y: 84, room: ROOM, kind: 'lane-name' })}
<g><title>${task} is in a ${scope} scope</title><rect x="${n(at(queuedUs))}" y="${TASK - 12}" width="${n(last - at(queuedUs))}" height="14" fill="url(#${id}-k0)"/><rect class="k0 flame-scope" x="${n(at(queuedUs))}" y="${TASK - 12}" width="3" height="14"/></g>
${label(scope, { x: LEFT, y: TASK, room: 64 })}<text class="frame-name" x="${n(at(queuedUs) + 6)}" y="${TASK - 1}">queues</text>
`,
        sleptUs === undefined
          ? ''
          : html`<g><title>${task} sleeps, perhaps until the item is done</title><path class="sleep for-ever" d="M${n(at(sleptUs))} ${TASK + 8}H${n(last)}"/><text class="frame-name" x="${n(at(sleptUs) + 4)}" y="${TASK + 6}">sleeps</text></g>`,
        html`<g><title>${fn} runs</title><rect class="slice" x="${n(at(startedUs))}" y="${WORKER - 12}" width="${n(Math.max(2, last - at(startedUs)))}" height="16"/></g>
<path class="arrow" d="M${n(at(queuedUs))} ${TASK + 2}C${n(at(queuedUs))} ${WORKER - 20} ${n(at(startedUs))} ${TASK + 20} ${n(at(startedUs))} ${WORKER - 13}" marker-end="url(#${id}-head)"/>
${allocatedUs.map((us) => html`<g class="lost"><title>${site} allocates what the scope forbids, ${durationText(us - queuedUs, clock)} after it was queued</title><path d="M${n(at(us))} ${WORKER - 16}v24"/></g>`)}
<path class="thread" d="M${n(at(queuedUs))} 138H${n(last)}"/>
${tick(at(queuedUs), '0')}${last - at(startedUs) < 64 ? tick(at(startedUs), '') : tick(at(startedUs), durationText(startedUs - queuedUs, clock), at(queuedUs))}${endedUs === undefined ? '' : tick(last, durationText(endedUs - queuedUs, clock))}
`,
      ],
    ),
  }
}

/** A mark of the time axis; its text is left out where it would stand on the one before. */
function tick(x: number, text: string, before = -100): ReturnType<typeof html> {
  const shown =
    x - before < 52
      ? ''
      : html`<text x="${n(x)}" y="156" text-anchor="${x > WIDTH - 60 ? 'end' : 'middle'}">${text}</text>`
  return html`<path class="thread" d="M${n(x)} 134v8"/>${shown}`
}
