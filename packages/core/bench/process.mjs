/**
 * Process: measures one table with the contenders it is told, in a process that has loaded no other, and
 * prints nanoseconds (or bytes) by name as JSON.
 */
import { handOffs, reads, sections } from './loops.mjs'
import { interleaved } from './rounds.mjs'

const contenders = {
  floor: () => import('./floor.mjs'),
  core: () => import('./core.mjs'),
  AsyncLocalStorage: () => import('./rivals/async-local-storage.mjs'),
  'OTel ALS manager': () => import('./rivals/opentelemetry-async-local-storage.mjs'),
  'OTel hooks manager': () => import('./rivals/opentelemetry-async-hooks.mjs'),
  'OTel stack manager': () => import('./rivals/opentelemetry-stack.mjs'),
  unctx: () => import('./rivals/unctx.mjs'),
  'zone.js': () => import('./rivals/zone.mjs'),
}

const tables = {
  sections: (names) => loops(names, 'sections', (c, section) => sections({ ...c, section }, 1)),
  nested: (names) => loops(names, 'sections', (c, section) => sections({ ...c, section }, 8)),
  reads: (names) => loops(names, 'reads', (c, read) => reads({ ...c, read })),
  handOffs: (names) => loops(names, 'handOffs', (c, handOff) => handOffs({ ...c, handOff })),
}

async function loops(names, kind, make) {
  const all = {}
  for (const name of names) {
    const { default: contender } = await contenders[name]()
    for (const [label, text] of Object.entries(contender[kind])) {
      all[label] = make(contender, text)
    }
  }
  return interleaved(all)
}

const [table, ...names] = process.argv.slice(2)
process.stdout.write(JSON.stringify(await tables[table](names)))
