/**
 * Lost timeline: one execution that lost a scope, from the task that queued its item to the end of it. A lane for the task, which
 * is in its scope and may sleep until the item is done, and one for the worker, which allocates.
 */
import type { LostExample } from '../../audit/work-facts.js'
import { html } from '../form/html.js'
import { plural } from '../form/numbers.js'
import { label, n, type Picture, patterns, svg } from '../form/picture.js'
import { durationText } from './duration.js'
import { scopeKey } from './scope-keys.js'

const WIDTH = 640
/** Of the names of the lanes. */
const LEFT = 12
const NAMES = 132
const HEIGHT = 170
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
  const at = (us: number) => LEFT + NAMES + ((us - queuedUs) / end) * (WIDTH - 2 * LEFT - NAMES)
  const key = scopeKey(scope)
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
        patterns(id, [key]),
        html`<rect class="lane-even" x="0" y="8" width="${WIDTH}" height="58"/><rect class="lane-odd" x="0" y="68" width="${WIDTH}" height="62"/>
${label(task, { x: LEFT, y: 34, room: NAMES - 8, kind: 'lane-name' })}${label(`in ${scope}`, { x: LEFT, y: 50, room: NAMES - 8 })}
${label(worker, { x: LEFT, y: 94, room: NAMES - 8, kind: 'lane-name' })}${label(`runs ${fn}`, { x: LEFT, y: 110, room: NAMES - 8 })}
<g class="k${key.index}"><title>${task} is in a ${scope} scope</title><rect x="${n(at(queuedUs))}" y="${TASK - 18}" width="${n(last - at(queuedUs))}" height="16" fill="url(#${id}-k${key.index})"/><rect class="flame-scope" x="${n(at(queuedUs))}" y="${TASK - 18}" width="3" height="16"/></g>
<text class="frame-name" x="${n(at(queuedUs) + 6)}" y="${TASK - 6}">queues</text>
`,
        sleptUs === undefined
          ? ''
          : html`<g><title>${task} sleeps, perhaps until the item is done</title><path class="sleep for-ever" d="M${n(at(sleptUs))} ${TASK + 8}H${n(last)}"/><text class="frame-name" x="${n(at(sleptUs) + 4)}" y="${TASK + 5}">sleeps</text></g>`,
        html`<g><title>${fn} runs</title><rect class="slice" x="${n(at(startedUs))}" y="${WORKER - 12}" width="${n(Math.max(2, last - at(startedUs)))}" height="16"/></g>
<path class="arrow" d="M${n(at(queuedUs))} ${TASK + 2}C${n(at(queuedUs))} ${WORKER - 20} ${n(at(startedUs))} ${TASK + 20} ${n(at(startedUs))} ${WORKER - 13}" marker-end="url(#${id}-head)"/>
${allocatedUs.map((us) => html`<g class="lost"><title>${site} allocates what the scope forbids, ${durationText(us - queuedUs, clock)} after it was queued</title><path d="M${n(at(us))} ${WORKER - 16}v24"/></g>`)}
${allocatedUs.slice(0, 1).map((us) => html`<g class="lost"><text x="${n(at(us))}" y="${WORKER - 20}" text-anchor="${at(us) > WIDTH - 90 ? 'end' : 'start'}">allocates</text></g>`)}
<path class="thread" d="M${n(at(queuedUs))} 142H${n(last)}"/>
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
      : html`<text x="${n(x)}" y="160" text-anchor="${x > WIDTH - 60 ? 'end' : 'middle'}">${text}</text>`
  return html`<path class="thread" d="M${n(x)} 138v8"/>${shown}`
}
