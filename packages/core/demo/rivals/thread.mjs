/** A thread that looks for the context of its jobs in AsyncLocalStorage. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { work } from '../jobs.mjs'
import { outcome, serve } from '../thread-pool.mjs'

const storage = new AsyncLocalStorage()

serve((job, signal) => outcome((saw) => work(job, () => saw(job.mask, storage.getStore()), signal)))
