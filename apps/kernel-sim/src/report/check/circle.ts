/**
 * Circle: the tasks that wait for each other as a picture. An arc goes from a task to the one that it waits for, and leads to the
 * steps at which the first went to sleep and the second took what it waits for. In a livelock the arcs are the steps that are
 * repeated for ever.
 */
import type { Exhibit } from '../../matrix/exhibit.js'
import type { Story, Waiting } from '../../matrix/story.js'
import { type Html, html } from '../form/html.js'
import {
  type Key,
  LETTER,
  label,
  link,
  n,
  type Picture,
  patterns,
  svg,
  tag,
} from '../form/picture.js'
import type { Keys } from './keys.js'

const BOX = { width: 190, height: 62 }

/** One place on the circle. */
interface Place {
  readonly angle: number
  readonly x: number
  readonly y: number
}

/** One arc: a task that waits, what for, and the steps that led there. */
export interface Arc {
  readonly task: number
  readonly next: number
  readonly waiting: Waiting
  /** After this step it sleeps; 0 for the beginning. */
  readonly sleeps: number
  /** The step at which the next task took what is waited for, where one did. */
  readonly took: number | null
}

/** The arcs of the circle, in order; none where there is none. */
export function arcsOf({ circle, waiting, sleeps, holds }: Story): Arc[] {
  return circle.flatMap((task, at) => {
    const next = circle[(at + 1) % circle.length] ?? task
    const found = waiting.find((each) => each.task === task)
    if (found === undefined) return []
    const sleep = sleeps.find((each) => each.task === task && each.to === null)
    const held = holds.find(
      (hold) => hold.task === next && hold.to === null && found.objects.includes(hold.object),
    )
    return [{ task, next, waiting: found, sleeps: sleep?.from ?? 0, took: held?.from ?? null }]
  })
}

/** @param id of the picture. */
export function circlePicture(
  id: string,
  { story, address }: Pick<Exhibit, 'address' | 'story'>,
  keys: Keys,
): Picture {
  const arcs = arcsOf(story)
  const longest = Math.max(...arcs.map(({ waiting }) => waiting.what.length + 10)) * LETTER + 40
  const many = arcs.length > 2
  const radius = 96 + 34 * Math.max(0, arcs.length - 2)
  const width = many ? 2 * (radius + longest) + 20 : Math.max(2 * BOX.width + 120, longest)
  const height = many ? 2 * radius + BOX.height + 40 : arcs.length === 2 ? 250 : 210
  const places = arcs.map((_, at) => placeOf(at, arcs.length, { radius, width, height }))
  const name = (task: number): string => story.tasks[task] ?? ''
  const description = arcs
    .map(
      ({ task, next, waiting }) =>
        `${name(task)} waits for ${waiting.what}, held up by ${name(next)}`,
    )
    .join('; ')
  return {
    caption: 'The circle: each waits for the next',
    svg: svg(
      id,
      { width, height },
      { title: 'The circle of tasks that wait for each other', description: `${description}.` },
      [
        patterns(id, keys.values()),
        arcs.map((arc, at) =>
          drawArc(arc, {
            id,
            address,
            keys,
            name,
            from: places[at] as Place,
            to: places[(at + 1) % places.length] as Place,
            centre: { x: width / 2, y: height / 2 },
          }),
        ),
        arcs.map((arc, at) => drawTask(arc, places[at] as Place, { address, name })),
      ],
    ),
  }
}

interface Frame {
  readonly radius: number
  readonly width: number
  readonly height: number
}

/** Two stand beside each other, more on a circle that begins at the top. */
function placeOf(at: number, of: number, { radius, width, height }: Frame): Place {
  const angle = of === 2 ? Math.PI * (1 - at) : -Math.PI / 2 + (2 * Math.PI * at) / of
  const away = of === 1 ? 0 : of === 2 ? BOX.width / 2 + 50 : radius
  return {
    angle,
    x: width / 2 + away * Math.cos(angle),
    y: height / 2 + (of === 1 ? 50 : away * Math.sin(angle)),
  }
}

interface Drawn {
  readonly id: string
  readonly address: string
  readonly keys: Keys
  readonly name: (task: number) => string
  readonly from: Place
  readonly to: Place
  readonly centre: { readonly x: number; readonly y: number }
}

function drawArc({ waiting, sleeps, took, next }: Arc, drawn: Drawn): Html {
  const { id, address, keys, name, from, to, centre } = drawn
  const alone = from === to
  // Outwards from the middle between both; on the way round for two, who have the middle in common.
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }
  const away = alone || Math.abs(middle.x - centre.x) + Math.abs(middle.y - centre.y) < 1
  const up = alone || from.x < to.x ? -1 : 1
  const out = away ? { x: 0, y: up } : normal({ x: middle.x - centre.x, y: middle.y - centre.y })
  const bulge = away ? 110 : 60
  const control = { x: middle.x + out.x * bulge, y: middle.y + out.y * bulge }
  const curve = alone ? curveBack(from) : curveTo(from, to, control)
  const found = waiting.objects.flatMap((object) => keys.get(object) ?? [])
  // The curve between two is at its farthest about 72 pixels from the middle; the words stand beyond it.
  const beyond = out.y > 0 ? 14 : took === null ? -4 : -20
  const at = {
    x: middle.x + out.x * (bulge / 2 + 30),
    y: middle.y + (away ? out.y * (alone ? 92 : 76) + beyond : out.y * (bulge / 2 + 8)),
  }
  const anchor = Math.abs(out.x) < 0.3 ? 'middle' : out.x > 0 ? 'start' : 'end'
  const steps: Html[] = []
  if (took !== null) {
    steps.push(
      link(
        `${address}/step-${took}`,
        `${name(next)} took it at step ${took}`,
        html`<text class="link" x="${n(at.x)}" y="${n(at.y + 18)}" text-anchor="${anchor}">${name(next)} took it: step ${took}</text>`,
      ),
    )
  }
  return html`<g class="arc"><title>${name(waiting.task)} sleeps from step ${sleeps} on and waits for ${waiting.what}, held up by ${name(next)}</title><path d="${curve}" marker-end="url(#${id}-strong)"/>
${tagged(found, waiting.what, at, anchor)}${steps}</g>
`
}

/** From the top of a box back to it. */
function curveBack({ x, y }: Place): string {
  const top = y - BOX.height / 2 - 3
  return `M${n(x + 24)} ${n(top)}C${n(x + 70)} ${n(top - 68)} ${n(x - 70)} ${n(top - 68)} ${n(x - 24)} ${n(top)}`
}

function curveTo(
  from: Place,
  to: Place,
  control: { readonly x: number; readonly y: number },
): string {
  const start = edgeOf(from, control)
  const end = edgeOf(to, control)
  return `M${n(start.x)} ${n(start.y)}Q${n(control.x)} ${n(control.y)} ${n(end.x)} ${n(end.y)}`
}

/** What is waited for, with its letters before it. */
function tagged(
  keys: readonly Key[],
  what: string,
  at: { readonly x: number; readonly y: number },
  anchor: string,
): Html {
  const said = `waits for ${what}`
  const wide = said.length * LETTER + keys.length * 16
  const left = anchor === 'middle' ? at.x - wide / 2 : anchor === 'start' ? at.x : at.x - wide
  return html`${keys.map((key, index) => tag(key, left + index * 16, at.y - 11))}<text class="arc-text" x="${n(left + keys.length * 16)}" y="${n(at.y)}">${said}</text>`
}

function drawTask(
  { task, waiting, sleeps }: Arc,
  { x, y }: Place,
  { address, name }: Pick<Drawn, 'address' | 'name'>,
): Html {
  const [left, top] = [x - BOX.width / 2, y - BOX.height / 2]
  const room = BOX.width - 16
  const scope = waiting.restrictions === '' ? 'in no scope' : `in a ${waiting.restrictions} scope`
  const where = waiting.stack[0] ?? ''
  const said = sleeps === 0 ? 'sleeps from the beginning' : `sleeps after step ${sleeps}`
  return html`<g class="node task"><title>${name(task)}, ${scope}, sleeps in ${where}: ${waiting.stack.join(' < ')}</title><rect x="${n(left)}" y="${n(top)}" width="${BOX.width}" height="${BOX.height}" rx="4"/>${label(
    name(task),
    { x: left + 8, y: top + 17, room, kind: 'lane-name' },
  )}${label(`${scope}, in ${where}`, { x: left + 8, y: top + 35, room })}${link(
    `${address}/step-${Math.max(1, sleeps)}`,
    said,
    html`<text class="link" x="${n(left + 8)}" y="${n(top + 53)}">${said}</text>`,
  )}</g>
`
}

/** Where a line from the middle of a box to a point leaves the box. */
function edgeOf(
  { x, y }: Place,
  to: { readonly x: number; readonly y: number },
): { readonly x: number; readonly y: number } {
  const [dx, dy] = [to.x - x, to.y - y]
  const scale = Math.min(
    dx === 0 ? Number.POSITIVE_INFINITY : (BOX.width / 2 + 3) / Math.abs(dx),
    dy === 0 ? Number.POSITIVE_INFINITY : (BOX.height / 2 + 3) / Math.abs(dy),
  )
  return { x: x + dx * scale, y: y + dy * scale }
}

function normal({ x, y }: { readonly x: number; readonly y: number }): { x: number; y: number } {
  const length = Math.hypot(x, y)
  return { x: x / length, y: y / length }
}
