import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseLine, protocolHeader } from '../../src/reproduce/protocol.js'

/** What the module does with a format of the header. */
function print(format: string, values: readonly (string | number)[]): string {
  const left = [...values]
  return format.replace(/%[ds]/g, () => `${left.shift()}`)
}

function formats(): Map<string, string> {
  const found = protocolHeader().matchAll(/#define KSIM_LINE_(\w+) "(.*)\\n"/g)
  return new Map([...found].map(([, name = '', format = '']) => [name, format]))
}

test('a line is read with and without the time of the kernel', () => {
  const turn = { kind: 'turn', turn: 3, actor: 1, does: 'mutex_lock(dqp->q_qlock)' }
  expect(parseLine('kernel-sim: TURN 3 1 mutex_lock(dqp->q_qlock)')).toEqual(turn)
  expect(parseLine('[   16.137855] kernel-sim: TURN 3 1 mutex_lock(dqp->q_qlock)\r')).toEqual(turn)
  expect(parseLine('kernel-sim: RESULT 0 1 -1 queue_work(cil, push)')).toEqual({
    kind: 'result',
    actor: 0,
    result: 1,
    expected: -1,
    does: 'queue_work(cil, push)',
  })
})

test('lines of others are none of ours, and what others printed into ours is damaged', () => {
  expect(parseLine('INFO: task quota:97 blocked for more than 5 seconds.')).toBeNull()
  expect(parseLine('')).toBeNull()
  for (const text of [
    'TURN 3',
    'TURN three 1 mutex_lock(a)',
    'AFTER 3 1 sleeps',
    'AFTER 3 1 blocked moves INFO: task',
    'turn 3 1 mutex_lock(a)',
    'CONSTRUCTOR 1',
    'TOSTRING',
  ]) {
    expect(parseLine(`kernel-sim: ${text}`)).toEqual({ kind: 'damaged', text })
  }
})

test('what is printed with the formats of the header is read again, whatever names say', () => {
  const format = formats()
  const name = fc.string({ unit: 'grapheme' }).map((text) => text.trim().replace(/[\r\n\0]/g, ''))
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: -1 }), name, (actor, result, does) => {
      const printed = print(format.get('RESULT') ?? '', [actor, result, -1, does])
      expect(parseLine(`kernel-sim: ${printed}`)).toEqual({
        kind: 'result',
        actor,
        result,
        expected: -1,
        does,
      })
    }),
  )
})

test('each kind of line has a format of its own', () => {
  const all = [...formats().values()]
  expect(all).toContain('TURN %d %d %s')
  expect(all).toContain('AFTER %d %d %s %s')
  expect(new Set(all).size).toBe(all.length)
})
