/**
 * Machine: how fast simulated machines run, beside their own time, and what they need. Build first.
 *
 *   node machine.mjs
 */
import { spawnSync } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { simulateMachine } from '../dist/machine.js'

const MIB = 1024 * 1024

/** 1 GiB that is filled by a stream, by small files and by programs. */
const LARGE = {
  memory: '1 GiB',
  seconds: 10,
  disk: { bandwidth: '1000 MB/s', latency: '20 us' },
  workloads: {
    read: { type: 'read', size: '2 GiB' },
    stat: { type: 'stat', pace: '100 us' },
    burst: { type: 'burst', size: '200 MiB', period: '1 s' },
  },
}

/** 32 CPUs, 8 GiB and 200 tasks, most of which have something to do. */
const WIDE = {
  memory: '8 GiB',
  cpus: 32,
  seconds: 5,
  disk: { bandwidth: '2000 MB/s', latency: '50 us' },
  workloads: {
    readers: { type: 'read', size: '400 MiB', processes: 60 },
    writers: { type: 'write', size: '200 MiB', processes: 20 },
    database: { type: 'database', size: '256 MiB', hot: '64 MiB', processes: 20 },
    stat: { type: 'stat', pace: '200 us', processes: 60 },
    create: { type: 'create', processes: 20 },
    burst: { type: 'burst', size: '40 MiB', period: '1 s', processes: 20 },
  },
}

/** The same machine with the disk that machines have by default, for which most tasks wait. */
const WAITING = { ...WIDE, disk: undefined }

function timed(name, virtual, run) {
  const began = performance.now()
  const more = run()
  const seconds = (performance.now() - began) / 1000
  const ratio = (virtual / seconds).toFixed(1)
  console.log(
    `${name.padEnd(44)} ${virtual} s in ${seconds.toFixed(2)} s: ${ratio} times as fast${more}`,
  )
}

if (process.argv[2] === 'large') {
  simulateMachine(LARGE)
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  console.log(((heapUsed + arrayBuffers) / MIB).toFixed(0))
} else {
  const bin = fileURLToPath(new URL('../bin/kernel-sim.js', import.meta.url))
  const quiet = ['simulate', '--no-progress']
  timed('mixed-load, 9 runs, as a user starts it', 90, () => {
    const { status } = spawnSync(process.execPath, [bin, ...quiet])
    return status === 0 ? '' : `, status ${status}`
  })
  timed('1 GiB, with start', 10, () => {
    const { stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'large'])
    return `, ${String(stdout).trim()} MiB of heap and typed arrays`
  })
  for (const [name, { disk, ...machine }] of Object.entries({
    'fast disk': WIDE,
    'slow disk': WAITING,
  })) {
    timed(`32 CPUs, 8 GiB, 200 tasks, ${name}`, machine.seconds, () => {
      simulateMachine(disk === undefined ? machine : { ...machine, disk })
      return ''
    })
  }
}
