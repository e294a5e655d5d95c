/**
 * Runs the demonstration: `node demo/main.mjs`, after a build. Prints how often jobs looked at their restrictions, and
 * how often they saw another job's, or none; `--json` prints the same for programs.
 */
import { makeJobs } from './jobs.mjs'
import * as scopemask from './pools.mjs'
import * as storage from './rivals/async-local-storage.mjs'

const jobs = makeJobs(10_000, 1)
const rows = {
  'scopemask, p-queue': await scopemask.throughPQueue(jobs),
  'scopemask, p-limit': await scopemask.throughPLimit(jobs),
  'scopemask, worker threads': await scopemask.throughThreads(jobs),
  'AsyncLocalStorage, p-queue': await storage.throughPQueue(jobs, 8),
  'AsyncLocalStorage, p-limit': await storage.throughPLimit(jobs, 8),
  'AsyncLocalStorage, port': await storage.throughPort(jobs),
}
if (process.argv.includes('--json')) console.log(JSON.stringify(rows))
else console.table(rows)
