/** App: what the parts of the page have in common: the text, what was found in it, and the way that is walked. */

import { text as engine } from 'made:engine'
import { html, number } from '@scopemask/kernel-sim/pages'
import type { CaseRow, PolicyName, Way } from '@scopemask/kernel-sim/workbench'
import type { Fault, Script } from '../protocol.js'
import { compiled } from './compile.js'
import { Editor } from './editor.js'
import { DISTURBED, EngineClient } from './engine-client.js'
import { find } from './find.js'
import { LinkError, linkTo, readLink, type Shared } from './link.js'
import { POLICY_NAMES } from './policies.js'
import { CASE_STARTS, type Start, startOf, TOUR_STARTS, textOf } from './texts.js'
import { Tour } from './tour.js'
import { type SeenStep, Verdicts } from './verdicts.js'
import { type Step, Walker } from './walker.js'

/** How long after the last change by hand the text is looked at, in ms. */
const PAUSE = 600
/** How long a walk may take, in ms. */
const WALK_LIMIT = 20_000
/** What is shown first. */
const FIRST = 'reclaim-recursion'
const BEGINNING: Way = { token: '', at: 0 }

export class App {
  readonly #chosen = find('case', HTMLSelectElement)
  readonly #summary = find('summary', HTMLElement)
  readonly #fault = find('fault', HTMLElement)
  readonly #policies = find('policies', HTMLFieldSetElement)
  readonly #run = find('run', HTMLButtonElement)
  readonly #cancel = find('cancel', HTMLButtonElement)
  readonly #limit = find('limit', HTMLSelectElement)
  readonly #progress = find('progress', HTMLElement)
  readonly #outcome = find('outcome', HTMLElement)
  readonly #walkPolicy = find('walk-policy', HTMLSelectElement)
  readonly #linkFault = find('link-fault', HTMLElement)
  readonly #shared = find('shared', HTMLElement)
  readonly #checks = new EngineClient(engine)
  readonly #walks = new EngineClient(engine)
  readonly #editor = new Editor(find('editor', HTMLElement), () => this.#changed())
  readonly #verdicts = new Verdicts((step) => this.#walkThrough(step))
  readonly #walker = new Walker((step) => void this.#walkOn(step))
  readonly #tour = new Tour({
    open: (id) => this.#open({ number: id }),
    solve: (text) => {
      this.#editor.text = text
      this.#looked(BEGINNING)
    },
    check: () => void this.#check(),
  })
  /** What the text was at the beginning: see {@link startOf}. */
  #start = FIRST
  #way: Way = BEGINNING
  #pause: ReturnType<typeof setTimeout> | undefined

  /** @param hash the part of the address after `#`. */
  async start(hash: string): Promise<void> {
    const options = (starts: readonly Start[]) =>
      starts.map(({ id, label }) => html`<option value="${id}">${label}</option>`)
    this.#chosen.innerHTML = `${html`<optgroup label="The tour">${options(TOUR_STARTS)}</optgroup><optgroup label="Real cases">${options(CASE_STARTS)}</optgroup>`}`
    this.#policies.insertAdjacentHTML(
      'beforeend',
      `${html`${POLICY_NAMES.map((name) => html`<label><input type="checkbox" value="${name}" checked> ${name}</label>`)}`}`,
    )
    this.#walkPolicy.innerHTML = `${html`${POLICY_NAMES.map((name) => html`<option>${name}</option>`)}`}`
    this.#walkPolicy.value = 'scope'
    this.#chosen.addEventListener('change', () => this.#open({ number: this.#chosen.value }))
    this.#run.addEventListener('click', () => void this.#check())
    this.#cancel.addEventListener('click', () => this.#checks.stop('cancelled'))
    this.#walkPolicy.addEventListener('change', () => void this.#walkTo(this.#way, true))
    find('share', HTMLButtonElement).addEventListener('click', () => void this.#share())
    find('reset', HTMLButtonElement).addEventListener('click', () =>
      this.#open({ number: this.#start }),
    )
    find('save', HTMLButtonElement).addEventListener('click', () => this.#save())
    addEventListener('hashchange', () => void this.#follow(location.hash.slice(1)))
    if (!(await this.#follow(hash))) this.#open({ number: FIRST })
  }

  /** Shows what a link holds. @returns false when there is nothing to show. */
  async #follow(hash: string): Promise<boolean> {
    this.#linkFault.textContent = ''
    try {
      const link = await readLink(hash)
      if (link === null) return false
      if ('number' in link.scenario && textOf(link.scenario.number) === undefined) {
        throw new LinkError(
          `The link is of case ${link.scenario.number}, which this page does not have.`,
        )
      }
      this.#open(link.scenario, link.walk)
      return true
    } catch (thrown) {
      if (!(thrown instanceof LinkError)) throw thrown
      this.#linkFault.textContent = thrown.message
      return false
    }
  }

  /** Opens a scenario, at the beginning or where somebody was. */
  #open(scenario: Shared['scenario'], walk: Shared['walk'] = null): void {
    if ('number' in scenario) {
      this.#start = scenario.number
      this.#chosen.value = scenario.number
      this.#tour.show(scenario.number)
      const only = this.#tour.stop?.policy
      for (const box of this.#boxes()) box.checked = only === undefined || box.value === only
      if (only !== undefined) this.#walkPolicy.value = only
    }
    const text = 'text' in scenario ? scenario.text : textOf(scenario.number)
    this.#editor.text = text ?? ''
    if (walk !== null) this.#walkPolicy.value = walk.policy
    this.#looked(walk ?? BEGINNING)
  }

  #changed(): void {
    clearTimeout(this.#pause)
    this.#pause = setTimeout(() => this.#looked(BEGINNING), PAUSE)
  }

  /** Looks at the text anew: what was found in another one is of no use. */
  #looked(way: Way): void {
    clearTimeout(this.#pause)
    this.#pause = undefined
    this.#checks.stop('the scenario was changed')
    this.#verdicts.show(null, [])
    this.#tour.forget()
    this.#outcome.textContent = ''
    this.#shared.textContent = ''
    this.#summary.textContent = this.#isOwn() ? '' : (startOf(this.#start)?.summary ?? '')
    void this.#walkTo(way, false)
  }

  /** True for a text that is not, or is no longer, that of a bundled case. */
  #isOwn(): boolean {
    return this.#editor.text !== textOf(this.#start)
  }

  /** True for the text of a bundled case, which the command finds by its name. */
  #isCase(): boolean {
    return !this.#isOwn() && CASE_STARTS.some(({ id }) => id === this.#start)
  }

  /** The text as a script, or null, when it cannot be one and that was said. */
  #script(): Script | null {
    const script = compiled(this.#editor.text, this.#isCase() ? this.#start : '')
    if ('code' in script) {
      this.#say(null)
      return script
    }
    this.#say(script)
    return null
  }

  /** Shows a report. @returns false when that cannot be: the scenario runs beside the engine, and may report what it likes. */
  #shown(show: () => void): boolean {
    try {
      show()
      return true
    } catch {
      this.#say({ kind: 'fault', message: DISTURBED, line: null })
      return false
    }
  }

  /** Says what is wrong with the scenario, at its line. */
  #say(fault: Fault | null): void {
    this.#editor.fault = fault
    this.#fault.textContent = fault?.message ?? ''
    const line = fault?.line ?? null
    if (line === null) return
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = `go to line ${line}`
    button.addEventListener('click', () => this.#editor.goTo(line))
    this.#fault.append(' ', button)
  }

  async #check(): Promise<void> {
    // Somebody who has just typed need not wait.
    if (this.#pause !== undefined) this.#looked(BEGINNING)
    const script = this.#script()
    if (script === null) return
    const policies = this.#chosenPolicies()
    if (policies.length === 0) {
      this.#outcome.textContent = 'Choose at least one policy.'
      return
    }
    this.#verdicts.show(null, [])
    this.#running(true)
    this.#outcome.textContent = 'Checking …'
    const { policy = 'scope', keeps = [] } = this.#tour.stop ?? {}
    const answer = await this.#checks.ask(
      { kind: 'check', script, policies, keeps: { policy, all: keeps } },
      {
        limit: Number(this.#limit.value) * 1000,
        onProgress: ({ cell, states, depth }) => {
          this.#progress.textContent = `${cell}: ${number(states)} states, ${number(depth)} steps deep`
        },
      },
    )
    this.#running(false)
    if (answer.kind === 'checked') {
      const { row, exhibits, kept } = answer
      const isShown = this.#shown(() => {
        this.#outcome.textContent = outcomeSentence(row)
        this.#verdicts.show(row, exhibits)
        this.#tour.judge(row, kept)
      })
      if (!isShown) return
      const failing = exhibits.find((exhibit) => exhibit.policy === this.#tour.stop?.policy)
      if (failing !== undefined) {
        this.#walkPolicy.value = failing.policy
        void this.#walkTo({ token: failing.counterexample.token, at: 0 }, false)
      }
    } else if (answer.kind === 'fault') {
      this.#outcome.textContent = `Not checked: ${answer.message}`
      if (answer.line !== null) this.#say(answer)
    }
  }

  #running(runs: boolean): void {
    this.#run.disabled = runs
    this.#cancel.disabled = !runs
    this.#progress.textContent = ''
    // A button that is switched off loses the focus, which then is nowhere.
    if (document.activeElement === document.body) (runs ? this.#cancel : this.#run).focus()
  }

  #boxes(): HTMLInputElement[] {
    return [...this.#policies.querySelectorAll('input')]
  }

  /** Those that are chosen, and the one under which a stop is passed. */
  #chosenPolicies(): PolicyName[] {
    const chosen = this.#boxes().filter(({ checked }) => checked)
    const needed = this.#tour.stop?.policy
    return POLICY_NAMES.filter(
      (name) => name === needed || chosen.some(({ value }) => value === name),
    )
  }

  #walkThrough({ exhibit, at }: SeenStep): void {
    this.#walkPolicy.value = exhibit.policy
    void this.#walkTo({ token: exhibit.counterexample.token, at }, false).then(() => {
      find('walk', HTMLElement).scrollIntoView({ block: 'start' })
      this.#walkPolicy.focus({ preventScroll: true })
    })
  }

  #walkOn(step: Step): Promise<void> {
    return 'to' in step
      ? this.#walkTo({ token: this.#way.token, at: step.to }, false)
      : this.#walkTo(this.#way, false, step.take)
  }

  /** @param mayFail true where the way may be one of another policy: then it begins anew. */
  async #walkTo(way: Way, mayFail: boolean, take?: number): Promise<void> {
    const script = this.#script()
    if (script === null) {
      this.#walker.show(null, '')
      return
    }
    const policy = this.#policyWalked()
    const answer = await this.#walks.ask(
      { kind: 'walk', script, policy, way, ...(take === undefined ? {} : { take }) },
      { limit: WALK_LIMIT },
    )
    if (answer.kind === 'walked') {
      const { walk } = answer
      const isShown = this.#shown(() => {
        this.#walker.show(walk, this.#commandFor(walk.taken))
        this.#way = walk.way
      })
      if (isShown) await this.#remember()
    } else if (answer.kind === 'fault') {
      if (mayFail && way.token !== '') return this.#walkTo(BEGINNING, false)
      this.#way = BEGINNING
      this.#walker.show(null, '')
      this.#say(answer)
    }
  }

  #policyWalked(): PolicyName {
    return POLICY_NAMES.find((name) => name === this.#walkPolicy.value) ?? 'scope'
  }

  #commandFor(token: string): string {
    const file = this.#isCase() ? startOf(this.#start)?.file : './scenario.ts'
    return `kernel-sim replay ${file} ${this.#policyWalked()} ${token}`
  }

  /** Puts what is shown into the address. */
  async #remember(): Promise<string> {
    const { token, at } = this.#way
    const hash = await linkTo({
      scenario: this.#isOwn() ? { text: this.#editor.text } : { number: this.#start },
      walk: token === '' ? null : { policy: this.#policyWalked(), token, at },
    })
    history.replaceState(null, '', `#${hash}`)
    return location.href
  }

  /** Gives the text as a file, for the command. */
  #save(): void {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([this.#editor.text], { type: 'text/plain' }))
    link.download = 'scenario.ts'
    link.click()
    // What is downloaded has been read by then.
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
  }

  async #share(): Promise<void> {
    const link = await this.#remember()
    try {
      await navigator.clipboard.writeText(link)
      this.#shared.textContent = 'Copied.'
    } catch {
      // Not every page may write there, one from disk for instance.
      this.#shared.textContent = 'The link is in the address bar.'
    }
  }
}

function outcomeSentence({ cells }: CaseRow): string {
  const said = cells.flatMap(({ policy, result }) =>
    result === undefined ? [] : [`${policy}: ${result.verdict}`],
  )
  return said.length === 0 ? 'None of these policies applies.' : `Checked. ${said.join(', ')}.`
}
