/**
 * Simulation: a machine with its tasks, in virtual time. Everything is built here and wired up; what happens then follows from the
 * parts: CPUs under the fair scheduler, memory in the real page allocator with kswapd, a page cache over a disk.
 */
import { Mempolicy, type MempolicyMode, PF, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { Clock, Cpus, TaskState, WAIT } from '@scopemask/checker/live'
import { xorshift } from '@scopemask/checker/search'
import { type FileCache, PageCache } from './cache/page-cache.js'
import { Reader } from './cache/reader.js'
import { Writeback } from './cache/writeback.js'
import { Writer } from './cache/writer.js'
import { Costs } from './costs.js'
import type { BlockDevice } from './disk/block-device.js'
import { Crypt } from './disk/crypt.js'
import { Disk } from './disk/disk.js'
import { Loop } from './disk/loop.js'
import { Balloon } from './faults/balloon.js'
import { DiskPace } from './faults/disk-pace.js'
import type { Fault } from './faults/fault.js'
import { Files } from './fs/files.js'
import { Journal } from './fs/journal.js'
import { Metadata } from './fs/metadata.js'
import { Mounts } from './fs/mounts.js'
import type { MachineSpec } from './machine-spec.js'
import { type CgroupResult, cgroupsOf } from './measure/cgroups.js'
import { countersOf, type Facts } from './measure/facts.js'
import { Samples } from './measure/samples.js'
import { type Stuck, stuckOf } from './measure/stuck.js'
import { type SeriesSpec, TimeSeries } from './measure/time-series.js'
import { Timeline } from './measure/timeline.js'
import { WorkLog } from './measure/work-log.js'
import { Cma } from './memory/cma.js'
import { Fallbacks } from './memory/fallbacks.js'
import { GFP_HIGHUSER_MOVABLE, Vm } from './memory/vm.js'
import type { Program } from './plan/programs.js'
import { type MachinePolicy, machinePolicy } from './policy.js'
import { machineCounters } from './proc/counters.js'
import { KernelLog } from './proc/kernel-log.js'
import { type ScenarioBeside, ScenarioRun } from './scenario-run.js'
import { Accounting } from './sched/accounting.js'
import { Cfs } from './sched/cfs.js'
import { Psi } from './sched/psi.js'
import { Task } from './task.js'
import { JIFFY, SECOND } from './time.js'
import { WorkerPool } from './work/workqueue.js'
import { Os, type System } from './workload/os.js'
import { Stages } from './workload/stages.js'
import { UserCode } from './workload/user-code.js'

/** Of the file LRU, no page of a file: what the filesystem has in use for good. */
const FIXED = 'filesystem'

export interface WorkloadSpec {
  readonly name: string
  /** It runs in a scope that keeps out of the filesystem, for its whole life. */
  readonly nofs: boolean
  /** The run ends when it does. */
  readonly main: boolean
  /** From which nodes its pages come; by default its own, and others when that has none. */
  readonly mempolicy?: MempolicySpec
  /** The CPUs that it may run on; by default all. */
  readonly cpus?: readonly number[]
  /** The path of its memory cgroup; by default it is in none. */
  readonly cgroup?: string | null
  /** -1000 to 1000; by default 0. */
  readonly oomScoreAdj?: number
  readonly program: Program
}

/** As set_mempolicy(2) takes it: a bit for each node. */
export interface MempolicySpec {
  readonly mode: MempolicyMode
  readonly nodes: number
}

export interface SimulationOptions {
  readonly spec: MachineSpec
  readonly seed: number
  /** ns at most. */
  readonly duration: number
  readonly workloads: readonly WorkloadSpec[]
  /** By default `scope`: what a kernel does. */
  readonly policy?: MachinePolicy
  /** A scenario of `check` whose tasks run beside the workloads. */
  readonly scenario?: ScenarioBeside
  /** What goes wrong meanwhile. */
  readonly faults?: readonly Fault[]
  /** How closely the run is followed over time: by default every 100 ms. */
  readonly series?: SeriesSpec
  /** What happens is kept slice by slice. */
  readonly timeline?: boolean
  /** Is given what the kernel would log. */
  readonly log?: (text: string) => void
}

type Events = NonNullable<ReturnType<Vm['memory']['counters']>['events']>

/** ns between two samples of the counters. */
const SAMPLE = SECOND / 2
/** ns after which it is looked whether the run is over. */
const PIECE = SECOND / 100
/** Pieces in a row under one guard. */
const STRETCH = 10
/** The superblock among the blocks of the journal, and when it has been committed. */
const SUPERBLOCK = 0
const COMMITTED = 5.1 * SECOND
/** How long what is under way may take when time is over. */
const GRACE = 5 * SECOND

export class Simulation {
  readonly clock = new Clock()
  readonly cpus: Cpus
  readonly psi: Psi
  readonly vm: Vm
  readonly disk: Disk
  /** What is put on the disk: a file that is a disk, and what encrypts it; null where there is none. */
  readonly loop: Loop | null
  readonly crypt: Crypt | null
  /** The workers of the kernel; null where nobody needs any. */
  readonly workers: WorkerPool | null
  readonly cache: PageCache
  readonly writeback: Writeback
  readonly journal: Journal
  readonly files: Files
  readonly mounts: Mounts
  /** What requests took of other migratetypes; null unless the machine says which kernel's rules it has. */
  readonly fallbacks: Fallbacks | null
  /** The CMA areas; null where there are none. */
  readonly cma: Cma | null
  readonly scenario: ScenarioRun | null
  /** What the kernel has logged. */
  readonly kernelLog = new KernelLog()
  /** What takes memory away, where faults do. */
  readonly balloons: readonly Balloon[]
  readonly samples: Samples
  readonly timeSeries: TimeSeries
  readonly logs: readonly WorkLog[]
  readonly tasks: readonly Task[]
  /** What happened, slice by slice; null unless it was asked for. */
  readonly timeline: Timeline | null
  /** Workloads that are a user's own: whose code runs. */
  readonly userCode = new UserCode()
  /** Workloads that got nowhere when the time of the run was over. */
  stuck: readonly Stuck[] = []
  /** When the run began, on the clock, and how long it took, ns. */
  readonly began: number
  elapsed = 0
  /** What the kernel had counted when the time of the run was over; null as long as it is not. */
  closing: Facts | null = null
  /** What its memory cgroups had shown then. */
  closingCgroups: readonly CgroupResult[] | null = null
  readonly #main: readonly Task[]
  readonly #duration: number
  readonly #before: Events
  #stopped = false
  /** How far it has run, ns since it began. */
  #reached = 0

  constructor(options: SimulationOptions) {
    const { spec, seed, duration, workloads, log } = options
    const policy = options.policy ?? machinePolicy('scope')
    const random = xorshift(seed)
    const { clock } = this
    const costs = new Costs(spec.costs)
    this.#duration = duration
    this.cpus = new Cpus(clock, new Cfs(spec.cpus), {
      cpus: spec.cpus,
      tick: JIFFY,
      ...(spec.memory.cpuNodes === undefined ? {} : { domains: spec.memory.cpuNodes }),
    })
    this.psi = new Psi(clock, spec.cpus)
    this.cpus.observer = new Accounting(clock, this.psi, spec.cpus)
    const { psi, cpus } = this
    const print = (text: string): void => {
      this.kernelLog.add(clock.now, text)
      log?.(text)
    }
    this.vm = new Vm({ clock, cpus, costs, psi, spec, log: print })
    this.disk = new Disk(clock, this.cpus, spec.disk)
    const stacked = spec.disk.crypt || spec.disk.loop
    this.workers = stacked ? new WorkerPool({ clock, cpus, vm: this.vm }) : null
    const { workers, vm } = this
    let device: BlockDevice = this.disk
    this.loop =
      workers !== null && spec.disk.loop
        ? new Loop({ lower: device, workers, cpus, vm, policy })
        : null
    device = this.loop ?? device
    this.crypt =
      workers !== null && spec.disk.crypt
        ? new Crypt({ lower: device, workers, clock, cpus, vm, costs, policy })
        : null
    device = this.crypt ?? device
    this.cache = new PageCache({ memory: this.vm.memory, owners: this.vm.owners, cpus, psi })
    const shared = { clock, cpus: this.cpus, vm: this.vm, cache: this.cache, disk: device }
    const superblock = this.#occupy(spec, random(64))
    this.writeback = new Writeback({
      ...shared,
      sysctls: spec.sysctls,
      bootLimit: spec.bootDirtyLimit,
    })
    this.vm.oom.counters = () => machineCounters(this)
    this.journal = new Journal({ ...shared, writeback: this.writeback })
    const reader = new Reader({
      vm: this.vm,
      cache: this.cache,
      disk: device,
      costs,
      readaheadPages: spec.disk.readaheadBytes / 4096,
      scope: policy.scope,
      restricted: policy.scope || policy.explicit,
    })
    const { writeback, journal } = this
    const metadata = new Metadata({ cache: this.cache, reader, writeback, journal, cpus, costs })
    const writer = new Writer({
      ...shared,
      writeback: this.writeback,
      journal: this.journal,
      metadata: metadata,
      costs,
    })
    this.files = new Files({
      ...shared,
      reader,
      writer,
      writeback: this.writeback,
      journal: this.journal,
      metadata: metadata,
      costs,
      vfsCachePressure: spec.sysctls.vfsCachePressure,
      restricted: policy.scope || policy.explicit,
    })
    this.mounts = new Mounts(this.files)
    this.cma =
      spec.memory.cma === undefined
        ? null
        : new Cma({ ...shared, writeback: this.writeback, costs })
    this.fallbacks = spec.memory.rules === undefined ? null : new Fallbacks(vm.memory.zones.all)
    // Seeds shift the run against the kernel's own timers.
    this.cpus.run(random(SECOND))
    this.began = clock.now
    this.kernelLog.origin = this.began
    this.disk.pace = new DiskPace(options.faults ?? [], this.began)
    this.timeline = options.timeline === true ? this.#watched(spec.cpus) : null
    const system: System = {
      clock,
      cpus: this.cpus,
      costs,
      vm: this.vm,
      cache: this.cache,
      reader,
      writer,
      smallFiles: this.files,
      files: new Map<string, FileCache>(),
      began: this.began,
      mounts: this.mounts,
      cma: this.cma,
      userCode: this.userCode,
    }
    this.logs = workloads.map(({ name }) => new WorkLog(name))
    this.tasks = workloads.map(({ name, nofs, program }, index) => {
      const flags = nofs || policy.everywhere ? PF_MEMALLOC_NOFS : PF.mask()
      const workLog = this.logs[index] as WorkLog
      return new Task(name, flags, (task) => {
        const begin = (): Os => new Os(system, task, workLog, xorshift(random(2 ** 30) + 1))
        return workload(program, begin)
      })
    })
    for (const [index, workload] of workloads.entries()) {
      const task = this.tasks[index]
      if (task === undefined) continue
      const { mempolicy, cpus: allowed, cgroup, oomScoreAdj = 0 } = workload
      task.oomScoreAdj = oomScoreAdj
      if (cgroup != null) this.vm.join(task, cgroup)
      if (mempolicy !== undefined) {
        this.vm.setMempolicy(task, new Mempolicy(mempolicy.mode, mempolicy.nodes))
      }
      if (allowed !== undefined) {
        task.allowed = Array.from({ length: spec.cpus }, (_, cpu) => allowed.includes(cpu))
      }
    }
    this.vm.oom.programs = this.tasks
    this.#main = this.tasks.filter((_, index) => workloads[index]?.main === true)
    this.samples = new Samples(this)
    this.timeSeries = new TimeSeries(this, options.series)
    this.#before = { ...this.vm.memory.counters().events }
    // Mount has changed the superblock, which has been dirty for longer than the run.
    this.journal.note(SUPERBLOCK)
    const page = this.cache.at(superblock, 0)
    this.clock.at(this.began + COMMITTED, () =>
      this.writeback.markDirty(superblock, 0, page, Number.NEGATIVE_INFINITY),
    )
    const { scenario } = options
    this.scenario =
      scenario === undefined
        ? null
        : new ScenarioRun(scenario, system, xorshift(random(2 ** 30) + 1))
    const harness = this.#harness()
    clock.at(this.began + duration, () => {
      this.elapsed = duration
      this.closing = countersOf(this)
      this.closingCgroups = cgroupsOf(this.vm)
      this.stuck = stuckOf(this)
      this.cpus.wake(harness)
    })
    this.cpus.start(harness)
    for (const task of this.tasks) this.cpus.start(task)
    for (const task of this.scenario?.tasks ?? []) this.cpus.start(task)
    this.balloons = (options.faults ?? [])
      .filter((fault) => fault.type === 'memory-taken')
      .map((fault) => new Balloon({ ...shared, began: this.began }, fault))
    this.cpus.start(this.#sampler(spec.sampler.lag))
  }

  /**
   * Runs to the end: until the main tasks have ended, all have, or time is over.
   * @param onProgress is told the time, ns since the run began
   * @param limit goes no further than this, ns since the run began: it can be called again
   * @param guard runs each stretch of it: it may stop code that does not come back
   */
  run(
    onProgress?: (now: number) => void,
    limit = Number.POSITIVE_INFINITY,
    guard: (stretch: () => void) => void = (stretch) => stretch(),
  ): void {
    const { clock, cpus, began } = this
    // What is under way when time is over comes to its end.
    const last = Math.min(this.#duration + GRACE, limit)
    // In small pieces, since the run ends when its main task does.
    const stretch = (): void => {
      for (let i = 0; i < STRETCH && this.#reached < last && !this.#over(); i++) {
        this.#reached += PIECE
        cpus.run(began + this.#reached)
        if (this.#reached % SAMPLE === 0) onProgress?.(this.#reached)
      }
    }
    while (this.#reached < last && !this.#over()) guard(stretch)
    for (const [index, log] of this.logs.entries()) {
      const task = this.tasks[index]
      log.end(clock.now - began, task === undefined ? 0 : cpus.timeOf(task))
    }
    this.#stopped ||= this.#over() || limit === Number.POSITIVE_INFINITY
    if (this.closing === null) this.elapsed = this.#over() ? this.#lastEnd() : clock.now - began
  }

  /** The tasks that are measured one by one: workloads, those of the scenario, and threads of the kernel. */
  get measuredTasks(): readonly Task[] {
    const { scenario, vm, writeback, journal } = this
    const threads = [...vm.kswapd, ...vm.kcompactd, writeback, journal].map(({ task }) => task)
    const rescuer = this.crypt?.queue.rescuer ?? null
    if (rescuer !== null) threads.push(rescuer)
    if (this.workers !== null) threads.push(this.workers.kthreadd, ...this.workers.workers)
    return [...this.tasks, ...(scenario?.tasks ?? []), ...threads]
  }

  /** How often what happened since the run began. */
  events(): Events {
    const events: Record<string, number> = {}
    for (const [name, count] of Object.entries(this.vm.memory.counters().events ?? {})) {
      events[name] = count - (this.#before[name as keyof Events] ?? 0)
    }
    return events
  }

  /** Keeps what happens from now on. */
  #watched(cpus: number): Timeline {
    const timeline = new Timeline(this.clock, cpus, this.cpus.observer)
    this.cpus.observer = timeline
    this.disk.onDone = (request, latency) => timeline.served(request, latency)
    this.vm.reclaim.stalls.onStall = (stall) => timeline.reclaimed(stall)
    return timeline
  }

  /** Returns true when the main tasks have ended, or all if none is, or the kernel has panicked. */
  #over(): boolean {
    if (this.vm.oom.panicked !== null) return true
    const ends = this.#main.length > 0 ? this.#main : this.tasks
    return ends.every((task) => task.state === TaskState.DONE)
  }

  #lastEnd(): number {
    if (this.vm.oom.panicked !== null) return this.vm.oom.panicked - this.began
    return this.logs.reduce((last, log) => Math.max(last, log.phases.at(-1)?.ended ?? 0), 0)
  }

  /** The measuring program: it takes the CPU from everybody, which lets the scheduler choose anew. */
  #sampler(lag: number): Task {
    const { clock, cpus } = this
    const { began, samples } = this
    const isStopped = () => this.#stopped
    const task = new Task('sampler', PF.mask(), function* (self) {
      for (let at = 0; !isStopped(); at += SAMPLE) {
        clock.at(began + at + lag, () => cpus.wake(self))
        yield WAIT
        samples.take(at)
      }
    })
    task.realtime = true
    return task
  }

  /** Who has started the workloads: when the time is over it needs a page for what it reports, and is in no scope. */
  #harness(): Task {
    const { vm } = this
    return new Task('harness', PF.mask(), function* (self) {
      yield WAIT
      yield* vm.alloc(self, vm.staying(GFP_HIGHUSER_MOVABLE))
    })
  }

  /** What the kernel has in use before the run: buffers of the filesystem on the file LRU, and pages of the measuring program. */
  #occupy(spec: MachineSpec, resident: number): FileCache {
    const file = this.cache.open(FIXED, spec.pinnedFilePages)
    const task = new Task('boot', PF.mask(), function* () {})
    for (let place = 0; place < spec.pinnedFilePages; place++) {
      const page = this.vm.memory.alloc(task.context, this.vm.staying(0x1008ca), 0)
      this.cache.add(file, place, page, false)
      this.cache.ready(page)
      this.cache.pin(page)
      const { lru } = this.vm.memory
      lru.setFlags(page, lru.flags(page) | 0x40)
    }
    for (let i = 0; i < spec.sampler.pages + resident; i++) {
      this.vm.memory.alloc(task.context, this.vm.staying(0x140dca), 0)
    }
    return file
  }
}

/** A workload: its program, and then its end. @param begin is called at its first step */
function workload(program: Program, begin: () => Os): Stages {
  let os: Os
  return new Stages([
    () => {
      os = begin()
      return program(os)
    },
    () => {
      os.end()
      return os.unmap()
    },
  ])
}
