/** Fault: an error that a scenario has caused, with the line of the editor that it is about. */
import type { Fault } from '../protocol.js'

/** What stack traces call the text in the editor. A path, as kernel-sim expects places to be. */
export const SCENARIO = '/scenario.ts'

const PLACE = /(?:\w+:\/\/)?\/scenario\.ts:(\d+)(?::\d+)?/

/** What a thrown error says, and where: it names a place itself, or its stack does. */
export function faultOf(thrown: unknown): Fault {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : ''
  const [, line] = PLACE.exec(message) ?? PLACE.exec(stack) ?? []
  return {
    kind: 'fault',
    message: message.replace(new RegExp(PLACE, 'g'), 'line $1'),
    line: line === undefined ? null : Number(line),
  }
}
