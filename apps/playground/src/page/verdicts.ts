/** Verdicts: the part of the page that shows what a check has found: a table, and each counterexample with its pictures. */
import { checkHtml, exhibitHtml, type Html, html, plural } from '@scopemask/kernel-sim/pages'
import type { CaseRow, Exhibit } from '@scopemask/kernel-sim/workbench'
import { find } from './find.js'

/** A step of a counterexample. */
export interface SeenStep {
  readonly exhibit: Exhibit
  readonly at: number
}

export class Verdicts {
  readonly #verdicts = find('verdicts', HTMLElement)
  readonly #result = find('result', HTMLElement)
  #exhibits: readonly Exhibit[] = []

  /** @param walk is called when somebody wants to walk through a counterexample. */
  constructor(walk: (step: SeenStep) => void) {
    const follow = (event: MouseEvent): void => {
      const { target } = event
      if (!(target instanceof Element)) return
      const address = target.closest('[data-walk]')?.getAttribute('data-walk')
      const href = target.closest('a')?.getAttribute('href')?.slice(1)
      const [, there = '', step] = /^(.*?)(?:\/step-(\d+))?$/.exec(address ?? href ?? '') ?? []
      const exhibit = this.#exhibits.find((each) => each.address === there)
      if (exhibit === undefined) return
      event.preventDefault()
      if (address !== undefined || step !== undefined) {
        walk({ exhibit, at: Number(step ?? exhibit.story.steps.length) })
      } else this.#open(there)
    }
    this.#verdicts.addEventListener('click', follow)
    this.#result.addEventListener('click', follow)
  }

  /** Shows what was found; without anything, takes away what is shown. */
  show(row: CaseRow | null, exhibits: readonly Exhibit[]): void {
    this.#exhibits = exhibits
    this.#verdicts.innerHTML = row === null ? '' : `${checkHtml(row, exhibits)}`
    this.#result.innerHTML =
      exhibits.length > 0
        ? `${html`${exhibits.map(detailsOf)}`}`
        : `${html`<p class="soft">${row === null ? 'They come with a check.' : 'None was found.'}</p>`}`
  }

  #open(address: string): void {
    const details = document.getElementById(`open/${address}`)
    if (!(details instanceof HTMLDetailsElement)) return
    details.open = true
    details.scrollIntoView({ block: 'start' })
    details.querySelector('summary')?.focus({ preventScroll: true })
  }
}

function detailsOf(exhibit: Exhibit): Html {
  const { address, policy, verdict, counterexample } = exhibit
  return html`<details id="open/${address}"><summary>${policy}: ${verdict} after ${plural(counterexample.steps.length, 'step')}</summary>
<p><button type="button" class="plain" data-walk="${address}/step-0">Walk through it step by step</button></p>
${exhibitHtml(exhibit)}</details>
`
}
