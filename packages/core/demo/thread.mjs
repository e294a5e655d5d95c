/** A worker thread of the demonstration: decodes what was conveyed with a job, and works on it under that. */
import { parentPort } from 'node:worker_threads'
import { adopt, Context } from '@scopemask/core'
import { decode } from '@scopemask/core/remote'
import { domain, work } from './jobs.mjs'

parentPort.on('message', async ({ job, conveyance }) => {
  const context = new Context(domain)
  const scope = adopt(context, decode(domain, conveyance))
  const seen = []
  let failed = false
  try {
    await work(job, () => seen.push(context.mask))
  } catch {
    failed = true
  } finally {
    scope.close()
  }
  parentPort.postMessage({ id: job.id, seen, failed, left: context.mask !== 0 })
})
