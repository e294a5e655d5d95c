declare module '@scopemask/kernel-sim' {
  export class BitLock {
    readonly object: MachineObject;
    constructor(machine: Machine, tasks: TaskStates, name: string);
    set(): Steps<void>;
    trySet(): Steps<boolean>;
    clear(): Steps<void>;
    wait(): Steps<void>;
  }
  export class BlockDevice {
    constructor(machine: Machine, tasks: TaskStates, kthread: StartKthread, name: string, serve?: () => Steps<unknown>, flags?: TaskFlags);
    submitBioWait(): Steps<void>;
  }
  export interface CheckOptions {
    readonly policy?: PolicyName;
    readonly parameters?: Chosen;
    readonly maxStates?: number;
    readonly maxDepth?: number;
    readonly maxSeconds?: number;
    readonly maxMegabytes?: number;
  }
  export type Chosen = Readonly<Record<string, ParameterValue>>;
  export class Completion {
    readonly object: MachineObject;
    constructor(machine: Machine, tasks: TaskStates, name: string);
    complete(): Steps<void>;
    completeAll(): Steps<void>;
    wait(): Steps<void>;
    waitTimeout(): Steps<boolean>;
    tryWait(): Steps<boolean>;
    reinit(): Steps<void>;
    isDone(): Steps<boolean>;
  }
  export interface Counterexample extends Omit<Counterexample$1, 'waiting'> {
    readonly waiting: readonly Waiting[];
    readonly why: string;
  }
  export const DEF_PRIORITY = 12;
  export interface Description {
    readonly name: string;
    readonly summary: string;
    readonly source?: string;
    readonly history?: History;
    readonly inapplicable?: Partial<Record<PolicyName, string>>;
    readonly schedule?: Schedule;
  }
  export class Fifo {
    readonly object: MachineObject;
    constructor(machine: Machine, tasks: TaskStates, name: string, capacity: number);
    put(item: MachineObject): Steps<void>;
    take(): Steps<MachineObject>;
  }
  export const GFP_ATOMIC: number;
  export const GFP_NOWAIT = 2048;
  export interface GridOptions {
    readonly limits?: JobLimits;
    readonly files?: readonly string[];
  }
  export interface History {
    readonly told: string;
    readonly leavesOut: string;
    readonly upstream: {
      readonly says: string;
      readonly under: PolicyName;
      readonly verdict: 'safe' | 'deadlock' | 'livelock';
    };
  }
  export class InputError extends Error {
    constructor(message: string);
  }
  export class Interrupt {
    readonly object: MachineObject;
    constructor({ machine, interrupts }: {
      readonly machine: Machine;
      readonly interrupts: Interrupts;
    }, name: string, kind: InterruptKind, fn: () => Steps<unknown>);
    raise(): Steps<void>;
  }
  export interface JobLimits {
    readonly states?: number;
    readonly seconds?: number;
    readonly megabytes?: number;
  }
  export class Journal {
    readonly object: MachineObject;
    constructor({ machine, tasks, scopes, kthread }: Parts$2, name: string, options: JournalOptions);
    grow(tasks: number): void;
    handle<R>(section: () => Steps<R>): Steps<R>;
    forceCommit(): Steps<void>;
  }
  export interface JournalOptions {
    readonly commit?: () => Steps<unknown>;
    readonly space?: number;
    readonly checkpoint?: () => Steps<unknown>;
  }
  export class Kernel {
    readonly policy: Policy;
    readonly machine: Machine;
    readonly scopes: Scopes;
    constructor(policy: Policy, interventions?: readonly Intervention[], relief?: Relief | null);
    task(name: string, body: () => Steps<unknown>): Task;
    kthread(name: string, body: () => Steps<unknown>, flags?: TaskFlags): Task;
    process(name: string, body: () => Steps<unknown>): Process;
    replicate<T>(name: string, size: number, build: (replica: number) => T): T[];
    procedure<A extends readonly Value[], R>(name: string, body: (...args: A) => Steps<R>): (...args: A) => Steps<R>;
    loop<R>(name: string, body: () => Steps<R | undefined>): () => Steps<R>;
    choose(what: string, turns: readonly string[]): Steps<number>;
    any<T extends Pick<BitLock, 'object'>>(what: string, from: readonly T[]): Steps<T>;
    mutex(name: string, lockClass?: string): Mutex;
    rwsem(name: string): RwSemaphore;
    spinlock(name: string): Spinlock;
    bitLock(name: string): BitLock;
    completion(name: string): Completion;
    waitQueue(name: string): WaitQueue;
    timer(name: string, fn: () => Steps<unknown>): Timer;
    interrupt(name: string, handler: () => Steps<unknown>): Interrupt;
    softirq(name: string, handler: () => Steps<unknown>): Interrupt;
    variable(name: string, initial?: number): Variable;
    fifo(name: string, capacity: number): Fifo;
    token(name: string): MachineObject;
    shrinker(name: string, needs: number, scan: Scan, options?: ShrinkerOptions): void;
    drainAllPages(drain: () => Steps<unknown>): void;
    drainLocalPages(cpu: number): Steps<void>;
    memcg(name: string, options: MemcgOptions): Memcg;
    limitMemory(limit: MemoryLimit): void;
    oomVictim(name: string, exit?: () => Steps<unknown>): void;
    kmalloc(gfp: number): Steps<boolean>;
    freePages(): Steps<void>;
    mempool(name: string, elements: number): Mempool;
    kswapd(wanted?: Variable): void;
    gfp(restricted: number): number;
    workerPool(name: string, options?: PoolOptions): WorkerPool;
    workqueue(name: string, options?: WorkqueueOptions): Workqueue;
    work(name: string, fn: () => Steps<unknown>): Work;
    queueWork(queue: Workqueue, work: Work): Steps<boolean>;
    queueWorkOn(cpu: number, queue: Workqueue, work: Work): Steps<boolean>;
    flushWork(work: Work): Steps<void>;
    delayedWork(name: string, fn: () => Steps<unknown>): Work;
    queueDelayedWork(queue: Workqueue, work: Work): Steps<boolean>;
    modDelayedWork(queue: Workqueue, work: Work): Steps<boolean>;
    flushDelayedWork(work: Work): Steps<void>;
    drainWorkqueue(queue: Workqueue): Steps<void>;
    flushWorkqueue(queue: Workqueue): Steps<void>;
    cancelWorkSync(work: Work): Steps<void>;
    waitForWork(completion: Completion, work: Work): Steps<void>;
    page(name: string, options?: {
      readonly dirty?: boolean;
    }): Page;
    blockDevice(name: string, serve?: () => Steps<unknown>, flags?: TaskFlags): BlockDevice;
    journal(name: string, options?: JournalOptions): Journal;
    transaction(name: string): Transaction;
    get pressures(): readonly Pressure[];
    get hasSpareWorkers(): boolean;
    restrictions(row: Row, task: number): number;
    restrictionsName(restrictions: number): string;
    filtered(gfp: number, restrictions: number): number;
    requestName(gfp: number): string;
    seal(): Machine;
  }
  export interface MachineGrid extends GridOptions {
    readonly machines: readonly string[];
    readonly policies?: readonly string[];
    readonly parameters?: VariedParameters;
    readonly seeds?: number | readonly number[];
    readonly seconds?: number;
  }
  export class Memcg {
    readonly object: MachineObject;
    readonly pressure: Pressure;
    constructor({ machine, start, reclaim }: Parts$1, cgroups: Memcgs, name: string, { limit, charged: initial, oomVictims }: MemcgOptions);
    attach(task: Task): void;
    active<R>(section: () => Steps<R>): Steps<R>;
    oomVictim(name: string, exit?: () => Steps<unknown>): void;
    uncharge(): Steps<void>;
    charge(gfp: number): Steps<boolean>;
    force(): Steps<void>;
  }
  export interface MemcgOptions {
    readonly limit: number;
    readonly charged?: number;
    readonly oomVictims?: number;
  }
  export interface MemoryLimit {
    readonly pages: number;
    readonly reserve?: number;
    readonly onCpus?: readonly number[];
    readonly oomVictims?: number;
  }
  export class Mempool {
    readonly object: MachineObject;
    constructor(machine: Machine, tasks: TaskStates, memory: Memory, name: string, elements: number);
    alloc(gfp: number): Steps<boolean | null>;
    free(reserved: boolean | null): Steps<void>;
  }
  export class Mutex {
    readonly object: MachineObject;
    readonly isSpinlock = false;
    constructor(machine: Machine, tasks: TaskStates, name: string, lockClass?: string);
    lock(subclass?: number): Steps<void>;
    trylock(): Steps<boolean>;
    unlock(): Steps<void>;
    isHeldBy(row: Row, task: number): boolean;
  }
  export class Page {
    constructor(machine: Machine, tasks: TaskStates, name: string, dirty: boolean);
    lock(): Steps<void>;
    trylock(): Steps<boolean>;
    unlock(): Steps<void>;
    isDirty(): Steps<boolean>;
    setDirty(): Steps<void>;
    startWriteback(): Steps<void>;
    endWriteback(): Steps<void>;
    waitOnWriteback(): Steps<void>;
  }
  export type ParameterValue = number | string | boolean;
  export type ParameterValues = Readonly<Record<string, ParameterValue>>;
  export type Parameters = Readonly<Record<string, readonly ParameterValue[]>>;
  export interface Policy {
    readonly name: PolicyName;
    readonly explicit: boolean;
    readonly scope: boolean;
    readonly delegation: 'none' | 'convey-on-queue' | 'inherit-on-wait';
    readonly calleeScope: boolean;
    readonly separateQueues: boolean;
    readonly summary: string;
  }
  export type PolicyName = 'unrestricted' | 'explicit' | 'scope' | 'convey-on-queue' | 'inherit-on-wait' | 'callee-scope' | 'separate-queues';
  export interface PoolOptions {
    readonly workers?: number;
    readonly creates?: boolean;
    readonly most?: number;
  }
  export interface Pressure {
    readonly operation: Operation;
    readonly result: number;
    allows(outcome: number, isSpared: boolean): boolean;
    sparing<T>(search: () => T): T;
  }
  export class Process {
    readonly task: Task;
    constructor(machine: Machine, current: Current, start: StartKthread, name: string, body: () => Steps<unknown>);
    isStarted(row: Row): boolean;
    fork(): Steps<void>;
  }
  export class ReferenceList {
    constructor(machine: Machine, object: MachineObject, name: string);
    grow(by: number): void;
    push(row: Row, reference: number): boolean;
    find(row: Row, holds: (reference: number) => boolean): number;
    includes(row: Row, reference: number): boolean;
    isEmpty(row: Row): boolean;
    all(row: Row): number[];
    remove(row: Row, reference: number): boolean;
    clear(row: Row): void;
  }
  export class RwSemaphore {
    readonly object: MachineObject;
    readonly isSpinlock = false;
    constructor(machine: Machine, tasks: TaskStates, name: string);
    grow(tasks: number): void;
    isHeldBy(row: Row, task: number): boolean;
    downWrite(): Steps<void>;
    downRead(): Steps<void>;
    downWriteTrylock(): Steps<boolean>;
    downReadTrylock(): Steps<boolean>;
    upWrite(): Steps<void>;
    downgradeWrite(): Steps<void>;
    upRead(): Steps<void>;
  }
  export const SHRINK_STOP = -1;
  export interface SampledGrid extends ScenarioGrid {
    readonly seeds?: number | readonly number[];
    readonly executions?: number;
    readonly strategy?: 'pct' | 'random';
  }
  export type Scan = (gfp: number, priority: number) => Steps<unknown>;
  export interface Scenario extends Description {
    readonly build: (kernel: Kernel) => void;
    readonly parameters?: Parameters;
    readonly values?: ParameterValues;
    readonly at?: (chosen: Chosen) => Scenario;
  }
  export interface ScenarioGrid extends GridOptions {
    readonly scenarios: readonly string[];
    readonly policies?: readonly PolicyName[];
    readonly parameters?: VariedParameters;
  }
  export interface ScenarioResult {
    readonly policy: PolicyName;
    readonly verdict: CheckResult['verdict'];
    readonly bound: keyof typeof DEFAULT_LIMITS | null;
    readonly states: number;
    readonly transitions: number;
    readonly depth: number;
    readonly counterexample: Counterexample | null;
    readonly lockdep: readonly string[];
  }
  export interface ScenarioSpec<P extends Parameters = Parameters> extends Description {
    readonly parameters?: P;
    readonly build: (kernel: Kernel, values: ValuesOf<P>) => void;
  }
  export interface Schedule {
    readonly policy: PolicyName;
    readonly token: string;
  }
  export class Scopes {
    constructor(current: Current, policy: Policy);
    memallocNofsSave(): Steps<TaskFlags>;
    memallocNofsRestore(saved: TaskFlags): Steps<void>;
    memallocNoioSave(): Steps<TaskFlags>;
    memallocNoioRestore(saved: TaskFlags): Steps<void>;
    saveFlags(mask: TaskFlags): Steps<TaskFlags>;
    restoreFlags(mask: TaskFlags, saved: TaskFlags): Steps<void>;
    open(mask: TaskFlags): Steps<TaskFlags>;
    close(mask: TaskFlags, saved: TaskFlags): Steps<void>;
    section<R>(mask: TaskFlags, section: () => Steps<R>): Steps<R>;
    calleeSection<R>(mask: TaskFlags, section: () => Steps<R>): Steps<R>;
    forLife(mask: TaskFlags): TaskFlags;
  }
  export interface ShrinkerOptions {
    readonly memcgAware?: boolean;
  }
  export class Spinlock {
    readonly object: MachineObject;
    readonly isSpinlock = true;
    constructor(machine: Machine, tasks: TaskStates, name: string);
    isHeldBy(row: Row, task: number): boolean;
    lock(): Steps<void>;
    unlock(): Steps<void>;
    lockBh(): Steps<void>;
    unlockBh(): Steps<void>;
    lockIrqsave(): Steps<void>;
    unlockIrqrestore(): Steps<void>;
  }
  export interface SweepPlan {
    readonly check?: ScenarioGrid;
    readonly sample?: SampledGrid;
    readonly simulate?: MachineGrid;
  }
  export class Timer {
    readonly object: MachineObject;
    constructor({ machine, tasks, interrupts }: Parts, name: string, fn: () => Steps<unknown>);
    mod(): Steps<boolean>;
    delete(): Steps<boolean>;
    deleteSync(): Steps<boolean>;
  }
  export class Transaction {
    readonly object: MachineObject;
    constructor(machine: Machine, tasks: TaskStates, scopes: Scopes, name: string);
    setContext(): Steps<void>;
    clearContext(): Steps<void>;
    switchContext(next: Transaction): Steps<void>;
    inContext<R>(section: () => Steps<R>): Steps<R>;
  }
  export type ValuesOf<P extends Parameters> = {
    readonly [K in keyof P]: P[K][number];
  };
  export class Variable {
    readonly object: MachineObject;
    constructor(machine: Machine, tasks: TaskStates, name: string, initial: number);
    get(): Steps<number>;
    set(value: number): Steps<void>;
    add(by: number): Steps<void>;
    waitUntil(value: number): Steps<void>;
    waitUntilTimeout(value: number): Steps<boolean>;
    waitWhile(value: number): Steps<void>;
    exchange(from: number, to: number): Steps<void>;
    takeOne(name: string): Operation;
  }
  export type VariedParameters = Readonly<Record<string, ParameterValue | readonly ParameterValue[] | 'all'>>;
  export class WaitQueue {
    readonly object: MachineObject;
    constructor(machine: Machine, tasks: TaskStates, name: string);
    prepare(): Steps<void>;
    prepareExclusive(): Steps<void>;
    schedule(): Steps<void>;
    scheduleTimeout(): Steps<boolean>;
    finish(): Steps<void>;
    waitEvent(condition: () => Steps<boolean>): () => Steps<void>;
    waitEventExclusive(condition: () => Steps<boolean>): () => Steps<void>;
    waitEventTimeout(condition: () => Steps<boolean>): () => Steps<boolean>;
    wakeUp(): Steps<void>;
    wakeUpNr(count: number): Steps<void>;
    wakeUpAll(): Steps<void>;
    grow(tasks: number): void;
  }
  export interface Waiting extends Waiting$1 {
    readonly restrictions: string;
  }
  export class Work {
    readonly object: MachineObject;
    readonly fn: () => Steps<unknown>;
    readonly pending: Field;
    readonly timer: Field;
    readonly canceling: Field;
    readonly worker: Field;
    readonly queue: Field;
    readonly runsFrom: Field;
    readonly conveyed: Field;
    readonly pendingBarriers: ReferenceList;
    readonly runningBarriers: ReferenceList;
    readonly isDelayed: boolean;
    constructor(machine: Machine, name: string, fn: () => Steps<unknown>, isDelayed: boolean);
  }
  export class WorkerPool {
    readonly object: MachineObject;
    readonly options: PoolOptions;
    readonly list: ReferenceList;
    readonly busy: Field;
    readonly created: Field;
    readonly manager: Field;
    threads: number;
    spare: {
      readonly task: number;
      readonly isThere: Field;
    } | null;
    readonly wakeUpNewTask: Operation;
    readonly waitForWorker: Operation;
    constructor(machine: Machine, object: MachineObject, options: PoolOptions);
    size(row: Row, items: number): number;
    most(row: Row): number;
    isAway(row: Row, task: number): boolean;
  }
  export class Workqueue {
    readonly cpus: Workqueue[];
    readonly whole: Workqueue;
    readonly inactive: ReferenceList;
    readonly scheduled: ReferenceList | null;
    readonly active: Field;
    restricted: Workqueue | null;
    drain: () => Steps<unknown>;
    readonly own: Map<number, Workqueue>;
    readonly object: MachineObject;
    readonly pool: WorkerPool;
    readonly memReclaim: boolean;
    readonly maxActive: number;
    constructor(machine: Machine, object: MachineObject, { pool, memReclaim, maxActive, rescuesAllAtOnce, whole }: WorkqueueParts);
    get parts(): readonly Workqueue[];
  }
  export interface WorkqueueOptions {
    readonly memReclaim?: boolean;
    readonly rescuesAllAtOnce?: boolean;
    readonly maxActive?: number;
    readonly pool?: WorkerPool;
    readonly cpus?: readonly WorkerPool[];
  }
  export const __GFP_NOLOCKDEP: number;
  export function checkScenario(given: Scenario, options?: CheckOptions): ScenarioResult;
  export function plan(description: SweepPlan): SweepPlan;
  export function scenario<const P extends Parameters = Record<never, never>>(spec: ScenarioSpec<P>): Scenario;
  export function scenario(defined: Scenario): Scenario;
  export {
  GFP_KERNEL,
  GFP_KERNEL_ACCOUNT,
  GFP_NOFS,
  GFP_NOIO,
  PF_KSWAPD,
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  TaskFlags,
  __GFP_ACCOUNT,
  __GFP_FS,
  __GFP_HIGH,
  __GFP_IO,
  __GFP_KSWAPD_RECLAIM,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
  } from '@scopemask/allocator';
  export {
  Steps,
  } from '@scopemask/checker';
}

declare module '@scopemask/kernel-sim/audit' {
  export interface AuditFacts {
    readonly time: TimeFacts;
    readonly events: Readonly<Partial<Record<EventName, number>>>;
    readonly withStack: number;
    readonly tasks: TaskFacts;
    readonly requests: RequestFacts;
    readonly agreement: AgreementFacts;
    readonly pages: PageFacts;
    readonly callSites: CallSiteFacts;
    readonly work: WorkFacts;
    readonly workTimes: readonly WorkTimesFact[];
    readonly waits: readonly WaitFact[];
    readonly reclaim: ReclaimFacts;
  }
  export interface AuditOptions {
    readonly name?: string;
    readonly onProgress?: (bytes: number) => void;
  }
  export interface AuditReport extends AuditFacts {
    readonly reading: Reading;
    readonly recordings: readonly Reading[];
    readonly verdict: Verdict;
    readonly meaning: readonly string[];
    readonly source?: SourceFacts | undefined;
    readonly lines?: LinesFact | undefined;
    readonly workList: readonly Task[];
    readonly stacks: readonly RequestStack[];
  }
  export interface Reading {
    readonly name: string;
    readonly compression: Compression | 'several';
    readonly format: TraceFormat | 'several';
    readonly bytes: number;
    readonly lines: number;
    readonly blank: number;
    readonly events: number;
    readonly ignored: number;
    readonly lost: number;
    readonly gaps: number;
    readonly uncountedGaps: number;
    readonly lostByCpu: readonly LostOnCpu[];
    readonly strayStacks: number;
    readonly clock: 'seconds' | 'ticks' | 'several';
    readonly kernel: KernelVersion;
    readonly recorders: readonly RecorderNote[];
    readonly damaged: number;
    readonly damage: readonly DamageCount[];
  }
  export interface Verdict {
    readonly agrees: boolean;
    readonly damaged: boolean;
    readonly lost: boolean;
    readonly lostScopes: number;
  }
  export function auditTrace(bytes: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, { name, onProgress }?: AuditOptions): Promise<AuditReport>;
  export {
  InputError,
  } from '@scopemask/kernel-sim';
}

declare module '@scopemask/kernel-sim/cases' {
  export const CASES: readonly Case[];
  export interface Case {
    readonly number: string;
    readonly scenario: Scenario;
  }
}

declare module '@scopemask/kernel-sim/workbench' {
  export interface CaseRow {
    readonly number: string;
    readonly name: string;
    readonly summary: string;
    readonly source: string;
    readonly history?: History;
    readonly values?: ParameterValues;
    readonly cells: readonly Cell[];
    readonly seconds: number;
  }
  export interface Cell {
    readonly policy: string;
    readonly inapplicable?: string;
    readonly result?: CheckResult;
    readonly sampled?: Counterexample | null;
    readonly lockdep?: readonly Splat[];
    readonly lockdepStates?: number;
    readonly warnings?: readonly string[];
    readonly fates?: Fates;
    readonly repairs?: Repairs;
    readonly fairness?: FairnessResult;
    readonly reductions?: Reductions;
  }
  export interface Deed {
    readonly stack: readonly string[];
    readonly does: string;
    readonly on: string;
    readonly holding: readonly string[];
  }
  export interface Exhibit {
    readonly address: string;
    readonly scenario: string;
    readonly isBundled: boolean;
    readonly values: ParameterValues | undefined;
    readonly policy: string;
    readonly verdict: string;
    readonly counterexample: Counterexample;
    readonly fates: Fates | undefined;
    readonly story: Story;
    readonly parting: (Parting & {
      readonly policy: string;
    }) | null;
    readonly lockOrder: readonly LockOrder[];
    readonly splats: readonly string[];
  }
  export const POLICIES: readonly Policy[];
  export interface Terrain {
    readonly scenario: Scenario;
    readonly policy: Policy;
    readonly watch?: Watch | undefined;
  }
  export interface Walk {
    readonly scenario: string;
    readonly policy: string;
    readonly way: Way;
    readonly taken: string;
    readonly standing: 'going' | 'ended' | 'deadlock';
    readonly stacks: readonly (readonly string[])[];
    readonly moves: readonly Move[];
    readonly blocked: readonly Blockade[];
    readonly story: Story;
  }
  export interface Way {
    readonly token: string;
    readonly at: number;
  }
  export function about({ number, scenario }: Case): Omit<CaseRow, 'cells' | 'seconds'>;
  export function cellOf({ scenario }: Case, policy: Policy, { search: options, reductions, repair, fair, onProgress, crew, watch, run }: CellOptions): Promise<Cell>;
  export function deedsOf(scenario: Scenario, policy: Policy): Deed[];
  export function exhibitsOf(row: CaseRow, scenario: Scenario, which: 'all' | 'smallest'): Exhibit[];
  export function policyNamed(name: string): Policy;
  export function walkOf(terrain: Terrain, { token, at }: Way, take?: number): Walk;
  export {
  Policy,
  PolicyName,
  } from '@scopemask/kernel-sim';
}

declare module '@scopemask/kernel-sim/pages' {
  export const HTML_STYLE = "\n:root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de; --stripe: #f6f8fa;\n  --link: #0550ae; --good: #116329; --bad: #a40e26; --unsure: #7d4e00 }\n@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --text: #e6edf3; --soft: #9da7b3; --line: #3d444d;\n  --stripe: #161b22; --link: #79b8ff; --good: #56d364; --bad: #ff8a80; --unsure: #e3b341 } }\n* { box-sizing: border-box }\nbody { margin: 0 auto; max-width: 88rem; padding: 1rem 1.5rem 4rem; background: var(--back); color: var(--text);\n  font: 1rem/1.5 system-ui, sans-serif }\nh1 { font-size: 1.6rem; overflow-wrap: anywhere }\nh2 { font-size: 1.25rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line) }\na { color: var(--link) }\np, li { max-width: 75ch } p, li, h2, figcaption { overflow-wrap: anywhere } nav ul { columns: 24rem; column-gap: 2.5rem }\ncode { font: .875em/1.5 ui-monospace, monospace; unicode-bidi: isolate }\ntd code, th code { white-space: nowrap }\n.scroll { overflow: auto; margin: 1rem 0 }\n.scroll:has(> table) { max-height: 85vh }\n.marks { font-size: 1.15rem; margin: .5rem 0 } .marks span { display: inline-block }\ntable { border-collapse: collapse; font-size: .875rem }\ncaption { text-align: left; color: var(--soft); padding-bottom: .25rem; white-space: nowrap }\nth, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; font-weight: normal;\n  border-bottom: 1px solid var(--line) }\nthead th { font-weight: 600; vertical-align: bottom; position: sticky; top: 0; z-index: 1; background: var(--back);\n  box-shadow: inset 0 -1px var(--line) }\ntbody tr:nth-child(even):not(.stacks) { background: var(--stripe) } .stacks td { padding-left: 1rem }\n.stacks details { display: inline-block; vertical-align: top; margin-right: 1rem } .stacks details[open] { display: block }\n.stacks code { white-space: normal; overflow-wrap: anywhere }\n.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }\n.share { display: flex; justify-content: space-between; align-items: center; gap: .75rem }\n.good { color: var(--good) } .bad { color: var(--bad); font-weight: 600 } .unsure { color: var(--unsure) }\n.soft { color: var(--soft) }\nbutton { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer;\n  text-decoration: underline dotted }\n[aria-sort=ascending] button::after { content: ' \u2191' / '' } [aria-sort=descending] button::after { content: ' \u2193' / '' }\n.filter { margin: 1rem 0 -0.5rem }\ninput { font: inherit; color: inherit; background: var(--back); border: 1px solid var(--soft); border-radius: .25rem }\n:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }\nsummary { cursor: pointer; white-space: nowrap }\ndetails ol { margin: .25rem 0 .75rem; padding-left: 2.5rem }\nh3 { font-size: 1.05rem; margin: 2rem 0 .5rem }\npre { font: .8rem/1.4 ui-monospace, monospace; margin: 0 }\n:root { --k0: #0550ae; --k1: #a0400e; --k2: #116329; --k3: #8250df; --k4: #a40e26; --k5: #0a6c74; --k6: #7d4e00; --k7: #99286e;\n  --lane-a: #f3f5f8; --lane-b: #fafbfc; --slice: #ffffffa0; --now: #fff3b0 }\n@media (prefers-color-scheme: dark) { :root { --k0: #79b8ff; --k1: #ffa657; --k2: #56d364; --k3: #d2a8ff; --k4: #ff8a80; --k5: #56d4dd;\n  --k6: #e3b341; --k7: #ff9bce; --lane-a: #161b22; --lane-b: #12161d; --slice: #ffffff0c; --now: #4a3f00 } }\n.k0 { --k: var(--k0) } .k1 { --k: var(--k1) } .k2 { --k: var(--k2) } .k3 { --k: var(--k3) } .k4 { --k: var(--k4) }\n.k5 { --k: var(--k5) } .k6 { --k: var(--k6) } .k7 { --k: var(--k7) } .kunknown { --k: var(--soft) }\nfigure { margin: 1rem 0; max-width: 100% } figcaption { color: var(--soft); font-size: .875rem }\nfigure .scroll { margin: .25rem 0 }\n.pictures { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: flex-start }\n.picture { display: block; font: 11px ui-monospace, monospace }\n.picture text { fill: var(--text) } .picture .lane-name { font-weight: 600; font-size: 12px }\n.picture a { text-decoration: none } .picture a:hover text, .picture a:focus-visible text { text-decoration: underline }\n.picture .link, .picture .step-number { fill: var(--link) }\n.lane-even { fill: var(--lane-a) } .lane-odd { fill: var(--lane-b) }\n.slice { fill: var(--slice); stroke: var(--line) } .picture .frame-name { fill: var(--soft); font-style: italic }\n.thread { stroke: var(--line); fill: none } .dot { fill: var(--text) }\n.bar { stroke: var(--k) } .tag { fill: var(--k) } .picture .on-tag { fill: var(--back); font-weight: 700; font-size: 10px }\n.wash { fill: var(--k); opacity: .25 } .hatch { stroke: var(--k); fill: var(--k); stroke-width: 1.2; fill-opacity: 0 }\n.arrow { fill: none; stroke: var(--link); stroke-width: 1.4; opacity: .6 } .arrow.wakes { stroke-dasharray: 5 3 }\n.head { fill: var(--link) } .edge .head { fill: var(--soft) } .strong-head { fill: var(--bad) }\n.sleep { stroke: var(--soft); stroke-width: 3; stroke-dasharray: 2 4; fill: none } .sleep.for-ever { stroke: var(--bad) }\n.lost path { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 7 4 } .picture .lost text { fill: var(--bad); font-size: 10px; paint-order: stroke; stroke: var(--back); stroke-width: 3px }\n.picture .end-text { fill: var(--bad); font-weight: 600 } .picture .still .end-text { fill: var(--soft); font-weight: 400 } .picture .good-end text { fill: var(--good); font-weight: 600 }\n.cursor { fill: none } .now .cursor { fill: var(--now); opacity: .6 } tr.now > * { background: var(--now) }\n.later { opacity: .35 }\n.node rect { fill: var(--stripe); stroke: var(--soft) } .node.task rect { stroke-width: 1.6; stroke: var(--text) }\n.node .tag { fill: var(--k); stroke: none }\n.edge path, .arc path { fill: none; stroke: var(--soft); stroke-width: 1.4 } .edge.strong path, .arc path { stroke: var(--bad); stroke-width: 2 }\n.picture .edge text, .picture .arc text { paint-order: stroke; stroke: var(--back); stroke-width: 4px; stroke-linejoin: round }\n.picture .edge text { fill: var(--soft); font-size: 10px } .picture .arc .on-tag { stroke: none }\n.picture .axis { fill: var(--soft); font-size: 10.5px } .grid { stroke: var(--line); stroke-width: .6; opacity: .7 } .rule { stroke: var(--soft); fill: none }\n.series { fill: none; stroke: var(--k); stroke-width: 1.6; stroke-linejoin: round } .dash1 { stroke-dasharray: 7 3 } .dash2 { stroke-dasharray: 2.5 2.5 } .dash3 { stroke-dasharray: 9 3 2 3 }\n.level { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 1 3; fill: none } .leader { stroke: var(--k, var(--soft)); fill: none; opacity: .5 }\n.picture .series-name { fill: var(--k, var(--soft)) } .moment path { stroke: var(--bad); stroke-dasharray: 4 3 } .picture .moment text { fill: var(--bad) }\n.bar-of { fill: var(--k); opacity: .75 } .quantile path { stroke: var(--text); stroke-dasharray: 2 2 } .picture .quantile text { font-size: 10px }\n.whisker { stroke: var(--k); stroke-width: 1.4 } .mark { stroke: var(--k); stroke-width: 1.4 } .mark.real { fill: var(--k) } .mark.unreal { fill: var(--back) }\n.rail { fill: none; stroke-width: 3 } .bad-rail { stroke: var(--bad) } .good-rail { stroke: var(--good) } .tie { stroke: var(--line) }\n.rail-row.parts .step { font-weight: 700 } .rail-row.own .step { font-style: italic }\n.stepper { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; background: var(--back);\n  border-bottom: 1px solid var(--line); padding: .5rem 0 }\n.stepper button { text-decoration: none; border: 1px solid var(--soft); border-radius: .25rem; padding: 0 .6rem }\n.stepper output { font: .8rem ui-monospace, monospace }\n.flame-all { fill: var(--stripe); stroke: var(--line) } .flame-scope { fill: var(--k); fill-opacity: .55 }\n.flame-box { fill: var(--k); fill-opacity: .22 } .flame g:hover > .flame-box { fill-opacity: .4 } .bar-box { fill: var(--k); fill-opacity: .8 }\n@media print { @page { margin: 12mm } body { max-width: none; padding: 0; font-size: .875rem } .filter, .stepper { display: none }\n  .scroll, .scroll:has(> table) { overflow: visible; max-height: none } thead th { position: static }\n  figure, tr { break-inside: avoid } h2, h3, figcaption, caption { break-after: avoid }\n  .pictures { display: block } .picture { max-width: 100%; height: auto }\n  table { width: 100%; font-size: .65rem } caption, td code, th code, .number, summary { white-space: normal }\n  code { overflow-wrap: anywhere } th, td { overflow-wrap: break-word; padding-right: .4rem } pre { white-space: pre-wrap; overflow-wrap: anywhere } }\n";
  export class Html {
    constructor(text: string);
    toString(): string;
  }
  export type HtmlValue = Html | string | number | readonly HtmlValue[];
  export function checkHtml(row: CaseRow, exhibits: readonly Exhibit[]): Html;
  export function exhibitHtml(exhibit: Exhibit): Html;
  export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html;
  export function number(value: number): string;
  export function plural(count: number, one: string, many?: string): string;
  export function walkHtml(id: string, walk: Walk): Html;
}

declare module '@scopemask/kernel-sim/machine' {
  export interface Fault {
    readonly type: string;
    readonly at: string;
    readonly [parameter: string]: string | number | undefined;
  }
  export interface LibraryWorkload {
    readonly type: string;
    readonly [parameter: string]: string | number | boolean | undefined;
  }
  export const MS = 1000000;
  export interface Machine {
    readonly name?: string;
    readonly memory: string;
    readonly cpus?: number;
    readonly disk?: Readonly<Record<string, string | number>>;
    readonly filesystem?: 'ext4';
    readonly sysctls?: Readonly<Record<string, number>>;
    readonly swap?: Readonly<Record<string, string | number>>;
    readonly kernel?: '6.1' | '6.18';
    readonly cma?: readonly {
      readonly name?: string;
      readonly size: string;
    }[];
    readonly lru_gen?: boolean;
    readonly cgroups?: Readonly<Record<string, Readonly<Record<string, string | boolean>>>>;
    readonly seconds?: number;
    readonly seed?: number;
    readonly runs?: number;
    readonly policies?: readonly string[];
    readonly workloads: Readonly<Record<string, Workload | OwnWorkload | LibraryWorkload>>;
    readonly scenario?: string;
    readonly faults?: readonly Fault[];
  }
  export interface MachineOptions {
    readonly policy?: string;
    readonly seed?: number;
    readonly seconds?: number;
    readonly scenario?: Scenario;
  }
  export interface Mapping {
    readonly size: number;
  }
  export interface OpenedFile {
    readonly path: string;
    readonly size: number;
  }
  export interface OwnWorkload {
    readonly run: Workload;
    readonly start?: string;
    readonly stop?: string;
    readonly processes?: number;
    readonly nofs?: boolean;
    readonly main?: boolean;
    readonly cgroup?: string;
    readonly oom_score_adj?: number;
  }
  export class Process {
    readonly name: string;
    readonly stop: number;
    get now(): number;
    get over(): boolean;
    get killed(): boolean;
    random(below: number): number;
    open(path: string, { size, random }?: {
      readonly size?: number;
      readonly random?: boolean;
    }): Steps<OpenedFile>;
    create(path: string): Steps<OpenedFile>;
    read(file: OpenedFile, offset: number, length: number): Steps<number>;
    write(file: OpenedFile, offset: number, length: number): Steps<number>;
    fsync(file: OpenedFile): Steps;
    unlink(path: string): Steps;
    stat(path: string): Steps<boolean>;
    map(size: number): Mapping;
    touch(mapping: Mapping, offset?: number, length?: number): Steps<boolean>;
    unmap(): Steps;
    compute(time: number): Steps;
    sleep(time: number): Steps;
    measure<T>(steps: Steps<T>, bytes?: number): Steps<T>;
    phase(): void;
  }
  export const SECOND = 1000000000;
  export interface SimulationResult extends Measured {
    readonly machine: string;
    readonly policy: string;
    readonly seed: number;
    readonly seconds: number;
    readonly workloads: readonly string[];
    readonly facts: Facts;
    readonly latencies: readonly LatencyHistogram[];
    readonly samples: readonly Sample[];
    readonly kills: readonly Kill[];
    readonly hang: Hang | null;
    readonly stuck: readonly Stuck[];
    readonly proc: ProcFiles;
    readonly cgroups?: readonly CgroupResult[];
    readonly cgroupFiles?: Readonly<Record<string, string>>;
    readonly dmesg: string;
  }
  export type Steps<T = void> = LiveSteps<T>;
  export const US = 1000;
  export type Workload = (os: Process) => Steps;
  export function machine(description: Machine): Machine;
  export function simulateMachine(description: Machine, options?: MachineOptions): SimulationResult;
  export {
  InputError,
  } from '@scopemask/kernel-sim';
}
