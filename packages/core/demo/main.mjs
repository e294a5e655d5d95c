/**
 * Runs the demonstration: `node demo/main.mjs`, after a build. Prints how often jobs looked at their restrictions, how
 * often they saw others than their own, or none, and how often a worker did not have its mask back; `--json` prints the
 * same for programs.
 */
import { makeJobs } from './jobs.mjs'
import { pLimit, pQueue } from './pools.mjs'
import * as storage from './rivals/async-local-storage.mjs'
import * as scopemask from './scopemask.mjs'

const jobs = makeJobs(10_000, 1)
const rows = {
  'scopemask, p-queue': await scopemask.through(pQueue(), jobs),
  'scopemask, p-limit': await scopemask.through(pLimit(), jobs),
  'scopemask, threads': await scopemask.throughThreads(jobs),
  'AsyncLocalStorage, p-queue': await storage.through(pQueue(), jobs),
  'AsyncLocalStorage, p-limit': await storage.through(pLimit(), jobs),
  'AsyncLocalStorage, threads': await storage.throughThreads(jobs),
}
if (process.argv.includes('--json')) console.log(JSON.stringify(rows))
else console.table(rows)
