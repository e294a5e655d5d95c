/** One search of the yardstick, in a process of its own: prints what it found as JSON. */
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import type { Machine } from '@scopemask/checker/machine'
import { Crew, joinCrew, type Link } from '@scopemask/checker/node'
import { Search } from '@scopemask/checker/search'
import { Kernel } from '../src/kernel/kernel.js'
import { policyNamed } from '../src/kernel/policy.js'
import { type YardstickOptions, yardstick } from './yardstick.js'

interface Options extends YardstickOptions {
  readonly partialOrder?: boolean
  readonly symmetry?: boolean
  readonly livelocks?: boolean
  readonly threads?: number
}

function machineOf(options: YardstickOptions): Machine {
  const kernel = new Kernel(policyNamed('scope'))
  yardstick(kernel, options)
  return kernel.seal()
}

async function run(options: Options): Promise<void> {
  const { partialOrder = true, symmetry = true, threads = 1 } = options
  const crew =
    threads === 1
      ? undefined
      : new Crew(threads - 1, { partialOrder, symmetry }, (link) => {
          const thread = { workerData: { options, link }, transferList: [link.port] }
          new Worker(new URL(import.meta.url), thread)
        })
  while (crew?.isReady === false) await new Promise((resolve) => setTimeout(resolve, 1))
  const result = new Search(machineOf(options), {
    ...options,
    crew,
    allDeadlocks: true,
    maxStates: 100_000_000,
    maxMegabytes: 8_000,
  }).run()
  crew?.dismiss()
  process.stdout.write(
    JSON.stringify({
      deadlocks: result.deadlocks.length,
      states: result.states,
      transitions: result.transitions,
      seconds: result.seconds,
      bytesPerState: result.bytes / result.states,
      peakMegabytes: process.resourceUsage().maxRSS / 1024,
    }),
  )
}

if (isMainThread) await run(JSON.parse(process.argv[2] ?? '{}') as Options)
else {
  const { options, link } = workerData as { readonly options: Options; readonly link: Link }
  joinCrew(machineOf(options), link)
}
