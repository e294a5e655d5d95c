/**
 * Walker: the part of the page that goes through a scenario step by step: what each task can do next, what it cannot and why, and the
 * way so far as a picture. It shows walks; where to go is asked of whoever owns it.
 */
import { type Html, html, plural, walkHtml } from '@scopemask/kernel-sim/pages'
import type { Walk } from '@scopemask/kernel-sim/workbench'
import { find } from './find.js'

/** Where somebody wants to go. */
export type Step =
  /** To a step of the way. */
  | { readonly to: number }
  /** By the move at this place in the list. */
  | { readonly take: number }

const ID = 'walk'

export class Walker {
  readonly #section = find(ID, HTMLElement)
  readonly #standing = find('standing', HTMLElement)
  readonly #tasks = find('tasks', HTMLElement)
  readonly #way = find('way', HTMLElement)
  readonly #first = find('first', HTMLButtonElement)
  readonly #back = find('back', HTMLButtonElement)
  readonly #on = find('on', HTMLButtonElement)
  #walk: Walk | null = null

  /** @param go is called when somebody wants to go somewhere. */
  constructor(go: (step: Step) => void) {
    const by = (steps: number): void => {
      if (this.#walk === null) return
      const to = this.#walk.way.at + steps
      if (to >= 0 && to <= this.#walk.story.steps.length) go({ to })
    }
    this.#first.addEventListener('click', () => go({ to: 0 }))
    this.#back.addEventListener('click', () => by(-1))
    this.#on.addEventListener('click', () => by(1))
    this.#tasks.addEventListener('click', ({ target }) => {
      const button = target instanceof Element ? target.closest('button') : null
      if (button !== null) go({ take: Number(button.dataset.move) })
    })
    this.#section.addEventListener('keydown', (event) => {
      const { key, target, altKey, ctrlKey, metaKey, shiftKey } = event
      if (altKey || ctrlKey || metaKey || !(target instanceof Element)) return
      if (target.closest('select, input') !== null) return
      // In a picture that can be scrolled sideways the arrows scroll, unless shift is held.
      const scrolls = target.matches('.scroll') && target.scrollWidth > target.clientWidth
      if (scrolls && !shiftKey) return
      if (key === 'ArrowRight') by(1)
      else if (key === 'ArrowLeft') by(-1)
      else if (key === 'Home') go({ to: 0 })
      else return
      event.preventDefault()
    })
  }

  /** Shows a walk; null takes away what is shown. @param command replays it in a terminal. */
  show(walk: Walk | null, command: string): void {
    const focused = document.activeElement?.id ?? ''
    const hadFocus = this.#section.contains(document.activeElement)
    const scrolled = this.#way.querySelector('.scroll')?.scrollLeft ?? 0
    this.#walk = walk
    this.#standing.textContent =
      walk === null ? 'Nothing to walk through: the scenario has a fault.' : standingSentence(walk)
    this.#tasks.innerHTML = walk === null ? '' : `${tasksHtml(walk)}`
    this.#way.innerHTML =
      walk === null
        ? ''
        : `${html`${walkHtml(ID_OF_WAY, walk)}<p>The steps up to here again, in a terminal:</p><pre class="command" tabindex="0">${command}</pre>`}`
    this.#first.disabled = this.#back.disabled = walk === null || walk.way.at === 0
    this.#on.disabled = walk === null || walk.way.at === walk.story.steps.length
    if (walk === null) return
    markSteps(this.#way, walk.way.at, walk.way.at === walk.story.steps.length)
    const picture = this.#way.querySelector('.scroll')
    if (picture !== null) picture.scrollLeft = scrolled
    if (hadFocus) this.#refocus(focused)
  }

  /** What had the focus keeps it; where it is gone or can do nothing any more, something near gets it. */
  #refocus(id: string): void {
    const usable = [id, 'move-0', 'back', 'on', 'walk-policy']
      .map((each) => (each === '' ? null : document.getElementById(each)))
      .find((element) => element !== null && !(element as HTMLButtonElement).disabled)
    usable?.focus()
  }
}

/** The section of the way; its steps have the addresses `${ID_OF_WAY}/step-7`. */
const ID_OF_WAY = 'way-so-far'

/** Marks the step that was taken last, and what is still to come. */
function markSteps(root: Element, at: number, isAtEnd: boolean): void {
  for (const element of root.querySelectorAll<HTMLElement>('[data-step], [data-steps]')) {
    const listed = element.dataset.steps ?? element.dataset.step ?? ''
    const steps = listed
      .split(' ')
      .filter((step) => step !== '')
      .map(Number)
    element.classList.toggle('now', steps.includes(at))
    element.classList.toggle('later', steps.length > 0 && steps.every((step) => step > at))
  }
  // What becomes of the tasks is at the end of the way.
  for (const end of root.querySelectorAll('.end, .still')) end.classList.toggle('later', !isAtEnd)
}

function standingSentence({ way: { at }, story, standing, moves, blocked }: Walk): string {
  const all = story.steps.length
  const where =
    at === 0 ? 'At the beginning: ' : `After step ${at}${at < all ? ` of ${all}` : ''}: `
  switch (standing) {
    case 'going': {
      const stuck =
        blocked.length === 0 ? '' : `, and ${plural(blocked.length, 'task')} cannot go on`
      const lost =
        story.lost !== null && at >= story.lost
          ? ' Whatever happens now, it does not come to an end.'
          : ''
      return `${where}${plural(moves.length, 'step')} can happen next${stuck}.${lost}`
    }
    case 'ended':
      return `${where}all tasks are done or at rest. This way comes to a good end.`
    case 'deadlock':
      return `${where}nothing can happen any more, and not all tasks are done. This is a deadlock.`
  }
}

function tasksHtml(walk: Walk): Html {
  const { story, stacks, blocked, moves, way } = walk
  const name = (task: number): string => story.tasks[task] ?? ''
  const during = (from: number, to: number | null): boolean =>
    from <= way.at && (to === null || to > way.at)
  const each = story.tasks.map((title, task) => {
    const own = moves.map((move, at) => ({ ...move, at })).filter((move) => move.task === task)
    const blockade = blocked.find((each) => each.task === task)
    const kind = own.length > 0 ? 'can' : blockade ? 'cannot' : 'rests'
    const holds = story.holds.filter((hold) => hold.task === task && during(hold.from, hold.to))
    const scopes = story.scopes.filter(
      (scope) => scope.task === task && during(scope.from, scope.to),
    )
    const facts = [
      ...holds.map(({ object }) => `holds ${object}`),
      ...scopes.map(({ restrictions }) => `is in a ${restrictions} scope`),
    ]
    const stack = stacks[task] ?? []
    return html`<li class="${kind}"><h3>${title}</h3>
${stack.length > 1 ? html`<p class="soft">in ${stack.slice(0, -1).join(' ← ')}</p>` : ''}${facts.length > 0 ? html`<p>${facts.join(', ')}</p>` : ''}
${own.map(
  ({ operation, result, onTheWay, at }) =>
    html`<button type="button" id="move-${at}" data-move="${at}" class="${onTheWay ? 'on' : ''}">${operation}${result === '' ? '' : html` → <strong>${result}</strong>`}${onTheWay ? html` <span class="soft">(along the way)</span>` : ''}</button>
`,
)}${
  blockade === undefined
    ? ''
    : html`<p><span class="bad">cannot</span> <code>${blockade.operation}</code>: waits for ${blockade.what}${blockade.for.length === 0 ? '' : `, held up by ${blockade.for.map(name).join(', ')}`}</p>`
}${kind === 'rests' ? html`<p class="soft">${stack.length > 0 ? 'at rest, until there is something to do' : 'done'}</p>` : ''}</li>
`
  })
  return html`${each}`
}
