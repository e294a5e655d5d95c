/** Drawing: the chain of a report as a picture of locks and stacks, in text. */
import type { Explained, ExplainedLink } from '../../log/judge/explained.js'
import { plainName } from '../../trace/attribute/plain-name.js'
import type { Drawing } from '../form/page.js'

/** Functions that say nothing of where they are called. */
const PLUMBING =
  /^(?:__)?(?:lock_acquire|fs_reclaim_acquire|check_prev_add|might_alloc|slab_pre_alloc_hook|schedule|schedule_\w+|io_schedule\w*|dump_stack\w*|dump_backtrace|show_stack|_?sched_show_task|might_\w+|__might_\w+|___might_sleep|__schedule_bug|call_rwsem_\w+)$/
/** So many functions of a stack are drawn. */
const FRAMES = 6
const WIDTH = 90

/** The chain, from top to bottom; a circle closes at its left side. */
export function chainDrawing({ chain, closed, locks }: Explained): Drawing | undefined {
  if (chain.length === 0) return undefined
  const implied = new Map(locks.map(({ name, implies }) => [name, implies]))
  const lines = chain.flatMap((link, i) => [
    ...(i === 0 ? [] : ['  |']),
    ...linkLines(link, implied.get(link.what)),
  ])
  return {
    shows: closed
      ? `A circle of ${chain.length}: ${chain.map(({ what }) => what).join(', then ')}, and back to the first.`
      : `In this order: ${chain.map(({ what }) => what).join(', then ')}.`,
    drawing: closed ? inCircle(lines) : lines.map((line) => `    ${line}`),
  }
}

function linkLines(
  { what, how, line, stack, breaks }: ExplainedLink,
  scope: string | undefined,
): string[] {
  const functions = stack
    .filter(({ fn, unsure }) => !unsure && !PLUMBING.test(plainName(fn)))
    .map(({ fn }) => fn)
  const path = functions.slice(0, FRAMES)
  if (functions.length > FRAMES) path.push('...')
  return [
    `${what}${scope === undefined ? '' : `  [holders are in a ${scope} scope]`}${breaks ? '  <== here it breaks' : ''}`,
    ...wrapped(`${how}, line ${line}`.split(' '), ' '),
    ...(path.length === 0 ? [] : wrapped(path, ' < ')),
  ]
}

/** Words in lines that fit, indented below what they are about. */
function wrapped(words: readonly string[], between: string): string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + between.length + word.length <= WIDTH) {
      lines[lines.length - 1] = `${last}${between}${word}`
    } else lines.push(`    ${lines.length === 0 ? '' : between.trimStart()}${word}`)
  }
  return lines
}

/** The last line leads back to the first. */
function inCircle(lines: readonly string[]): string[] {
  return [...lines.map((line, i) => (i === 0 ? `  ,-> ${line}` : `  |   ${line}`)), "  '-----'"]
}
