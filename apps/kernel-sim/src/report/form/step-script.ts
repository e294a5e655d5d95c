/**
 * Step script: what a page with schedules does beyond showing. In each section of class `steps` it goes from step to step, by buttons
 * and by keys; the step that is shown is in the address of the page. It is text here because it runs in the reader's browser;
 * the tests run it there.
 */
export const STEP_SCRIPT = `{
const schedules = [...document.querySelectorAll('section.steps')].map((section) => {
  const marked = [...section.querySelectorAll('[data-step], [data-steps]')].map((element) => ({
    element,
    steps: (element.dataset.steps ?? element.dataset.step).split(' ').filter((step) => step !== '').map(Number),
  }))
  const titles = new Map()
  for (const { element, steps } of marked) {
    if (element.id !== '' && steps.length === 1) titles.set(steps[0], element.querySelector('title').textContent)
  }
  const count = Math.max(0, ...titles.keys())
  return { section, marked, titles, count, at: null }
})
const show = (schedule, step) => {
  schedule.at = step
  for (const { element, steps } of schedule.marked) {
    element.classList.toggle('now', step !== null && steps.includes(step))
    element.classList.toggle('later', step !== null && steps.length > 0 && steps.every((each) => each > step))
  }
  schedule.said.textContent = step === null ? schedule.count + ' steps' : schedule.titles.get(step)
  schedule.back.disabled = step === null
  schedule.on.disabled = step === schedule.count
}
const go = (schedule, step) => {
  const next = step < 1 ? null : Math.min(step, schedule.count)
  show(schedule, next)
  const address = next === null ? schedule.section.id : schedule.section.id + '/step-' + next
  history.replaceState(null, '', '#' + address)
}
for (const schedule of schedules) {
  if (schedule.count === 0) continue
  const bar = document.createElement('div')
  bar.className = 'stepper'
  bar.setAttribute('role', 'group')
  bar.setAttribute('aria-label', 'Go through the schedule')
  const button = (text, title, act) => {
    const made = document.createElement('button')
    made.type = 'button'
    made.textContent = text
    made.setAttribute('aria-label', title)
    made.title = title
    made.addEventListener('click', act)
    bar.append(made)
    return made
  }
  schedule.back = button('◀', 'One step back (left arrow)', () => go(schedule, (schedule.at ?? 0) - 1))
  schedule.on = button('▶', 'One step on (right arrow)', () => go(schedule, (schedule.at ?? 0) + 1))
  button('All', 'Show all steps (Escape)', () => go(schedule, 0))
  schedule.said = document.createElement('output')
  bar.append(schedule.said)
  schedule.section.querySelector('h2').after(bar)
  show(schedule, null)
  schedule.section.addEventListener('click', (event) => {
    const link = event.target.closest('a')
    const step = /\\/step-(\\d+)$/.exec(link?.getAttribute('href') ?? '')
    if (step === null || !link.getAttribute('href').startsWith('#' + schedule.section.id + '/')) return
    event.preventDefault()
    go(schedule, Number(step[1]))
  })
}
const current = () => {
  const inside = schedules.find(({ section }) => section.contains(document.activeElement))
  if (inside !== undefined) return inside
  const middle = innerHeight / 2
  return schedules.find(({ section }) => {
    const { top, bottom } = section.getBoundingClientRect()
    return top <= middle && bottom >= middle
  })
}
addEventListener('keydown', (event) => {
  if (event.target.closest('input, textarea, select') || event.altKey || event.ctrlKey || event.metaKey) return
  // In a picture that can be scrolled sideways the arrows scroll, unless shift is held.
  const scrolls = event.target.classList?.contains('scroll') && event.target.scrollWidth > event.target.clientWidth
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  const schedule = current()
  if (schedule === undefined || schedule.count === 0) return
  if (by !== undefined && (!scrolls || event.shiftKey)) {
    event.preventDefault()
    go(schedule, (schedule.at ?? 0) + by)
  } else if (event.key === 'Escape') go(schedule, 0)
})
const follow = () => {
  const found = /^#(.+)\\/step-(\\d+)$/.exec(decodeURIComponent(location.hash))
  const schedule = found === null ? undefined : schedules.find(({ section }) => section.id === found[1])
  if (schedule === undefined || schedule.count === 0) return
  const step = Math.min(Number(found[2]), schedule.count)
  show(schedule, step)
  document.getElementById(schedule.section.id + '/step-' + step)?.scrollIntoView({ block: 'center', inline: 'nearest' })
}
addEventListener('hashchange', follow)
// After the browser has gone there by itself, which puts the step below the bar.
addEventListener('load', () => setTimeout(follow))
}
`
