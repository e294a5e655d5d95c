/** One search of the yardstick, in a process of its own: prints what it found as JSON. */
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import type { Machine } from '@scopemask/checker/machine'
import { Crew, DiskStore, joinCrew, type Link } from '@scopemask/checker/node'
import { Search, type SearchResult } from '@scopemask/checker/search'
import { Seldom } from '../src/cli/seldom.js'
import { Kernel } from '../src/kernel/kernel.js'
import { policyNamed } from '../src/kernel/policy.js'
import { type YardstickOptions, yardstick } from './yardstick.js'

interface Options extends YardstickOptions {
  readonly partialOrder?: boolean
  readonly symmetry?: boolean
  readonly livelocks?: boolean
  readonly threads?: number
  /** A folder for the states, instead of memory. */
  readonly disk?: string
  /** Saves the search there now and then, as the command does. */
  readonly saves?: boolean
  readonly maxMegabytes?: number
}

function machineOf(options: YardstickOptions): Machine {
  const kernel = new Kernel(policyNamed('scope'))
  yardstick(kernel, options)
  return kernel.seal()
}

async function run(options: Options): Promise<void> {
  const { partialOrder = true, symmetry = true, threads = 1, disk, maxMegabytes = 8_000 } = options
  const store = disk === undefined ? undefined : new DiskStore({ folder: disk, maxMegabytes })
  const crew =
    threads === 1
      ? undefined
      : new Crew(threads - 1, { partialOrder, symmetry }, (link) => {
          const thread = { workerData: { options, link }, transferList: [link.port] }
          new Worker(new URL(import.meta.url), thread)
        })
  const search = new Search(machineOf(options), {
    ...options,
    crew,
    store,
    allDeadlocks: true,
    maxStates: store === undefined ? 100_000_000 : Number.POSITIVE_INFINITY,
    maxMegabytes,
    ...(store === undefined ? {} : { onProgress: levels(store) }),
  })
  const result = options.saves === true && store ? runSaved(search, store) : search.run()
  crew?.dismiss()
  const stored = store?.stored
  store?.close()
  process.stdout.write(
    JSON.stringify({
      deadlocks: result.deadlocks.length,
      states: result.states,
      transitions: result.transitions,
      seconds: result.seconds,
      depth: result.depth,
      bytesPerState: result.bytes / result.states,
      ...(stored === undefined ? {} : { storedPerState: stored / result.states }),
      peakMegabytes: process.resourceUsage().maxRSS / 1024,
    }),
  )
}

/** Runs a search that is saved as often as the command saves one. */
function runSaved(search: Search, store: DiskStore): SearchResult {
  const saving = new Seldom()
  for (;;) {
    const result = search.advance()
    if (result !== null) return result
    if (saving.isDue) saving.do(() => store.save(search, null))
  }
}

/** Writes a line for each level, since such searches take long: what was done, and what it has taken up to then. */
function levels(store: DiskStore): (states: number, depth: number) => void {
  let last = -1
  return (states, depth) => {
    if (depth === last) return
    last = depth
    const { settlements, rowsRead, stored } = store
    const line = { depth, states, settlements, rowsRead, gigabytes: stored / 1e9 }
    const { user, system } = process.cpuUsage()
    process.stderr.write(
      `${JSON.stringify({ ...line, seconds: performance.now() / 1e3, processor: (user + system) / 1e6 })}\n`,
    )
  }
}

if (isMainThread) await run(JSON.parse(process.argv[2] ?? '{}') as Options)
else {
  const { options, link } = workerData as { readonly options: Options; readonly link: Link }
  joinCrew(machineOf(options), link)
}
