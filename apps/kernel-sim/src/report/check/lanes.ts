/**
 * Lanes: a schedule as a picture. Each task has a lane, time runs downwards. In a lane are a slice for each procedure, a bar for
 * each lock held and each scope open, the steps, and where the task sleeps; arrows go from `queue_work` to the worker that begins the item,
 * and from what wakes to what is woken. A run of steps that nobody else can notice is folded into one row.
 */
import type { Exhibit } from '../../matrix/exhibit.js'
import type { FrameSpan, Span, Story, StoryStep } from '../../matrix/story.js'
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
import { type Keys, scopeName } from './keys.js'

const ROW = 22
const HEAD = 46
const GUTTER = 40
const BAR = 16
const INDENT = 9
/** The widest text of a lane. */
const MOST = 330

/** One row of the picture. */
type RowOf =
  /** Steps that are shown together, by number. */
  | { readonly kind: 'steps'; readonly steps: readonly number[] }
  /** A task enters a procedure. */
  | { readonly kind: 'frame'; readonly frame: FrameSpan }
  /** From here on nothing helps any more. */
  | { readonly kind: 'lost' }
  /** How it ends. */
  | { readonly kind: 'end' }

/** Where a lane is. */
interface Lane {
  readonly task: number
  readonly x: number
  readonly width: number
  /** The bars that stand side by side in it. */
  readonly bars: readonly Bar[]
  /** Where its text begins. */
  readonly text: number
}

interface Bar extends Span {
  readonly key: Key
  readonly what: string
}

/** @param id of the picture; steps have the addresses `${address}/step-7`. */
export function lanesPicture(
  id: string,
  exhibit: Pick<Exhibit, 'address' | 'story'>,
  keys: Keys,
): Picture {
  const lanes = new Lanes(id, exhibit, keys)
  return { caption: 'The schedule: one lane for each task, time runs downwards', svg: lanes.draw() }
}

class Lanes {
  readonly #id: string
  readonly #address: string
  readonly #story: Story
  readonly #keys: Keys
  readonly #rows: readonly RowOf[]
  readonly #lanes: readonly Lane[]

  constructor(id: string, { address, story }: Pick<Exhibit, 'address' | 'story'>, keys: Keys) {
    this.#id = id
    this.#address = address
    this.#story = story
    this.#keys = keys
    this.#rows = rowsOf(story)
    this.#lanes = this.#placeLanes()
  }

  draw(): Html {
    const last = this.#lanes.at(-1)
    const width = (last?.x ?? 0) + (last?.width ?? 0) + 8
    const height = HEAD + this.#rows.length * ROW + 10
    const { tasks, steps, waiting } = this.#story
    return svg(
      this.#id,
      { width, height },
      {
        title: 'The schedule as lanes',
        description: `${steps.length} steps of ${this.#lanes.length} tasks (${this.#lanes.map(({ task }) => tasks[task]).join(', ')}). In the end ${waiting.map(({ task, what }) => `${tasks[task]} waits for ${what}`).join(', ')}. The table below says the same.`,
      },
      [
        patterns(this.#id, this.#keys.values()),
        this.#lanes.map((lane, at) => this.#drawLane(lane, at)),
        this.#drawLost(width),
        this.#drawArrows(),
        this.#rows.map((row, at) => this.#drawRow(row, at)),
        this.#drawEnds(),
      ],
    )
  }

  #placeLanes(): Lane[] {
    const { tasks, steps, waiting, frames } = this.#story
    const taking = new Set([...steps.map(({ task }) => task), ...waiting.map(({ task }) => task)])
    let x = GUTTER
    return tasks.flatMap((name, task) => {
      if (!taking.has(task)) return []
      const bars = this.#barsOf(task)
      const texts = this.#rows.flatMap((row) => {
        if (row.kind === 'frame') {
          return row.frame.task === task ? [row.frame.name.length + row.frame.depth * 1.4] : []
        }
        if (row.kind === 'end' || row.kind === 'lost') return []
        const [first] = row.steps
        const step = steps[(first ?? 1) - 1]
        return step?.task === task ? [this.#stepText(row.steps).length + depthOf(step) * 1.4] : []
      })
      for (const waiter of waiting) {
        if (waiter.task !== task) continue
        const tags = waiter.objects.filter((object) => this.#keys.has(object)).length
        const depth = Math.max(0, waiter.stack.length - 2)
        texts.push(`waits for ${waiter.what}`.length + (tags * BAR) / LETTER + depth * 1.4)
      }
      const deepest = Math.max(0, ...frames.map((frame) => (frame.task === task ? frame.depth : 0)))
      const longest = Math.max(name.length + 4, ...texts, 16) * LETTER
      const columns = columnsOf(bars)
      const text = x + 6 + columns * BAR
      const width = 6 + columns * BAR + Math.min(MOST, longest) + deepest * INDENT + 26
      const lane = { task, x, width, bars, text }
      x += width + 10
      return [lane]
    })
  }

  #barsOf(task: number): Bar[] {
    const { holds, scopes } = this.#story
    const bar = (name: string, what: string, { from, to }: Span): Bar[] => {
      const key = this.#keys.get(name)
      return key === undefined ? [] : [{ task, from, to, key, what }]
    }
    return [
      ...scopes
        .filter((span) => span.task === task)
        .flatMap((span) =>
          bar(scopeName(span.restrictions), `in a ${span.restrictions} scope`, span),
        ),
      ...holds
        .filter((span) => span.task === task)
        .flatMap((span) => bar(span.object, `holds ${span.object}`, span)),
    ]
  }

  #drawLane({ task, x, width, bars, text }: Lane, at: number): Html {
    const { tasks, frames } = this.#story
    const bottom = HEAD + this.#rows.length * ROW
    const name = tasks[task] ?? ''
    const slices = frames
      .filter((frame) => frame.task === task && frame.depth > 0)
      .map((frame) => {
        const top = this.#rows.findIndex((row) => row.kind === 'frame' && row.frame === frame)
        if (top < 0) return ''
        const left = text + 10 + (frame.depth - 1) * INDENT
        const y = HEAD + top * ROW + 2
        const end = frame.to === null ? bottom - 2 : this.#bottomOf(task, frame.to)
        return html`<rect class="slice" x="${n(left)}" y="${n(y)}" width="${n(x + width - left - 4 - frame.depth)}" height="${n(Math.max(ROW - 4, end - y))}" rx="3"><title>${name} is in ${frame.name}</title></rect>
`
      })
    const columns = placed(bars)
    const shown = bars.map((bar, index) => {
      const left = x + 4 + (columns[index] ?? 0) * BAR
      const top = this.#after(bar.from)
      const end = bar.to === null ? bottom : this.#after(bar.to)
      const { key } = bar
      return html`<g class="k${key.index}"><title>${name} ${bar.what}, from step ${bar.from}${bar.to === null ? ' on' : ` to step ${bar.to}`}</title><rect class="bar" x="${n(left)}" y="${n(top)}" width="12" height="${n(Math.max(8, end - top))}" rx="2" fill="url(#${this.#id}-k${key.index})"/></g>${tag(key, left - 1, top)}
`
    })
    return html`<g class="lane"><title>The lane of ${name}</title><rect class="${at % 2 === 0 ? 'lane-even' : 'lane-odd'}" x="${n(x)}" y="4" width="${n(width)}" height="${n(bottom)}" rx="4"/>
${label(name, { x: x + 8, y: 24, room: width - 12, kind: 'lane-name', title: `task ${name}` })}
<path class="thread" d="M${n(text + 4)} ${HEAD - 8}V${n(bottom)}"/>
${slices}${shown}${this.#drawSleeps(task, text + 4)}</g>
`
  }

  #drawSleeps(task: number, x: number): Html[] {
    const { sleeps, open } = this.#story
    return sleeps
      .filter((sleep) => sleep.task === task)
      .map(({ from, to, what, operation }) => {
        const top = this.#after(from)
        const end = to === null ? HEAD + this.#rows.length * ROW - 6 : this.#after(to) - ROW / 2
        if (end <= top) return html``
        const ends = to !== null ? `; step ${to} ends it` : open ? '' : ', for ever'
        return html`<path class="${to === null && !open ? 'sleep for-ever' : 'sleep'}" d="M${n(x)} ${n(top)}V${n(end)}"><title>sleeps from step ${from} on in ${operation}, waits for ${what}${ends}</title></path>
`
      })
  }

  #drawRow(row: RowOf, at: number): Html {
    const y = HEAD + at * ROW
    if (row.kind === 'end' || row.kind === 'lost') return html``
    if (row.kind === 'frame') {
      const { frame } = row
      const lane = this.#laneOf(frame.task)
      if (lane === undefined) return html``
      const x = lane.text + 15 + (frame.depth - 1) * INDENT
      return label(frame.name, {
        x,
        y: y + 15,
        room: lane.x + lane.width - x - 4,
        kind: 'frame-name',
        title: `${this.#story.tasks[frame.task] ?? ''} enters ${frame.name}`,
      })
    }
    const [first = 1] = row.steps
    const step = this.#story.steps[first - 1]
    const lane = step === undefined ? undefined : this.#laneOf(step.task)
    if (step === undefined || lane === undefined) return html``
    const numbers = row.steps.length > 1 ? `${first}–${row.steps.at(-1)}` : `${first}`
    const all = row.steps.map((each) => `${each}. ${this.#said(each)}`).join('; ')
    const depth = depthOf(step)
    const x = lane.text + 15 + Math.max(0, depth) * INDENT
    const anchors = row.steps.map(
      (each) =>
        html`<g id="${this.#address}/step-${each}" data-step="${each}"><title>step ${each}: ${this.#said(each)}</title><rect class="cursor" x="2" y="${n(y)}" width="${n(lane.x + lane.width)}" height="${ROW}"/></g>`,
    )
    return html`${anchors}<g data-steps="${row.steps.join(' ')}">${link(
      `${this.#address}/step-${first}`,
      `step ${numbers}`,
      html`<text class="step-number" x="${GUTTER - 8}" y="${n(y + 15)}" text-anchor="end">${numbers}</text>`,
    )}<circle class="dot" cx="${n(lane.text + 4)}" cy="${n(y + 11)}" r="3.5"><title>${all}</title></circle>${label(
      this.#stepText(row.steps),
      { x, y: y + 15, room: lane.x + lane.width - x - 6, kind: 'step', title: all },
    )}</g>
`
  }

  #drawArrows(): Html[] {
    return this.#story.arrows.map(({ kind, from, to }) => {
      const [a, b] = [this.#dot(from), this.#dot(to)]
      if (a === undefined || b === undefined) return html``
      const bend = Math.max(18, Math.abs(b.x - a.x) / 3)
      const side = b.x >= a.x ? 1 : -1
      // To the right it begins behind the words of the step.
      const start = side > 0 ? this.#endOfText(from) : a.x - 5
      const title =
        kind === 'queues'
          ? `step ${from} queues the item that step ${to} begins`
          : `step ${from} wakes the task of step ${to}`
      return html`<path class="arrow ${kind}" d="M${n(start)} ${n(a.y)}C${n(start + bend * side)} ${n(a.y)} ${n(b.x - bend * side)} ${n(b.y)} ${n(b.x - 5 * side)} ${n(b.y)}" marker-end="url(#${this.#id}-head)"><title>${title}</title></path>
`
    })
  }

  /** The line from which on nothing helps any more. */
  #drawLost(width: number): Html {
    const { lost } = this.#story
    if (lost === null) return html``
    const y = HEAD + this.#rows.findIndex(({ kind }) => kind === 'lost') * ROW
    const said =
      lost === 0
        ? 'From the beginning on no way leads to an end.'
        : `After step ${lost} no way leads to an end any more.`
    return html`<g class="lost"><title>${said}</title><path d="M2 ${n(y + 3)}H${n(width - 2)}"/><text x="4" y="${n(y + 15)}">${said}</text></g>
`
  }

  /** What becomes of each task that is not done. */
  #drawEnds(): Html[] {
    const { waiting, tasks, open } = this.#story
    const y = HEAD + this.#rows.length * ROW - 2 * ROW
    return waiting.map(({ task, blocked, what, objects, for: enders, stack }) => {
      const lane = this.#laneOf(task)
      if (lane === undefined) return html``
      const x = lane.text + 15 + Math.max(0, stack.length - 2) * INDENT
      const keys = objects.flatMap((object) => this.#keys.get(object) ?? [])
      const held = enders.map((ender) => tasks[ender]).join(', ')
      const moves = open ? 'can go on' : 'goes round for ever'
      const says = blocked ? `waits for ${what}` : moves
      const room = lane.x + lane.width - x - keys.length * BAR - 6
      const by = blocked && held !== '' ? `held up by ${held}` : ''
      return html`<g class="${open ? 'still' : 'end'}"><title>${tasks[task] ?? ''} ${says}${by === '' ? '' : `, ${by}`}</title>${keys.map((key, at) => tag(key, x + at * BAR, y + 3))}${label(
        says,
        { x: x + keys.length * BAR, y: y + 14, room, kind: 'end-text' },
      )}${by === '' ? '' : label(by, { x, y: y + ROW + 12, room: room + keys.length * BAR, kind: 'end-text' })}</g>
`
    })
  }

  #stepText(steps: readonly number[]): string {
    const [first = 1] = steps
    if (steps.length === 1) return this.#said(first)
    const last = steps.at(-1) ?? first
    return `${this.#story.steps[first - 1]?.operation ?? ''} … ${this.#said(last)}`
  }

  #said(step: number): string {
    const { operation = '', result = '' } = this.#story.steps[step - 1] ?? {}
    return result === '' ? operation : `${operation}: ${result}`
  }

  #laneOf(task: number): Lane | undefined {
    return this.#lanes.find((lane) => lane.task === task)
  }

  #rowOf(step: number): number {
    return this.#rows.findIndex((row) => row.kind === 'steps' && row.steps.includes(step))
  }

  /** The y just after a step; that of the beginning for 0. */
  #after(step: number): number {
    return step === 0 ? HEAD - 4 : HEAD + (this.#rowOf(step) + 1) * ROW - 4
  }

  /** Where a procedure ends that a task has left before a step. */
  #bottomOf(task: number, step: number): number {
    for (let at = step - 1; at > 0; at--) {
      if (this.#story.steps[at - 1]?.task === task) return this.#after(at) + 2
    }
    return HEAD
  }

  #endOfText(step: number): number {
    const row = this.#rows[this.#rowOf(step)]
    const found = this.#story.steps[step - 1]
    const lane = found === undefined ? undefined : this.#laneOf(found.task)
    if (row?.kind !== 'steps' || found === undefined || lane === undefined) return 0
    const x = lane.text + 18 + Math.max(0, depthOf(found)) * INDENT
    return Math.min(lane.x + lane.width - 6, x + this.#stepText(row.steps).length * LETTER)
  }

  #dot(step: number): { readonly x: number; readonly y: number } | undefined {
    const task = this.#story.steps[step - 1]?.task
    const lane = task === undefined ? undefined : this.#laneOf(task)
    return lane && { x: lane.text + 4, y: HEAD + this.#rowOf(step) * ROW + 11 }
  }
}

/** How deep in procedures a step is; 0 for the task itself. */
function depthOf({ stack }: StoryStep): number {
  return stack.length - 1
}

function rowsOf({ steps, frames, waiting, lost }: Story): RowOf[] {
  const rows: RowOf[] = []
  const entered = (step: number): FrameSpan[] =>
    frames.filter(
      ({ from, depth, task }) => from === step && depth > 0 && task === steps[step - 1]?.task,
    )
  for (let step = 1; step <= steps.length; ) {
    if (lost === step - 1) rows.push({ kind: 'lost' })
    for (const frame of entered(step)) rows.push({ kind: 'frame', frame })
    const run = [step]
    const { task, local } = steps[step - 1] as StoryStep
    while (local) {
      const next = step + run.length
      const other = steps[next - 1]
      if (other === undefined || other.task !== task || !other.local) break
      if (entered(next).length > 0 || lost === next - 1) break
      run.push(next)
    }
    const shown = run.length > 2 ? [run] : run.map((each) => [each])
    for (const together of shown) rows.push({ kind: 'steps', steps: together })
    step += run.length
  }
  if (lost === steps.length) rows.push({ kind: 'lost' })
  for (const { task } of waiting) {
    const inside = frames.filter((frame) => frame.task === task && frame.from === steps.length + 1)
    for (const frame of inside.filter(({ depth }) => depth > 0)) rows.push({ kind: 'frame', frame })
  }
  return [...rows, { kind: 'end' }, { kind: 'end' }]
}

/** The column of each bar: those that overlap stand side by side. */
function placed(bars: readonly Bar[]): number[] {
  const free: number[] = []
  return bars.map(({ from, to }) => {
    const column = free.findIndex((until) => until <= from)
    const at = column < 0 ? free.length : column
    free[at] = to ?? Number.POSITIVE_INFINITY
    return at
  })
}

function columnsOf(bars: readonly Bar[]): number {
  return Math.max(0, ...placed(bars).map((column) => column + 1))
}
