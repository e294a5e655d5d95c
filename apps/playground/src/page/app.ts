/** App: what the parts of the page have in common: the text, what was found in it, and the way that is walked. */

import { text as engine } from 'made:engine'
import { html, number } from '@scopemask/kernel-sim/pages'
import type { CaseRow, PolicyName, Way } from '@scopemask/kernel-sim/workbench'
import type { Fault, Script } from '../protocol.js'
import { compiled } from './compile.js'
import { Editor } from './editor.js'
import { EngineClient } from './engine-client.js'
import { find } from './find.js'
import { LinkError, linkTo, readLink, type Shared } from './link.js'
import { POLICY_NAMES } from './policies.js'
import { BUNDLED, textOf } from './texts.js'
import { type SeenStep, Verdicts } from './verdicts.js'
import { type Step, Walker } from './walker.js'

/** How long after the last change by hand the text is looked at, in ms. */
const PAUSE = 600
/** How long a walk may take, in ms. */
const WALK_LIMIT = 20_000
/** The case that is shown first. */
const FIRST = '1'
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
  #number = FIRST
  #way: Way = BEGINNING
  #pause: ReturnType<typeof setTimeout> | undefined

  /** @param hash the part of the address after `#`. */
  async start(hash: string): Promise<void> {
    this.#chosen.innerHTML = `${html`${BUNDLED.map(({ number, name }) => html`<option value="${number}">${number}: ${name}</option>`)}`}`
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
      this.#open({ number: this.#number }),
    )
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
          `The link is of case ${link.scenario.number}, which is not bundled here.`,
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
      this.#number = scenario.number
      this.#chosen.value = scenario.number
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
    this.#outcome.textContent = ''
    const bundled = BUNDLED.find(({ number }) => number === this.#number)
    this.#summary.textContent = this.#isOwn() ? '' : (bundled?.summary ?? '')
    void this.#walkTo(way, false)
  }

  /** True for a text that is not, or is no longer, that of a bundled case. */
  #isOwn(): boolean {
    return this.#editor.text !== textOf(this.#number)
  }

  /** The text as a script, or null, when it cannot be one and that was said. */
  #script(): Script | null {
    const script = compiled(this.#editor.text, this.#isOwn() ? '' : this.#number)
    if ('code' in script) {
      this.#say(null)
      return script
    }
    this.#say(script)
    return null
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
    const answer = await this.#checks.ask(
      { kind: 'check', script, policies, keeps: [] },
      {
        limit: Number(this.#limit.value) * 1000,
        onProgress: ({ cell, states, depth }) => {
          this.#progress.textContent = `${cell}: ${number(states)} states, ${number(depth)} steps deep`
        },
      },
    )
    this.#running(false)
    if (answer.kind === 'checked') {
      this.#outcome.textContent = outcomeSentence(answer.row)
      this.#verdicts.show(answer.row, answer.exhibits)
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

  #chosenPolicies(): PolicyName[] {
    const boxes = [...this.#policies.querySelectorAll('input')].filter(({ checked }) => checked)
    return POLICY_NAMES.filter((name) => boxes.some(({ value }) => value === name))
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
      this.#way = answer.walk.way
      this.#walker.show(answer.walk, this.#commandFor(answer.walk.taken))
      await this.#remember()
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
    const { name = '' } = BUNDLED.find(({ number }) => number === this.#number) ?? {}
    return `kernel-sim replay ${this.#isOwn() ? './scenario.ts' : name} ${this.#policyWalked()} ${token}`
  }

  /** Puts what is shown into the address. */
  async #remember(): Promise<string> {
    const { token, at } = this.#way
    const hash = await linkTo({
      scenario: this.#isOwn() ? { text: this.#editor.text } : { number: this.#number },
      walk: token === '' ? null : { policy: this.#policyWalked(), token, at },
    })
    history.replaceState(null, '', `#${hash}`)
    return location.href
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
