/** Sweep cage: the process in which jobs of a sweep run: see sweep/cage/cage.ts. It answers one after the other. */
import { contextFrom } from '@scopemask/core'
import { unwrap } from '@scopemask/core/message-port'
import { withValues } from '../kernel/scenario.js'
import type { Case } from '../scenarios/catalogue.js'
import { closeDoors } from '../sweep/cage/doors.js'
import type { Answer, Asked, Forget, Long, Ready } from '../sweep/cage/message.js'
import type { Job } from '../sweep/job.js'
import { JOBS, type JobContext } from '../sweep/restrictions.js'
import { runJob, type Workshop } from '../sweep/run-job.js'
import { loadMachine, scenarioOfMachine } from './load-machine.js'
import { loadScenario } from './load-scenario.js'
import { watchOf } from './watch.js'

/** What all jobs share: what was loaded is loaded. */
function workshop(): Omit<Workshop, 'isWatched' | 'onLong'> {
  const parent = process.ppid
  const watch = watchOf()
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
    watch,
    onProgress() {
      // Whoever waits for the result is gone, even by kill -9, and a long search hears of nothing else.
      if (process.ppid !== parent) process.exit(1)
    },
  }
}

/** A job that was asked for. */
interface Waiting {
  readonly job: Job
  readonly context: JobContext
  readonly isWatched: boolean
}

const tools = workshop()
const send = process.send?.bind(process)
let first: JobContext | null = null
/** What has not begun. */
let waiting: Waiting[] = []
let isBusy = false

async function answer({ job, context, isWatched }: Waiting): Promise<void> {
  const { id } = job
  const started = performance.now()
  const onLong = (): void => {
    const long: Long = { id }
    send?.(long)
  }
  const outcome = await context.run(JOBS.mask(), () => runJob(job, { ...tools, isWatched, onLong }))
  const said: Answer = { id, outcome, seconds: (performance.now() - started) / 1000 }
  send?.(said)
}

/** Does what is asked for, and hears between two jobs what is not wanted any more. */
async function work(): Promise<void> {
  isBusy = true
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    await answer(next)
    await new Promise(setImmediate)
  }
  isBusy = false
}

function hear(message: unknown): void {
  const { forgetAfter } = message as Partial<Forget>
  if (forgetAfter !== undefined) {
    waiting = waiting.slice(0, waiting.findIndex(({ job }) => job.id === forgetAfter) + 1)
    return
  }
  const { conveyance, data } = unwrap(JOBS, message)
  const context = contextFrom(JOBS, conveyance, { name: 'a job of a sweep' })
  if (first === null) closeDoors(context)
  first ??= context
  const { jobs, isWatched } = data as Asked
  waiting.push(...jobs.map((job) => ({ job, context, isWatched })))
  if (!isBusy) void work()
}

process.on('message', hear)
process.on('disconnect', () => process.exit(1))
const ready: Ready = { ready: true }
send?.(ready)
