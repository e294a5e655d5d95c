/**
 * Sweeps over Redis beside BullMQ alone, and beside a loop without any queue, in one run: what a job costs, and how much of two
 * processors the jobs get.
 *
 *   node sweep.mjs              10,000 jobs of 10 ms, some minutes
 *   node sweep.mjs --quick      1,000 of them
 *   node sweep.mjs --write      also writes measured.json, from which docs/scale.md is reckoned
 *
 * It needs redis-server (Debian: apt install redis-server), and two processors with nothing else to do.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const quick = process.argv.includes('--quick')
/** Jobs that work, how long each does, and jobs that do nothing. */
const BUSY = { jobs: quick ? 1000 : 10_000, ms: 10 }
const RIVALS = { jobs: quick ? 1000 : 2000, ms: 10 }
const EMPTY = { jobs: 2000, ms: 0 }
const CORES = 2

const here = fileURLToPath(new URL('.', import.meta.url))
const bin = join(here, '../bin/kernel-sim.js')
const folder = mkdtempSync(join(tmpdir(), 'kernel-sim-bench-sweep-'))
const children = []

try {
  if (spawnSync('redis-server', ['--version']).error) {
    throw new Error('redis-server is needed: apt install redis-server')
  }
  const redis = await startRedis()
  console.log(
    `Sweeps, Node ${process.version}, ${cpus()[0]?.model}, ${CORES} workers of one slot each:`,
  )
  const loop = await measure(
    'a loop, no queue',
    RIVALS,
    () => rival('loop', redis.url, RIVALS),
    redis,
  )
  const bare = await measure(
    'BullMQ alone',
    RIVALS,
    () => rival('bullmq', redis.url, RIVALS),
    redis,
  )
  const ours = await measure('kernel-sim sweep', BUSY, () => sweep(redis.url, BUSY, CORES), redis)
  const bareEmpty = await measure(
    'BullMQ alone, one worker',
    EMPTY,
    () => rival('bullmq', redis.url, EMPTY, 1),
    redis,
  )
  const oursEmpty = await measure(
    'kernel-sim sweep, one worker',
    EMPTY,
    () => sweep(redis.url, EMPTY, 1),
    redis,
  )
  const overhead = oursEmpty.perJob - oursEmpty.own
  console.log(
    `  overhead of a job: ${overhead.toFixed(2)} ms of ${oursEmpty.perJob.toFixed(2)}; BullMQ alone ${bareEmpty.perJob.toFixed(2)}`,
  )
  console.log(
    `  of what a loop without a queue gets of the processors: kernel-sim ${share(ours, loop)}, BullMQ alone ${share(bare, loop)}`,
  )
  if (process.argv.includes('--write')) {
    const measured = {
      node: process.version,
      cpu: cpus()[0]?.model,
      loop,
      bare,
      ours,
      bareEmpty,
      oursEmpty,
    }
    writeFileSync(join(here, 'sweep', 'measured.json'), `${JSON.stringify(measured, null, 2)}\n`)
  }
} finally {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

function share({ useful }, loop) {
  return `${((100 * useful) / loop.useful).toFixed(1)} %`
}

/** Runs something that does jobs, and says how long it took and what it cost. */
async function measure(name, { jobs, ms }, run, redis) {
  const before = await redis.cpu()
  const { seconds, cpu, own = ms } = await run()
  const after = await redis.cpu()
  const result = {
    jobs,
    ms,
    seconds,
    /** Of the time of two processors, what the jobs' own work is. */
    useful: (jobs * ms) / 1000 / (CORES * seconds),
    /** ms of the clock for each job, and for its own work. */
    perJob: (seconds * 1000) / jobs,
    own,
    /** ms of a processor for each job, in Redis, and in those who queue and take jobs. */
    redis: ((after - before) * 1000) / jobs,
    ...Object.fromEntries(Object.entries(cpu).map(([who, s]) => [who, (s * 1000) / jobs])),
  }
  const costs = ['redis', ...Object.keys(cpu)].map((who) => `${who} ${result[who].toFixed(2)}`)
  console.log(
    `  ${name.padEnd(30)} ${jobs} jobs of ${ms} ms in ${seconds.toFixed(1)} s` +
      `${ms === 0 ? '' : `, ${(100 * result.useful).toFixed(1)} % of ${CORES} processors for jobs`}` +
      `; ms of a processor a job: ${costs.join(', ')}`,
  )
  return result
}

/** Workers first, so that what is measured is not how they start; each has done a job. */
async function sweep(url, { jobs, ms }, workers) {
  scenario(ms)
  const names = Array.from({ length: workers }, () =>
    start(bin, 'worker', '--workers', '1', '--redis', url),
  )
  plan('warm.yaml', workers * 20)
  await ended(start(bin, 'sweep', join(folder, 'warm.yaml'), '--redis', url))
  const cages = names.flatMap(({ pid }) => childrenOf(pid))
  const spent = (pids) => pids.reduce((sum, pid) => sum + cpuOf(pid), 0)
  const pids = names.map(({ pid }) => pid)
  const began = { worker: spent(pids), cage: spent(cages) }
  plan('plan.yaml', jobs)
  const started = performance.now()
  const coordinator = start(bin, 'sweep', join(folder, 'plan.yaml'), '--redis', url)
  let last = 0
  const looking = setInterval(() => {
    last = cpuOf(coordinator.pid) || last
  }, 100)
  await ended(coordinator)
  clearInterval(looking)
  const seconds = (performance.now() - started) / 1000
  const worker = spent(pids) - began.worker
  const cage = spent(cages) - began.cage
  for (const child of names) child.kill('SIGTERM')
  await Promise.all(names.map((child) => child.exitCode ?? once(child, 'exit')))
  const results = readFileSync(join(folder, 'plan.results.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
  const own =
    results.reduce((sum, line) => sum + JSON.parse(line).seconds * 1000, 0) / results.length
  for (const name of ['plan', 'warm'])
    rmSync(join(folder, `${name}.results.jsonl`), { force: true })
  return { seconds, cpu: { worker, cage, coordinator: last }, own }
}

/** A scenario whose building takes so long, and whose search takes next to nothing. */
function scenario(ms) {
  const axis = JSON.stringify(Array.from({ length: 100 }, (_, at) => at))
  writeFileSync(
    join(folder, 'busy.mjs'),
    `import { scenario } from '@scopemask/kernel-sim'
export default scenario({
  name: 'busy', summary: 's', parameters: { a: ${axis}, b: ${axis} },
  build(kernel) {
    for (const until = performance.now() + ${ms}; performance.now() < until; );
    const lock = kernel.mutex('lock')
    kernel.task('t', function* () {
      yield* lock.lock()
      yield* lock.unlock()
    })
  },
})`,
  )
}

function plan(name, jobs) {
  const a = Array.from({ length: Math.max(1, Math.round(jobs / 100)) }, (_, at) => at)
  const b = Array.from({ length: Math.min(100, jobs) }, (_, at) => at)
  writeFileSync(
    join(folder, name),
    `check: { scenarios: [./busy.mjs], policies: [scope], parameters: { a: [${a}], b: [${b}] } }`,
  )
}

/** Rivals say themselves how long it took, from the first job to the last. */
async function rival(name, url, { jobs, ms }, workers = CORES) {
  const child = spawn(
    process.execPath,
    [join(here, 'sweep', 'rivals.mjs'), name, url, jobs, ms, workers],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  children.push(child)
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  return JSON.parse(text)
}

function start(...args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  children.push(child)
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  child.said = () => said
  return child
}

async function ended(child) {
  const [status] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
  if (status !== 0) throw new Error(`${child.spawnargs.join(' ')}: ${child.said()}`)
}

/** The processes in which a worker's jobs run. */
function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').map(Number)
}

/** Seconds of processors that a process has used; 0 when it is gone. Ticks are hundredths on every Linux. */
function cpuOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return 0
  }
}

async function startRedis() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  const options = ['--port', `${port}`, '--dir', folder, '--save', '', '--appendonly', 'yes']
  const child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  for await (const chunk of child.stdout) if (`${chunk}`.includes('Ready to accept')) break
  return { url: `redis://127.0.0.1:${port}`, cpu: async () => cpuOf(child.pid) }
}
