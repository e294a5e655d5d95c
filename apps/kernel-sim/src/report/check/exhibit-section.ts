/** Exhibit section: a counterexample with its pictures, and beside each a table that says the same. */

import type { Exhibit } from '../../matrix/exhibit.js'
import { graphPicture } from '../form/graph.js'
import { plural } from '../form/numbers.js'
import type { Part, Section } from '../form/page.js'
import { names, numbers, type Table, table, text, type Value } from '../form/table.js'
import { arcsOf, circlePicture } from './circle.js'
import { fateSentences } from './dissolution.js'
import { lockOrderGraph, waitForGraph } from './graphs.js'
import { type Keys, keysOf } from './keys.js'
import { lanesPicture } from './lanes.js'
import { loopPicture } from './loop.js'
import { railsPicture, said } from './rails.js'
import { setOptions } from './titled.js'

export function exhibitSection(exhibit: Exhibit): Section {
  const { address, scenario, isBundled, policy, verdict, counterexample, story } = exhibit
  const keys = keysOf(exhibit)
  const id = address.replaceAll('/', '-')
  return {
    id: address,
    title: `${scenario} under ${policy}: ${verdict} after ${plural(counterexample.steps.length, 'step')}`,
    steps: true,
    parts: [
      `${counterexample.why}.`,
      ...lostSentence(exhibit),
      ...(exhibit.fates === undefined ? [] : [fateSentences(exhibit.fates).join(' ')]),
      { heading: 'The schedule' },
      { pictures: [lanesPicture(`${id}-lanes`, exhibit, keys)] },
      keyTable(keys),
      scheduleTable(exhibit),
      { heading: story.loop === null ? 'Who waits for whom' : 'What is repeated' },
      {
        pictures: [
          loopPicture(`${id}-loop`, exhibit) ??
            (story.circle.length > 0
              ? circlePicture(`${id}-circle`, exhibit, keys)
              : graphPicture(`${id}-waits`, waitForGraph(exhibit, keys), {
                  title: 'Who waits for whom',
                  description: 'The table below says the same.',
                })),
          ...lockOrderPicture(exhibit, keys),
        ],
      },
      waitingTable(exhibit),
      ...lockdepParts(exhibit),
      ...partingParts(exhibit),
      ...stateParts(exhibit),
      isBundled
        ? 'The same schedule again, in a terminal:'
        : 'The same schedule again, in a terminal (FILE is the scenario):',
      {
        shows: 'a command',
        drawing: [
          `kernel-sim replay ${isBundled ? scenario : 'FILE'} ${policy} ${counterexample.token}${setOptions(exhibit.values)}`,
        ],
      },
    ],
  }
}

function lostSentence({ story: { lost, steps } }: Exhibit): string[] {
  if (lost === null) return []
  if (lost === 0) return ['From the beginning on, no way leads to an end.']
  return lost === steps.length
    ? [`It is lost with the last step, ${lost}: before it, there was a way to an end.`]
    : [`It is lost after step ${lost}: from there on, no way leads to an end.`]
}

/** What the letters in pictures stand for. */
export function keyTable(keys: Keys): Table {
  return table([...keys.values()], {
    caption: 'The letters in the pictures',
    columns: [text('letter', ({ letter }) => letter), names('stands for', ({ name }) => name)],
  })
}

function scheduleTable({ story }: Exhibit): Table {
  const rows = story.steps.map((step, at) => ({ ...step, number: at + 1 }))
  const during =
    (of: readonly { task: number; from: number; to: number | null }[]) =>
    (row: { number: number; task: number }) =>
      of.filter(
        ({ task, from, to }) =>
          task === row.task && from <= row.number && (to === null || to > row.number),
      )
  const held = during(story.holds)
  const scoped = during(story.scopes)
  return table(rows, {
    caption: `The schedule (${plural(rows.length, 'step')})`,
    step: ({ number }) => number,
    columns: [
      numbers('step', ({ number }) => number),
      text('task', ({ task }) => story.tasks[task] ?? ''),
      names('does', ({ operation, result }) =>
        result === '' ? operation : `${operation}: ${result}`,
      ),
      names('in', ({ stack }) => stack[0] ?? ''),
      text('holds then', (row) => ({
        lines: held(row).map((hold) => ('object' in hold ? String(hold.object) : '')),
      })),
      text('scope', (row) =>
        scoped(row)
          .map((scope) => ('restrictions' in scope ? String(scope.restrictions) : ''))
          .join('+'),
      ),
    ],
  })
}

function waitingTable({ story, address }: Exhibit): Table {
  const { tasks, waiting, sleeps } = story
  const arcs = arcsOf(story)
  return table(waiting, {
    caption: 'The tasks that are not done, and why their next step cannot happen',
    columns: [
      names('task', ({ task }) => tasks[task] ?? ''),
      text('scope', ({ restrictions }) => (restrictions === '' ? 'none' : restrictions)),
      names(
        'next step',
        ({ task, what }) =>
          sleeps.find((sleep) => sleep.task === task && sleep.to === null)?.operation ?? what,
      ),
      text('cannot happen because it waits for', ({ what, blocked }) =>
        blocked ? what : 'it can',
      ),
      text('held up by', (row) =>
        row.blocked ? row.for.map((task) => tasks[task]).join(', ') : '',
      ),
      text('sleeps after', ({ task }): Value => {
        const from = sleeps.find((sleep) => sleep.task === task && sleep.to === null)?.from
        return from === undefined || from === 0
          ? ''
          : { text: `step ${from}`, tone: 'soft', to: `${address}/step-${from}` }
      }),
      text('taken at', ({ task }): Value => {
        const took = arcs.find((arc) => arc.task === task)?.took ?? null
        return took === null
          ? ''
          : { text: `step ${took}`, tone: 'soft', to: `${address}/step-${took}` }
      }),
      names('in', ({ stack }) => stack.join(' < ')),
    ],
  })
}

function lockOrderPicture(exhibit: Exhibit, keys: Keys) {
  if (exhibit.lockOrder.length === 0) return []
  const id = `${exhibit.address.replaceAll('/', '-')}-order`
  return [
    graphPicture(id, lockOrderGraph(exhibit, keys), {
      title: 'What lockdep has seen: which lock was taken while which was held',
      description: 'An edge in red lies on a circle. The table below says the same.',
    }),
  ]
}

function lockdepParts({ lockOrder, splats, verdict }: Exhibit): Part[] {
  const sees =
    splats.length > 0
      ? 'lockdep sees it: it warns, having been shown every step that the search meets.'
      : `Only the search sees it: lockdep is silent about this ${verdict}.`
  return [
    sees,
    ...(lockOrder.length === 0
      ? []
      : [
          table(lockOrder, {
            caption:
              'Which lock was taken while which was held, in the steps that lockdep was shown',
            columns: [
              names('held', ({ held }) => held),
              names('taken under it', ({ taken }) => taken),
              names('first by', ({ at }) => at),
            ],
          }),
        ]),
    ...splats
      .slice(0, 1)
      .map((splat) => ({ shows: 'what lockdep prints', drawing: splat.trimEnd().split('\n') })),
  ]
}

function partingParts(exhibit: Exhibit): Part[] {
  const { parting, story, policy, address } = exhibit
  const picture = railsPicture(`${address.replaceAll('/', '-')}-rails`, exhibit)
  if (parting === null || picture === null) return []
  const { rows, parts, story: holds } = parting
  const numbered = rows.map((row, at) => ({ ...row, at }))
  const first = rows[parts]
  return [
    { heading: `The same schedule under ${parting.policy}, which holds` },
    first === undefined
      ? 'The tasks do the same to the end; there, one policy holds them up and the other does not.'
      : `They part at ${first.left === null ? 'a step that only the other has' : `step ${first.left}`}: under ${policy}, ` +
        `${said(story, first.left) || 'nothing happens'}; under ${parting.policy}, ${said(holds, first.right) || 'nothing happens'}.`,
    { pictures: [picture] },
    table(numbered, {
      caption: `Row by row: ${policy} and ${parting.policy}`,
      step: ({ left }) => left ?? undefined,
      columns: [
        text('row', ({ at }) => String(at + 1)),
        numbers('step', ({ left }) => left ?? ''),
        names(`under ${policy}`, ({ left }) => said(story, left)),
        text('do they part?', ({ at, left, right }): Value => {
          if (at === parts) return { text: 'part', tone: 'bad' }
          return at < parts && left !== null && right !== null ? 'same' : ''
        }),
        names(`under ${parting.policy}`, ({ right }) => said(holds, right)),
      ],
    }),
  ]
}

function stateParts(exhibit: Exhibit): Part[] {
  if (exhibit.story.objects.length === 0) return []
  return [{ heading: 'The state of all objects' }, stateTable(exhibit)]
}

function stateTable({ story }: Exhibit): Table {
  const { objects, steps } = story
  const moments = Array.from({ length: steps.length + 1 }, (_, at) => at)
  return table(moments, {
    caption: 'What every object is like after each step; what the step changed is marked',
    step: (at) => (at === 0 ? undefined : at),
    columns: [
      text('after step', (at) => (at === 0 ? 'the beginning' : String(at))),
      ...objects.map(({ name, states }) =>
        text(name, (at: number): Value => {
          const state = states[at] ?? ''
          const shown = state === '' ? '·' : state
          return at > 0 && state !== states[at - 1] ? { text: shown, tone: 'unsure' } : shown
        }),
      ),
    ],
  })
}
