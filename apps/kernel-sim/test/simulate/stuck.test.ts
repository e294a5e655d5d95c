/** Workloads that get nowhere: they are found, and what they wait for is said. */
import { PF, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { TaskState, WAIT } from '@scopemask/checker/live'
import { describe, expect, it } from 'vitest'
import { runWatched } from '../../src/cli/run-watched.js'
import { simulationPage } from '../../src/report/machine/simulation-page.js'
import { machineFromObject } from '../../src/simulate/machine-file/read-machine.js'
import { machineSimulation } from '../../src/simulate/machine-file/run-machine.js'
import { type Stopped, stuckOf } from '../../src/simulate/measure/stuck.js'
import { machinePolicy } from '../../src/simulate/policy.js'
import { resultOf } from '../../src/simulate/result.js'
import { WaitReason } from '../../src/simulate/sched/wait-reason.js'
import { Task } from '../../src/simulate/task.js'
import { SECOND } from '../../src/simulate/time.js'

function simulation(machine: object, policy = 'scope') {
  const read = machineFromObject(machine, 'the machine')
  return machineSimulation(read, { seed: 1, policy: machinePolicy(policy), seconds: read.seconds })
}

/** Runs a machine; returns who was stuck, and what is said of it. */
function stuck(machine: object, policy?: string) {
  const run = simulation(machine, policy)
  run.run()
  const result = resultOf(run, { machine: 'm', policy: 'p', seed: 1 })
  return { stuck: result.stuck, lead: simulationPage(result).lead.join('\n') }
}

it('a program in a NOFS scope that reclaims in vain, since nobody may be killed for it', () => {
  const hog = { type: 'hog', size: '90 MiB', pace: '1 ms' }
  const machine = { memory: '128 MiB', seconds: 2, workloads: { hog } }
  const { stuck: found, lead } = stuck(machine, 'nofs')
  expect(found.map(({ task }) => task)).toEqual(['hog'])
  expect(found[0]?.since).toBeLessThan(SECOND)
  expect(found[0]?.refused).toBe(true)
  expect(lead).toMatch(
    /^hog gets nowhere from 0\.\d+ s on: it has reclaimed \d{4} times and freed nothing, and the OOM killer is refused/m,
  )
  expect(stuck(machine).stuck).toEqual([])
})

it('a reader whose disk stands still, but not one whose disk is slow', () => {
  const machine = (stall: string) => ({
    memory: '128 MiB',
    seconds: 7,
    workloads: { reader: { type: 'read', size: '8 GiB' } },
    faults: [{ type: 'disk-stall', at: '1 s', for: stall }],
  })
  const { stuck: found, lead } = stuck(machine('20 s'))
  expect(found.map(({ task }) => task)).toEqual(['reader'])
  expect(lead).toMatch(
    /reader gets nowhere from 1\.\d+ s on: reader waits for the disk, which has \d requests and has finished none since 1\.0\d s/,
  )
  expect(stuck(machine('3 s')).stuck).toEqual([])
})

describe('who waits for whom', () => {
  const task = (name: string, reason: WaitReason, flags = PF.mask()): Task => {
    const made = new Task(name, flags, function* () {})
    made.reason = reason
    made.state = TaskState.WAITING
    return made
  }
  const machine = (tasks: readonly Task[], holders: readonly Task[], journal: Task): Stopped => ({
    clock: { now: 10 * SECOND },
    began: 0,
    tasks,
    vm: { kswapd: [], oom: { refused: 0 } },
    writeback: { task: task('flusher', WaitReason.NONE) },
    journal: { task: journal, holders },
    disk: { inFlight: 0, lastDone: 10 * SECOND },
  })

  it('a circle: a handle that waits for the transaction that waits for it', () => {
    const journal = task('jbd2', WaitReason.JOURNAL)
    const holder = task('create', WaitReason.JOURNAL)
    const other = task('mail', WaitReason.JOURNAL)
    expect(stuckOf(machine([holder, other], [holder], journal))).toEqual([
      {
        task: 'create',
        since: 0,
        chain: ['create waits for jbd2 to commit', 'jbd2 waits for the handle of create'],
        circle: ['create', 'jbd2'],
        refused: false,
      },
      {
        task: 'mail',
        since: 0,
        chain: [
          'mail waits for jbd2 to commit',
          'jbd2 waits for the handle of create',
          'create waits for jbd2 to commit',
        ],
        circle: ['jbd2', 'create'],
        refused: false,
      },
    ])
  })

  it('who sleeps, is done, or waits for what goes on is not stuck', () => {
    const done = task('done', WaitReason.JOURNAL)
    done.state = TaskState.DONE
    const sleeper = task('sleeper', WaitReason.NONE, PF_MEMALLOC_NOFS)
    const writer = task('writer', WaitReason.DIRTY)
    const journal = task('jbd2', WaitReason.NONE)
    expect(stuckOf(machine([done, sleeper, writer], [], journal))).toEqual([])
  })
})

describe('a workload of your own that never yields', () => {
  it('is stopped and named, with what it did last', () => {
    const run = simulation({
      memory: '128 MiB',
      seconds: 2,
      workloads: {
        *spin(os: { sleep: (ns: number) => Iterable<unknown> }) {
          yield* os.sleep(1.5e9)
          for (;;);
        },
      },
    })
    expect(() => runWatched(run, true, { patience: 100 })).toThrow(
      'workload spin, after sleep(), at 1.500 s of the run: it does not come to its next yield*: does it loop without one?',
    )
  })

  it('or waits for nobody, is told so', () => {
    const run = simulation({
      memory: '128 MiB',
      seconds: 2,
      workloads: {
        *waits() {
          yield WAIT
        },
      },
    })
    expect(() => run.run()).toThrow(
      /^workload waits yields -1, which waits to be woken, and nobody/,
    )
  })
})

it('a watched run is the same as one that is not', () => {
  const machine = {
    memory: '128 MiB',
    seconds: 1,
    workloads: { reader: { type: 'read', size: '60 MiB' } },
  }
  const [one, other] = [simulation(machine), simulation(machine)]
  one.run()
  runWatched(other, true)
  expect(other.events()).toEqual(one.events())
  expect(other.elapsed).toBe(one.elapsed)
})
