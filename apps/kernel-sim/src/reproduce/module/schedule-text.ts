/** Schedule text: plans in C. */
import type { Deed, Event, Plan, Turn } from '../schedule/turn.js'
import { actorId } from './c-names.js'
import { indented } from './c-text.js'
import type { Draft } from './draft.js'
import type { Steps } from './steps.js'

/** The turns of each round, and the rounds. */
export function scheduleText(draft: Draft, plans: readonly Plan[]): string[] {
  const lines = plans.flatMap(({ turns }, round) => [
    `static const struct ksim_turn turns${round}[] = {`,
    ...indented(turns.map((turn) => turnText(draft, turn))),
    '};',
  ])
  return [
    ...lines,
    'static const struct ksim_round ksim_schedules[] = {',
    ...indented(
      plans.map(({ turns, tight }, round) => `{ turns${round}, ${turns.length}, ${tight} },`),
    ),
    '};',
    'static const int ksim_nschedules = ARRAY_SIZE(ksim_schedules);',
  ]
}

const HAPPENS: Readonly<Record<Event['happens'], string>> = {
  expires: 'ksim_delay_is_over',
  admitted: 'ksim_admit',
  'wakes kswapd': 'ksim_kswapd_is_wanted',
}

function turnText(draft: Draft, turn: Turn | Event): string {
  if ('happens' in turn) {
    const { happens, object } = turn
    const kind = happens === 'wakes kswapd' ? 'variable' : 'work'
    return `{ .happens = ${HAPPENS[happens]}, .object = &${draft.functions.is(object, kind)} },`
  }
  const { actor, deed, outcome, result } = turn
  const flags = [
    ...(turn.pressed ? ['KSIM_PRESSED'] : []),
    ...(turn.fails ? ['KSIM_FAILS'] : []),
    ...(turn.blocks ? ['KSIM_BLOCKS'] : []),
    ...(turn.spins ? ['KSIM_SPINS'] : []),
    ...(turn.within ? ['KSIM_WITHIN'] : []),
    ...(deed.kind === 'finishes' ? ['KSIM_FINISHES'] : []),
  ]
  const happens =
    deed.kind === 'interrupt' && !turn.within && actor.object !== null
      ? [`.happens = ksim_interrupts, .object = &${draft.functions.is(actor.object, 'interrupt')}`]
      : []
  const values = [
    `&${actorId(actor)}`,
    `&${stepOf(draft.steps, deed)}`,
    `${outcome}`,
    `${result}`,
    flags.length === 0 ? '0' : flags.join(' | '),
    ...happens,
  ]
  return `{ ${values.join(', ')} },`
}

function stepOf(steps: Steps, deed: Deed): string {
  switch (deed.kind) {
    case 'allocation':
      return steps.of({ gfp: deed.gfp })
    case 'begins':
      return steps.of({ begins: deed.work })
    case 'finishes':
      return steps.of({ finishes: deed.work })
    default:
      return steps.of(deed.operation)
  }
}
