/** Sweep cage: the process in which jobs of a sweep run: see sweep/cage/cage.ts. It answers one after the other. */
import { contextFrom } from '@scopemask/core'
import { unwrap } from '@scopemask/core/message-port'
import { withValues } from '../kernel/scenario.js'
import type { Case } from '../scenarios/catalogue.js'
import { closeDoors } from '../sweep/cage/doors.js'
import type { Answer, Ready } from '../sweep/cage/message.js'
import type { Job } from '../sweep/job.js'
import { JOBS, type JobContext } from '../sweep/restrictions.js'
import { runJob, type Workshop } from '../sweep/run-job.js'
import { loadMachine, scenarioOfMachine } from './load-machine.js'
import { loadScenario } from './load-scenario.js'
import { watchOf } from './watch.js'

function workshop(): Workshop {
  const parent = process.ppid
  const loaded = new Map<string, Promise<Case>>()
  const scenarioOf = (given: string): Promise<Case> => {
    const known = loaded.get(given) ?? loadScenario(given)
    loaded.set(given, known)
    return known
  }
  return {
    async scenario({ subject, file, values }) {
      const { scenario } = await scenarioOf(file === null ? subject : `./${file}`)
      return withValues(scenario, values)
    },
    async machine({ file, subject, values }) {
      const given = `./${file ?? subject}`
      const machine = await loadMachine(given, values)
      return { machine, scenario: (await scenarioOfMachine(machine, given))?.scenario ?? null }
    },
    watch: (scenario, seconds) => watchOf({ maxSeconds: seconds })(scenario),
    onProgress() {
      // Whoever waits for the result is gone, even by kill -9, and a long search hears of nothing else.
      if (process.ppid !== parent) process.exit(1)
    },
  }
}

const tools = workshop()
const send = process.send?.bind(process)
let first: JobContext | null = null
let turn = Promise.resolve()

async function answer(message: unknown): Promise<void> {
  const { conveyance, data } = unwrap(JOBS, message)
  const context = contextFrom(JOBS, conveyance, { name: 'a job of a sweep' })
  if (first === null) closeDoors(context)
  first ??= context
  const job = data as Job
  const started = performance.now()
  const outcome = await context.run(JOBS.mask(), () => runJob(job, tools))
  const said: Answer = { id: job.id, outcome, seconds: (performance.now() - started) / 1000 }
  send?.(said)
}

process.on('message', (message) => {
  turn = turn.then(() => answer(message))
})
process.on('disconnect', () => process.exit(1))
const ready: Ready = { ready: true }
send?.(ready)
