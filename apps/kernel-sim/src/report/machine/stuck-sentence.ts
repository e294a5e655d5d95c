/** Stuck sentence: what is said of workloads that got nowhere. */
import type { Stuck } from '../../simulate/measure/stuck.js'
import { plural } from '../form/numbers.js'

/** So many are explained; of the others there is their number. */
const EXPLAINED = 3

/** A sentence for each that is explained. */
export function stuckSentences(stuck: readonly Stuck[]): string[] {
  const said = stuck.slice(0, EXPLAINED).map(({ task, since, chain, circle }) => {
    const why = chain.join(', and ')
    const end = circle.length === 0 ? '' : `: a deadlock of ${circle.join(' and ')}`
    return `${task} gets nowhere from ${(since / 1e9).toFixed(2)} s on: ${why}${end}.`
  })
  const more = stuck.length - said.length
  return more > 0 ? [...said, `So do ${plural(more, 'other workload')}.`] : said
}
