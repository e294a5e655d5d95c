/** Rivals of sweep.mjs: BullMQ alone, with a processor that does the work itself, and a loop in each process that knows of no queue. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'

const [name, url, jobs, ms, workers] = process.argv.slice(2)
const self = fileURLToPath(import.meta.url)
const NAME = 'rival'

if (name === 'work-loop') {
  for (let at = 0; at < Number(jobs); at++) work(Number(ms))
  process.send?.(seconds())
} else if (name === 'work-bullmq') {
  const connection = new Redis(url, { maxRetriesPerRequest: null })
  const worker = new Worker(NAME, async () => work(Number(ms)), {
    connection,
    removeOnComplete: { count: 0 },
  })
  await worker.waitUntilReady()
  process.on('message', () => process.send?.(seconds()))
  process.send?.('ready')
} else if (name === 'loop') {
  const started = performance.now()
  const shares = await Promise.all(
    Array.from({ length: Number(workers) }, async () => {
      const child = fork(self, ['work-loop', url, Number(jobs) / Number(workers), ms])
      const [cpu] = await once(child, 'message')
      return cpu
    }),
  )
  report(started, sum(shares), 0)
} else {
  const connection = new Redis(url, { maxRetriesPerRequest: null })
  const children = Array.from({ length: Number(workers) }, () =>
    fork(self, ['work-bullmq', url, 0, ms]),
  )
  await Promise.all(children.map((child) => once(child, 'message')))
  const before = await cpuOf(children)
  const queue = new Queue(NAME, { connection })
  const started = performance.now()
  const all = Array.from({ length: Number(jobs) }, (_, at) => ({ name: 'job', data: { at } }))
  for (let at = 0; at < all.length; at += 500) await queue.addBulk(all.slice(at, at + 500))
  while (sum(Object.values(await queue.getJobCounts('waiting', 'active'))) > 0) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  report(started, (await cpuOf(children)) - before, seconds())
  for (const child of children) child.kill()
  await queue.close()
  connection.disconnect()
}

function work(ms) {
  for (const until = performance.now() + ms; performance.now() < until; );
}

function seconds() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

async function cpuOf(children) {
  return sum(
    await Promise.all(
      children.map(async (child) => {
        child.send('cpu')
        return (await once(child, 'message'))[0]
      }),
    ),
  )
}

function report(started, worker, coordinator) {
  const took = (performance.now() - started) / 1000
  console.log(JSON.stringify({ seconds: took, cpu: { worker, coordinator } }))
}

function sum(values) {
  return values.reduce((a, b) => a + b, 0)
}
