/** Tour: the part of the page that leads through the stops, says what each is about, and what is missing still. */
import { type Html, html } from '@scopemask/kernel-sim/pages'
import type { CaseRow } from '@scopemask/kernel-sim/workbench'
import { STOPS, type Stop } from '../tour/stops.js'
import { find } from './find.js'

export interface TourAsks {
  /** Somebody wants to go to a stop. */
  readonly open: (id: string) => void
  /** Somebody wants to see a text that passes. */
  readonly solve: (text: string) => void
  readonly check: () => void
}

export class Tour {
  readonly #stops = find('stops', HTMLOListElement)
  readonly #panel = find('stop', HTMLElement)
  readonly #verdict = find('stop-verdict', HTMLElement)
  readonly #passed = new Set<string>()
  #stop: Stop | null = null

  constructor({ open, solve, check }: TourAsks) {
    this.#stops.addEventListener('click', ({ target }) => {
      const id = target instanceof Element ? target.closest('button')?.dataset.stop : undefined
      if (id !== undefined) open(id)
    })
    this.#panel.addEventListener('click', ({ target }) => {
      const does = target instanceof Element ? target.closest('button')?.dataset.does : undefined
      if (does === 'check') check()
      else if (does === 'solve' && this.#stop !== null) solve(this.#stop.solved)
      else if (does === 'next') open(nextOf(this.#stop)?.id ?? '')
    })
  }

  get stop(): Stop | null {
    return this.#stop
  }

  /** Shows the stop of this name; with another name, that there is a tour. */
  show(id: string): void {
    this.#stop = STOPS.find((stop) => stop.id === id) ?? null
    this.#verdict.textContent = ''
    this.#draw([])
  }

  /** The scenario is another one now: what was found is of no use. */
  forget(): void {
    if (this.#verdict.textContent === '') return
    this.#verdict.textContent = ''
    this.#draw([])
  }

  /** Says whether the stop is passed. @param kept for each of its keeps whether it is kept. */
  judge(row: CaseRow, kept: readonly boolean[]): void {
    const stop = this.#stop
    if (stop === null) return
    const cell = row.cells.find(({ policy }) => policy === stop.policy)
    const isSafe = cell?.result?.verdict === 'safe'
    const isPassed = isSafe && kept.every((each) => each)
    if (isPassed) this.#passed.add(stop.id)
    this.#verdict.className = isPassed ? 'good' : 'bad'
    this.#verdict.textContent = isPassed
      ? `✓ Passed: safe under ${stop.policy} in all interleavings, and it still does what it has to.`
      : isSafe
        ? '✗ Not yet: it is safe, but it does not do any more what it has to.'
        : `✗ Not yet: under ${stop.policy} ${FOUND[cell?.result?.verdict ?? 'bounded']}.`
    this.#draw(kept)
  }

  #draw(kept: readonly boolean[]): void {
    const focused = this.#panel.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset.does
      : undefined
    this.#stops.innerHTML = `${html`${STOPS.map(
      ({ id, title }) =>
        html`<li><button type="button" class="plain" data-stop="${id}"${id === this.#stop?.id ? html` aria-current="step"` : ''}>${title}${this.#passed.has(id) ? html` <span class="good">✓<span class="hidden"> passed</span></span>` : ''}</button></li>
`,
    )}`}`
    this.#panel.innerHTML = `${this.#stop === null ? NO_STOP : stopHtml(this.#stop, kept)}`
    if (focused === undefined) return
    const same = this.#panel.querySelector<HTMLElement>(`[data-does="${focused}"]`)
    const usable = same ?? this.#panel.querySelector('button')
    usable?.focus()
  }
}

/** What a verdict that is not safe says of a stop. */
const FOUND: Readonly<Record<string, string>> = {
  deadlock: 'there is a deadlock; step by step shows the way to it',
  livelock: 'there is a livelock; step by step shows the way to it',
  bounded: 'nothing is known, since the check did not come to its end',
}

const NO_STOP = html`<p class="soft">A case is open. The stops above lead back to the tour.</p>`

function nextOf(stop: Stop | null): Stop | undefined {
  return stop === null ? undefined : STOPS[STOPS.indexOf(stop) + 1]
}

function stopHtml(stop: Stop, kept: readonly boolean[]): Html {
  const next = nextOf(stop)
  const keep = (says: string, at: number): Html => {
    if (kept[at] === undefined) return html`<li>${says}</li>`
    return kept[at]
      ? html`<li><span class="good">✓ kept:</span> ${says}</li>`
      : html`<li><span class="bad">✗ not kept:</span> ${says}</li>`
  }
  return html`<h3>${STOPS.indexOf(stop) + 1}. ${stop.title}</h3>
<div class="stop"><div>${stop.told.map((each) => html`<p>${each}</p>`)}</div>
<div><p><strong>The task.</strong> ${stop.task}</p>
<p>What has to stay:</p>
<ul>${stop.keeps.map(({ says }, at) => keep(says, at))}</ul>
<p class="row"><button type="button" class="plain main" data-does="check">Check this stop</button> <button type="button" class="plain" data-does="solve">Show a solution</button>${next === undefined ? '' : html` <button type="button" class="plain" data-does="next">Next: ${next.title}</button>`}</p></div></div>
`
}
