/** Walk section: a way that somebody chooses through a scenario, as a picture, and what everything is like at a step of it. */
import type { Walk } from '../../matrix/walk.js'
import type { Part, Section } from '../form/page.js'
import { names, type Table, table, text, type Value } from '../form/table.js'
import { circlePicture } from './circle.js'
import { keyTable } from './exhibit-section.js'
import { type Keys, keysOf } from './keys.js'
import { lanesPicture } from './lanes.js'

/** @param id of the section; the steps of the way have the addresses `${id}/step-7`. */
export function walkSection(id: string, walk: Walk): Section {
  const { story, way, scenario, policy } = walk
  const keys = keysOf(walk)
  const seen = { address: id, story }
  const isDeadlocked = way.at === story.steps.length && walk.standing === 'deadlock'
  return {
    id,
    title: `${scenario} under ${policy}`,
    parts: [
      {
        pictures: [
          lanesPicture(`${id}-lanes`, seen, keys),
          ...(isDeadlocked && story.circle.length > 0
            ? [circlePicture(`${id}-circle`, seen, keys)]
            : []),
        ],
      },
      ...keyParts(keys),
      ...(story.objects.length === 0 ? [] : [stateTable(walk)]),
    ],
  }
}

function keyParts(keys: Keys): Part[] {
  return keys.size === 0 ? [] : [keyTable(keys)]
}

/** What every object that changes on the way is like at this step, and was like before it. */
function stateTable({ story, way: { at } }: Walk): Table {
  const shown = (state: string | undefined): string => (state ? state : '·')
  return table(story.objects, {
    caption: `The objects after step ${at}; what the step changed is marked`,
    columns: [
      names('object', ({ name }) => name),
      text('is now', ({ states }): Value => {
        const isChanged = at > 0 && states[at] !== states[at - 1]
        return isChanged
          ? { text: `${shown(states[at])} (changed)`, tone: 'unsure' }
          : shown(states[at])
      }),
      text('was before', ({ states }) => (at === 0 ? '' : shown(states[at - 1]))),
    ],
  })
}
