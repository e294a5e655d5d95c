/** Own program: a workload that is a generator function of its user's, with what goes wrong in it said as the user's mistake. */
import { WAIT } from '@scopemask/checker/live'
import { InputError } from '../../input-error.js'
import type { Os } from '../workload/os.js'
import { Process, type Steps } from '../workload/process.js'
import type { WorkloadProgram } from './workload-types.js'

/** A workload of your own: `function* (os) { yield* os.sleep(1e6) }`. */
export type Workload = (os: Process) => Steps

/** @param code a generator function, as far as is known */
export function ownProgram(code: (...args: never[]) => unknown): WorkloadProgram {
  return (span) =>
    function* (os) {
      const process = new Process(os, span)
      // It was taken from a file: what it is given and gives back is looked at here.
      const steps = made(os, code as (os: Process) => unknown, process)
      for (let answer = 0; ; ) {
        const { done, value } = next(os, steps, answer, process)
        if (done === true) break
        if (typeof value !== 'number' || !(value >= 0 || value === WAIT)) {
          throw wrong(process, 'yields what is no time in ns: calls need yield*, with the star')
        }
        if (value === WAIT && !process.calling) {
          throw wrong(
            process,
            'yields -1, which waits to be woken, and nobody would wake it: let it sleep',
          )
        }
        answer = yield value
      }
      process.ended()
    }
}

function made(
  os: Os,
  code: (os: Process) => unknown,
  process: Process,
): Iterator<unknown, unknown, number> {
  let steps: unknown
  try {
    steps = os.userCode.run(process, () => code(process))
  } catch (thrown) {
    throw failed(process, thrown)
  }
  if (typeof steps === 'object' && steps !== null && Symbol.iterator in steps && 'next' in steps) {
    return steps as Iterator<unknown, unknown, number>
  }
  throw wrong(process, 'is no generator function: write function* (os) { ... }')
}

function next(os: Os, steps: Iterator<unknown, unknown, number>, answer: number, process: Process) {
  try {
    return os.userCode.run(process, () => steps.next(answer))
  } catch (thrown) {
    throw failed(process, thrown)
  }
}

/** Says what a workload has thrown, and on which line of its file. */
function failed(process: Process, thrown: unknown): InputError {
  if (thrown instanceof InputError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const stack = thrown instanceof Error ? String(thrown.stack) : ''
  const place = /\(?((?:file:\/\/)?\/[^\n()]+):(\d+):\d+\)?$/m.exec(stack)
  const where = place === null ? '' : `, at ${place[1]}:${place[2]}`
  return wrong(process, `throws: ${message.replaceAll(/\s+/g, ' ')}${where}`)
}

function wrong(process: Process, what: string): InputError {
  return new InputError(`workload ${process.name} ${what}`)
}
