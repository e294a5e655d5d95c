/** Walks: what can happen, what cannot and why, at each step of a way; and what tasks do anywhere. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { policyNamed } from '../../src/kernel/policy.js'
import { checkCell } from '../../src/matrix/cell.js'
import { deedsOf } from '../../src/matrix/deeds.js'
import { counterexample, subjectOf } from '../../src/matrix/subject.js'
import { type Walk, walkOf } from '../../src/matrix/walk.js'
import { CASES } from '../../src/scenarios/catalogue.js'

const scenarioOf = (name: string) => {
  const found = CASES.find(({ scenario }) => scenario.name === name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found.scenario
}
const scope = policyNamed('scope')
const cilPush = { scenario: scenarioOf('cil-push'), policy: scope }
const BEGINNING = { token: '', at: 0 }
const tokenOf = (terrain: typeof cilPush): string =>
  checkCell(terrain.scenario, terrain.policy, {}).counterexample?.token ?? ''

describe('a walk along a counterexample', () => {
  const token = tokenOf(cilPush)
  const { steps } = counterexample(subjectOf(cilPush.scenario, scope), token)

  it('goes on by the move that is on the way, and ends where the search has ended', () => {
    let walk = walkOf(cilPush, { token, at: 0 })
    for (const { task, operation } of steps) {
      const on = walk.moves.findIndex(({ onTheWay }) => onTheWay)
      const move = walk.moves[on]
      expect([walk.story.tasks[move?.task ?? -1], move?.operation]).toEqual([task, operation])
      expect(walk.standing).toBe('going')
      walk = walkOf(cilPush, walk.way, on)
    }
    expect(walk).toMatchObject({
      standing: 'deadlock',
      moves: [],
      way: { token, at: steps.length },
    })
    expect(walk.taken).toBe(token)
    expect(walk.blocked.map(({ task }) => walk.story.tasks[task]).sort()).toEqual([
      'kworker/u4',
      'quota',
    ])
  })

  it('says why what cannot happen cannot', () => {
    const { blocked, story } = walkOf(cilPush, { token, at: steps.length })
    expect(
      blocked.map(({ task, operation, for: enders }) => [
        story.tasks[task],
        operation,
        enders.map((ender) => story.tasks[ender]),
      ]),
    ).toEqual([
      ['quota', 'flush_work(xlog_cil_push_work)', ['kworker/u4']],
      ['kworker/u4', 'mutex_lock(dqp->q_qlock)', ['quota']],
    ])
  })

  it('ends the way where a move leaves it', () => {
    const { way, story } = walkOf(cilPush, { token, at: 0 }, 1)
    expect(way.at).toBe(1)
    expect(way.token).not.toBe(token)
    expect(story.steps).toHaveLength(1)
  })
})

describe('any walk', () => {
  it('is replayed by its token, and comes to no other state', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('direct-recursion', 'cil-push', 'no-idle-worker', 'smack-lock', 'too-weak'),
        fc.array(fc.nat(), { maxLength: 12 }),
        (name, choices) => {
          const terrain = { scenario: scenarioOf(name), policy: scope }
          let walk: Walk = walkOf(terrain, BEGINNING)
          for (const choice of choices) {
            if (walk.moves.length === 0) break
            walk = walkOf(terrain, walk.way, choice % walk.moves.length)
          }
          const again = walkOf(terrain, { token: walk.taken, at: walk.way.at })
          expect({ ...again, way: walk.way }).toEqual(walk)
          const busy = [...walk.moves, ...walk.blocked].map(({ task }) => task)
          expect(walk.standing === 'ended').toBe(busy.length === 0)
        },
      ),
      { numRuns: 20, seed: 7 },
    )
  })

  it.each([
    [{ token: '', at: 1 }, undefined, /step 1 is not on the way: it has 0 steps/],
    [{ token: '', at: -1 }, undefined, /step -1/],
    [{ token: '', at: 0.5 }, undefined, /step 0.5/],
    [BEGINNING, 99, /there is no move 99/],
    [{ token: '000000', at: 0 }, undefined, /does not fit this model/],
  ])('from where nobody can be is refused: %j', (way, take, sentence) => {
    expect(() => walkOf(cilPush, way, take)).toThrow(sentence)
  })
})

describe('the deeds of a scenario', () => {
  it('have the stack, the object and the locks held', () => {
    const deeds = deedsOf(cilPush.scenario, scope)
    expect(deeds).toContainEqual({
      stack: [
        'xfs_qm_shrink_scan',
        'try_to_free_pages',
        '__alloc_pages',
        'xlog_cil_push_work',
        'kworker/u4',
      ],
      does: 'mutex_lock',
      on: 'dqp->q_qlock',
      holding: [],
    })
    expect(deeds).toContainEqual({
      stack: ['quota'],
      does: 'flush_work',
      on: 'xlog_cil_push_work',
      holding: ['dqp->q_qlock'],
    })
  })

  it('do not have what a policy prevents', () => {
    const under = (policy: string) =>
      deedsOf(cilPush.scenario, policyNamed(policy)).filter(
        ({ stack }) => stack[0] === 'xfs_qm_shrink_scan',
      )
    expect(under('scope')).not.toEqual([])
    expect(under('callee-scope')).toEqual([])
  })
})
