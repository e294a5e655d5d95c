/** One search of the yardstick, in a process of its own: prints what it found as JSON. */
import { Search } from '../src/check/search.js'
import { Kernel, policyNamed } from '../src/kernel/kernel.js'
import { type YardstickOptions, yardstick } from './yardstick.js'

interface Options extends YardstickOptions {
  readonly partialOrder: boolean
  readonly symmetry: boolean
  readonly livelocks: boolean
}

const options = JSON.parse(process.argv[2] ?? '{}') as Options
const kernel = new Kernel(policyNamed('scope'))
yardstick(kernel, options)
const result = new Search(kernel.seal(), {
  ...options,
  allDeadlocks: true,
  maxStates: 100_000_000,
  maxMegabytes: 8_000,
}).run()
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
