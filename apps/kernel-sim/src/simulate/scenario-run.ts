/**
 * Scenario run: the tasks of a scenario of `check`, unchanged, as tasks of a machine beside its workloads. They run again and again.
 * What `check` leaves open at an allocation, whether memory is tight, is asked of the machine's page allocator; everything else that is
 * open goes by chance. When none of them can go on and not all are at an end, the machine has a hang: it is explained as `check`
 * explains, with a token that replays it.
 */
import { GFP_KERNEL, PF } from '@scopemask/allocator'
import { type LiveSteps, WAIT } from '@scopemask/checker/live'
import { Interrupted, Misuse, type Watch } from '@scopemask/checker/machine'
import { cycle, Execution, tokenOf, waiters } from '@scopemask/checker/search'
import { InputError } from '../input-error.js'
import { buildScenario } from '../kernel/build-scenario.js'
import { explain } from '../kernel/explain.js'
import { Kernel } from '../kernel/kernel.js'
import { type ParameterValues, settingsText } from '../kernel/parameters.js'
import type { Policy, PolicyName } from '../kernel/policy.js'
import type { Scenario } from '../kernel/scenario.js'
import { WaitReason } from './sched/wait-reason.js'
import { Task } from './task.js'
import { MS, US } from './time.js'
import type { System } from './workload/os.js'

/** Between two executions, and what a step takes: neither decides what can happen. */
const PAUSE = MS
const STEP = 2 * US

/** Tasks that wait for each other for ever. */
export interface Hang {
  readonly scenario: string
  /** What its parameters are, where it has some. */
  readonly values?: ParameterValues
  readonly policy: PolicyName
  /** ns since the run began. */
  readonly at: number
  /** Why, in one sentence. */
  readonly why: string
  /** Replays it: `kernel-sim replay SCENARIO POLICY TOKEN`. */
  readonly token: string
}

/** What runs beside the workloads. */
export interface ScenarioBeside {
  readonly scenario: Scenario
  readonly policy: Policy
  /** Stops its code when it does not come to its next step. By default nothing does. */
  readonly watch?: Watch | null
}

export class ScenarioRun {
  readonly tasks: readonly Task[]
  hang: Hang | null = null
  /** Executions that came to an end. */
  executions = 0
  readonly #kernel: Kernel
  readonly #scenario: Scenario
  readonly #system: System
  readonly #random: (below: number) => number
  /** Tasks that wait, by their numbers. */
  readonly #parked: number[] = []
  #execution: Execution

  /** @throws InputError when the scenario cannot be built */
  constructor(
    { scenario, policy, watch = null }: ScenarioBeside,
    system: System,
    random: (below: number) => number,
  ) {
    this.#scenario = scenario
    this.#system = system
    this.#random = random
    this.#kernel = new Kernel(policy)
    this.#kernel.machine.variant = settingsText(scenario.values ?? {})
    this.#kernel.machine.watch = watch
    this.#execution = this.#ofUser(() => {
      const build = (): void => buildScenario(scenario, this.#kernel)
      if (watch === null) build()
      else watch.runOnce(build)
      return new Execution(this.#kernel.seal())
    })
    const { tasks } = this.#execution.machine
    this.tasks = tasks.map(
      ({ name, index }) =>
        new Task(`${scenario.name}/${name}`, PF.mask(), (task) => this.#run(task, index)),
    )
  }

  *#run(task: Task, index: number): LiveSteps {
    while (this.hang === null) {
      if (!this.#ofUser(() => this.#step(task, index))) {
        this.#parked.push(index)
        if (this.#everybodyRests()) this.#again()
        else if (this.#nobodyCan()) this.#hangs()
        task.reason = this.#execution.rests(index) ? WaitReason.NONE : WaitReason.LOCK
        yield WAIT
        continue
      }
      this.#wakeThoseWhoCan()
      if (!this.#system.cpus.passes(STEP)) yield STEP
    }
  }

  /** Of those who wait, the ones that can go on now. */
  #wakeThoseWhoCan(): void {
    const parked = this.#parked
    let left = 0
    for (let i = 0; i < parked.length; i++) {
      const index = parked[i] as number
      if (this.#execution.canStep(index)) this.#wake(index)
      else parked[left++] = index
    }
    parked.length = left
  }

  /** Lets a task do its next operation, if it can. */
  #step(task: Task, index: number): boolean {
    const execution = this.#execution
    const possible = execution.possible(index)
    if (possible.length === 0) return false
    return execution.step(index, this.#turn(task, index, possible))
  }

  /** The turn that an operation takes. */
  #turn(task: Task, index: number, possible: readonly number[]): number {
    const next = this.#execution.next(index)
    const pressure = this.#kernel.pressures.find(({ operation }) => operation === next)
    if (possible.length > 1 && pressure !== undefined) {
      const isTight = this.#isTight(task)
      const turns = this.#execution.turns(index)
      const turn = turns.find(({ result }) => (result === pressure.result) === isTight)
      if (turn !== undefined) return turn.outcome
    }
    return possible[this.#random(possible.length)] as number
  }

  /** Returns true if the machine has no page for a request above its low watermark. */
  #isTight(task: Task): boolean {
    const { memory } = this.#system.vm
    const page = memory.tryAlloc(task.context, GFP_KERNEL, 0, 0, task.cpu)
    if (page < 0) return true
    memory.free(page, 0, task.cpu)
    return false
  }

  /** Runs the scenario's code. @throws InputError for what is wrong with it, which is the user's to mend */
  #ofUser<T>(act: () => T): T {
    try {
      return act()
    } catch (thrown) {
      if (!(thrown instanceof Misuse || thrown instanceof Interrupted)) throw thrown
      const { name } = this.#scenario
      const what =
        thrown instanceof Misuse ? thrown.message : 'build does not come to its end: does it loop?'
      throw new InputError(`${name} under ${this.#kernel.policy.name}: ${what}`)
    }
  }

  #everybodyRests(): boolean {
    return this.tasks.every(
      (_, index) => this.#execution.rests(index) && !this.#execution.canStep(index),
    )
  }

  #nobodyCan(): boolean {
    return this.tasks.every((_, index) => !this.#execution.canStep(index))
  }

  /** Everything is at its end: the tasks begin anew after a while. */
  #again(): void {
    this.executions++
    this.#execution = new Execution(this.#execution.machine, this.#execution.programs)
    const { clock } = this.#system
    const parked = this.#parked.splice(0)
    clock.at(clock.now + PAUSE, () => {
      for (const index of parked) this.#wake(index)
    })
  }

  #wake(index: number): void {
    const task = this.tasks[index]
    if (task !== undefined) this.#system.cpus.wake(task)
  }

  #hangs(): void {
    const execution = this.#execution
    const waiting = waiters(execution)
    const circle = cycle(waiting)
    this.hang = {
      scenario: this.#scenario.name,
      ...(this.#scenario.values === undefined ? {} : { values: this.#scenario.values }),
      policy: this.#kernel.policy.name,
      at: this.#system.clock.now - this.#system.began,
      why: explain(this.#kernel, execution, circle.length > 0 ? circle : waiting).why,
      token: tokenOf(execution.machine, execution.steps),
    }
  }
}
