/** `kernel-sim worker`: does jobs of sweeps that are queued in Redis. */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Context } from '@scopemask/core'
import { type Command, InvalidArgumentError } from 'commander'
import { number } from '../report/form/numbers.js'
import type { NetworkWall } from '../sweep/cage/permissions.js'
import { Pool } from '../sweep/cage/pool.js'
import { startEngine, withoutSecrets } from '../sweep/queue/engine.js'
import { serve } from '../sweep/queue/serve.js'
import { ALL, JOBS } from '../sweep/restrictions.js'
import { packageVersion } from './package-version.js'
import { Progress } from './progress.js'
import { noProgressOption, progressOption } from './progress-options.js'

interface Options {
  readonly redis: string
  readonly workers: number
  readonly megabytes: number
  readonly seconds: number
  readonly lease: number
  readonly rate?: number
  readonly progress?: boolean
}

const WALLS: Readonly<Record<NetworkWall, string>> = {
  namespace: 'jobs are in an empty network namespace',
  node: "jobs have no network by Node's permissions",
  doors:
    'jobs have no network as far as functions can be closed in their processes: this is no wall against malice',
}

const DETAILS = `
Jobs come from kernel-sim sweep PLAN --redis URL, with the files that they are made of. Their code
is that of whoever may write to Redis, and runs restricted (the README says by what); still, let
nobody reach Redis whom you would not let run programs here.

Ctrl-C ends it after the jobs that it has begun, a second Ctrl-C at once. What a worker had begun
that is killed is done by another one. Workers take jobs of their own version of kernel-sim only.

Exit status: 0 when it was asked to end; 2 when Redis does not answer.

Examples:
  kernel-sim worker --redis redis://queue.example.com:6379
  kernel-sim worker --redis redis://localhost --workers 4 --megabytes 8000`

export function worker(program: Command): void {
  program
    .command('worker')
    .summary('do jobs of sweeps that other machines have queued')
    .description(
      'Takes jobs of kernel-sim sweep from a Redis server, does them, and leaves the results there.',
    )
    .requiredOption('--redis <url>', 'the Redis server, such as redis://localhost:6379')
    .option('--workers <n>', 'so many jobs at a time', whole, availableParallelism())
    .option('--megabytes <n>', 'what the process of a job may take', whole, 4000)
    .option('--seconds <n>', 'what a job may take at most, whatever its plan says', whole, 86_400)
    .option('--lease <seconds>', 'a silent worker is taken for dead after that', whole, 30)
    .option('--rate <n>', 'jobs a second, of all workers together; by default no limit', whole)
    .addOption(progressOption())
    .addOption(noProgressOption())
    .addHelpText('after', DETAILS)
    .action(run)
}

async function run(options: Options): Promise<void> {
  const { redis, workers, megabytes, seconds, lease, rate } = options
  const engine = await startEngine(redis)
  const version = packageVersion()
  const script = fileURLToPath(new URL('./sweep-cage.js', import.meta.url))
  const pool = new Pool({ slots: workers, megabytes, script })
  const progress = new Progress(process.stderr, options.progress)
  let done = 0
  const service = serve({
    engine,
    version,
    pool,
    context: new Context(JOBS, { name: 'worker', mask: ALL }),
    seconds,
    lease,
    rate,
    onDone() {
      done++
      progress.say(() => `${number(done)} jobs done`)
    },
  })
  process.stderr.write(
    `kernel-sim: does jobs of kernel-sim ${version} from ${withoutSecrets(redis)}, ${workers} at a time; ${WALLS[pool.wall]}\n`,
  )
  await asked()
  progress.done()
  process.stderr.write('kernel-sim: ends after the jobs that it has begun; again to end now\n')
  await service.close()
  await pool.end()
  engine.client.disconnect()
}

/** Returns when the process is asked to end; the second time it ends at once, as by default. */
function asked(): Promise<void> {
  return new Promise((resolve) => {
    const signals = ['SIGINT', 'SIGTERM'] as const
    const onSignal = (): void => {
      for (const signal of signals) process.off(signal, onSignal)
      resolve()
    }
    for (const signal of signals) process.on(signal, onSignal)
  })
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text))
    throw new InvalidArgumentError('It takes a whole number from 1.')
  return Number(text)
}
