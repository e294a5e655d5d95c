/** Mistakes: what is wrong with a file, one sentence for each thing, with its line. */
import type { Complaint } from './tree.js'

/** How many mistakes are said; more than that, and it is another kind of file. */
const MOST = 50

/** All mistakes of a file, in the order of their lines. */
export function mistakesText(complaints: readonly Complaint[], where: string): string {
  const inOrder = [...complaints].sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
  const placed = inOrder.map(({ line, sentence }) => ({
    place: line === undefined ? '' : `line ${line}: `,
    sentence,
  }))
  const [first] = placed
  if (placed.length === 1 && first !== undefined) {
    return first.place === ''
      ? `${where}: ${first.sentence}`
      : `${where}, ${first.place}${first.sentence}`
  }
  const said = placed.slice(0, MOST).map(({ place, sentence }) => `\n  ${place}${sentence}`)
  const more = placed.length > MOST ? `\n  and ${placed.length - MOST} more` : ''
  return `${where} has ${placed.length} mistakes:${said.join('')}${more}`
}
