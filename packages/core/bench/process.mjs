/**
 * Process: measures one table with the contenders it is told, in a process that has loaded no others, and
 * prints what it found as JSON: for each name the nanoseconds of every round, or one number of bytes.
 *
 *     node --expose-gc process.mjs <table> <place> <contender>...
 *
 * The place is `plain`, or `server` for a process whose rounds take place in all sorts of callbacks.
 */
import { awaits, captures, handOffs, reads, sections } from './loops.mjs'
import { allocatedBytes, bytesEach, survivingBytes } from './memory.mjs'
import { interleaved, plain, server } from './rounds.mjs'

const modules = {
  floor: () => import('./floor.mjs'),
  core: () => import('./core.mjs'),
  using: () => import('./using.mjs'),
  'core with a bridge': () => import('./rivals/bridge.mjs'),
  AsyncLocalStorage: () => import('./rivals/async-local-storage.mjs'),
  'OpenTelemetry (ALS manager)': () => import('./rivals/opentelemetry-async-local-storage.mjs'),
  'OpenTelemetry (hooks manager)': () => import('./rivals/opentelemetry-async-hooks.mjs'),
  'OpenTelemetry (stack manager)': () => import('./rivals/opentelemetry-stack.mjs'),
  unctx: () => import('./rivals/unctx.mjs'),
  'zone.js': () => import('./rivals/zone.mjs'),
}

const [table, place, ...names] = process.argv.slice(2)
const contenders = []
for (const name of names) {
  const { default: loaded } = await modules[name]()
  contenders.push(...[loaded].flat())
}

/** What `make` makes of each contender's entries of one kind, by label. */
function each(kind, make) {
  const all = {}
  for (const contender of contenders) {
    for (const [label, entry] of Object.entries(contender[kind] ?? {})) {
      all[label] = make(contender, entry)
    }
  }
  return all
}

const timed = (loops) => interleaved(loops, { plain, server }[place])

const tables = {
  sections: () => timed(each('sections', (contender, entry) => sections(contender, entry, 1))),
  nested: () => timed(each('sections', (contender, entry) => sections(contender, entry, 8))),
  reads: () => timed(each('reads', reads)),
  handOffs: () => timed(each('handOffs', handOffs)),
  awaits: () => timed({ [names[0]]: awaits(contenders[0]) }),
  bytes: () => each('handOffs', (contender, entry) => bytesEach(captures(contender, entry))),
  allocated: () =>
    each('sections', (contender, entry) => allocatedBytes(sections(contender, entry, 1))),
  garbage: () => each('kept', (contender, entry) => survivingBytes(sections(contender, entry, 1))),
}

process.stdout.write(JSON.stringify(await tables[table]()))
