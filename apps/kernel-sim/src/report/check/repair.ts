/** Repair: what makes a scenario safe, in words. */
import type { Cost, Loss } from '../../matrix/repair/cost.js'
import type { PartText } from '../../matrix/repair/describe.js'
import { type Kind, kindsOf } from '../../matrix/repair/kinds.js'
import type { Repair, Repairs } from '../../matrix/repair/repair.js'
import { number, plural } from '../form/numbers.js'
import { wrap } from '../form/text.js'

/** All repairs of a scenario under a policy. */
export function repairsText(name: string, policy: string, found: Repairs): string {
  return [
    wrap(`Repairs of ${name} under ${policy}: ${summary(found)}`, '', ''),
    ...found.repairs.map(
      (repair, at) =>
        `${wrap(`${at + 1}. ${repairWords(repair)}.`, '     ', '  ')}${wrap(proof(repair), '     ')}`,
    ),
  ].join('\n')
}

/** What it is, in words. */
export function repairWords({ parts }: Pick<Repair, 'parts'>): string {
  return parts.map(partWords).join(', and ')
}

/** What it takes away and adds, in words. */
export function costWords({ losses, queues, rescuers }: Cost): string {
  const said = losses.map(lossWords)
  if (losses.length === 0) said.push('no allocation loses a flag')
  if (queues > 0) said.push(plural(queues, 'queue more', 'queues more'))
  if (rescuers > 0) said.push(plural(rescuers, 'rescuer thread more', 'rescuer threads more'))
  return said.join('; ')
}

/** The least combinations of kinds, as `scope or rescuer+convey`. */
export function kindsWords(kinds: readonly (readonly Kind[])[]): string {
  return kinds.length === 0 ? 'nothing' : kinds.map((each) => each.join('+')).join(' or ')
}

function summary(found: Repairs): string {
  const { repairs, searched, known, undecided } = found
  const tried = `${plural(searched + known, 'set')} of interventions looked at, ${number(searched)} by a search of their own`
  const open =
    undecided === 0
      ? ''
      : ` ${plural(undecided, 'set')} a limit left undecided, so there may be more.`
  if (repairs.length === 0) {
    return `no restriction and no queue makes it safe (${tried}).${open}`
  }
  const kinds = kindsOf(found)
  const changesQueues = kinds.every((each) => each.some((kind) => QUEUES.includes(kind)))
  const limits = changesQueues
    ? ' No set of restrictions alone can help, conveyed or not: each repair changes a queue.'
    : ''
  return `${plural(repairs.length, 'minimal set')}, cheapest first (${tried}).${limits}${open}`
}

const QUEUES: readonly Kind[] = ['rescuer', 'queue']

function proof({ cost, states, transitions }: Repair): string {
  return `Costs: ${costWords(cost)}. Safe in all interleavings (${plural(states, 'state')}, ${plural(transitions, 'transition')}).`
}

function partWords(part: PartText): string {
  switch (part.kind) {
    case 'allocation': {
      const [site, ...callers] = part.stack.map(({ name }) => name)
      const from = callers.length === 0 ? '' : `, called from ${callers.join(' < ')}`
      return `GFP_${part.restriction} where ${site} allocates${from}`
    }
    case 'work':
      return `a ${part.restriction} scope in the work function ${part.work.name}`
    case 'task':
      return `a ${part.restriction} scope around all of ${part.task.name}`
    case 'section':
      return `a ${part.restriction} scope in ${part.holder.name} while it holds ${part.lock.name}`
    case 'convey':
      return `the restrictions of whoever queues ${part.work.name} travel with it`
    case 'rescuer':
      return `WQ_MEM_RECLAIM for the queue ${part.queue.name}`
    case 'own-queue':
      return `a queue for ${part.work.name} alone${part.memReclaim ? ', with WQ_MEM_RECLAIM' : ''}`
  }
}

function lossWords({ stack, flag, always }: Loss): string {
  const where = stack.map(({ name }) => name).join(' < ')
  return `${where} loses ${flag}${always ? '' : ' for some requests'}`
}
