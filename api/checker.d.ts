declare module '@scopemask/checker' {
  export interface Blocked {
    readonly task: string;
    readonly what: string;
    readonly for: readonly string[];
    readonly place: string;
  }
  export class Call {
    readonly procedure: ProcedureLike;
    readonly args: readonly Value[];
    constructor(procedure: ProcedureLike, args: readonly Value[]);
  }
  export class Channel<T> implements Observable<readonly T[]> {
    readonly object: MachineObject;
    constructor(machine: Machine, name: string, capacity: number, domain: Domain<T>);
    send(value: T): Steps<void>;
    trySend(value: T): Steps<boolean>;
    receive(): Steps<T>;
    observe(row: Row): readonly T[];
  }
  export interface CheckResult {
    readonly verdict: Verdict;
    readonly claim: string;
    readonly counterexample: Counterexample | null;
    readonly witnesses: readonly Witness[];
    readonly states: number;
    readonly search: SearchResult;
  }
  export class Condition implements Observable<number> {
    readonly object: MachineObject;
    constructor(machine: Machine, name: string, sleepers: Sleepers);
    wait(mutex: Mutex): Steps<void>;
    signal(): Steps<void>;
    broadcast(): Steps<void>;
    observe(row: Row): number;
  }
  export class Counter extends Variable<number> {
    constructor(machine: Machine, name: string, initial: number);
    add(by: number): Steps<number>;
  }
  export interface Counterexample {
    readonly steps: readonly ScheduleStep[];
    readonly loop: readonly ScheduleStep[];
    readonly token: string;
    readonly waiting: readonly Waiting[];
    readonly cycle: readonly string[];
    readonly graph: WaitForGraph;
  }
  export interface Domain<T> {
    readonly refers: boolean;
    encode(value: T, holder: MachineObject): number;
    decode(held: number): T;
  }
  export class Exploration {
    constructor(machine: Machine, ahead?: readonly Choice[]);
    get steps(): ScheduleStep[];
    get standing(): Standing;
    moves(): Move[];
    blocked(): Blocked[];
    graph(): WaitForGraph;
    violations(): string[];
    get state(): State;
    get tasks(): readonly Task[];
    get token(): string;
    take(move: number): void;
    forward(): boolean;
    back(): boolean;
  }
  export interface FairnessResult {
    readonly verdict: 'fair' | 'starvation' | 'bounded';
    readonly bound: keyof Limits | null;
    readonly starvations: readonly Starvation[];
    readonly states: number;
  }
  export interface Limits {
    readonly maxStates?: number;
    readonly maxDepth?: number;
    readonly maxSeconds?: number;
    readonly maxMegabytes?: number;
    readonly maxGigabytes?: number;
  }
  export class MachineObject {
    readonly id: number;
    readonly name: string;
    readonly membership: Membership | null;
    readonly fields: Field[];
    readonly kin: number;
    constructor(id: number, name: string, membership: Membership | null);
    get reference(): number;
    toString(): string;
  }
  export class Misuse extends Error {
    readonly place: string;
    constructor(message: string, options?: ErrorOptions & {
      readonly place?: string;
    });
  }
  export interface Model {
    readonly name: string;
    machine(): Machine;
  }
  export class ModelBuilder {
    task(name: string, body: () => Steps<unknown>): Task;
    daemon(name: string, body: () => Steps<unknown>): Task;
    replicate<T>(name: string, size: number, build: (replica: number) => T): T[];
    procedure<A extends readonly Value[], R>(name: string, body: (...args: A) => Steps<R>): (...args: A) => Steps<R>;
    loop<R>(name: string, body: () => Steps<R | undefined>): () => Steps<R>;
    choose<T extends Plain>(what: string, turns: readonly T[]): Steps<T>;
    any<T extends Pick<Observable<unknown>, 'object'>>(what: string, from: readonly T[]): Steps<T>;
    counter(name: string, initial?: number): Counter;
    variable(name: string, initial: boolean): Variable<boolean>;
    variable<T extends Plain | null>(name: string, initial: NoInfer<T>, values: readonly T[]): Variable<T>;
    mutex(name: string): Mutex;
    semaphore(name: string, permits: number): Semaphore;
    condition(name: string): Condition;
    channel(name: string, capacity: number): Channel<number>;
    channel(name: string, capacity: number, values: 'objects'): Channel<MachineObject>;
    channel<T extends Plain>(name: string, capacity: number, values: readonly T[]): Channel<T>;
    token(name: string): MachineObject;
    timer(name: string, onExpiry?: () => Steps<unknown>): Timer;
    always(name: string, holds: (state: State) => unknown): void;
    sometimes(name: string, holds: (state: State) => unknown): void;
    atEnd(name: string, holds: (state: State) => unknown): void;
    assert(holds: boolean, assertion: string): Steps<void>;
  }
  export interface Move {
    readonly task: string;
    readonly operation: string;
    readonly result: string;
    readonly place: string;
  }
  export class Mutex implements Observable<boolean> {
    readonly object: MachineObject;
    constructor(machine: Machine, name: string);
    lock(): Steps<void>;
    tryLock(): Steps<boolean>;
    unlock(): Steps<void>;
    take(row: Row, task: number): boolean;
    drop(row: Row, task: number): void;
    isHeldBy(row: Row, task: number): boolean;
    checkReturn(row: Row, task: number): void;
    observe(row: Row): boolean;
  }
  export interface Observable<T> {
    readonly object: MachineObject;
    observe(row: Row): T;
  }
  export type Plain = string | number | boolean;
  export interface SampleOptions {
    readonly strategy: Strategy;
    readonly executions: number;
    readonly seed: number;
    readonly maxSteps?: number;
    readonly changes?: number;
  }
  export interface SampleResult {
    readonly verdict: 'deadlock' | 'violation' | null;
    readonly claim: string;
    readonly counterexample: Counterexample | null;
  }
  export interface ScheduleStep {
    readonly task: string;
    readonly operation: string;
    readonly result: string;
    readonly stack: readonly string[];
    readonly place: string;
  }
  export interface SearchOptions extends Limits {
    readonly partialOrder?: boolean;
    readonly symmetry?: boolean;
    readonly allDeadlocks?: boolean;
    readonly livelocks?: boolean;
    readonly allows?: Allows;
    readonly from?: readonly Pick<MicroStep, 'task' | 'outcome'>[];
    readonly hashCompact?: boolean;
    readonly store?: Store | undefined;
    readonly crew?: Helpers | undefined;
    readonly onProgress?: (states: number, depth: number) => void;
  }
  export interface SearchResult {
    readonly verdict: Verdict;
    readonly bound: keyof Limits | null;
    readonly states: number;
    readonly transitions: number;
    readonly depth: number;
    readonly deadlocks: readonly number[];
    readonly livelocks: boolean;
    readonly livelock: number | null;
    readonly loop: readonly number[];
    readonly violation: ViolationFound | null;
    readonly witnesses: readonly (number | null)[];
    readonly misuse: {
      readonly error: Misuse;
      readonly state: number;
    } | null;
    readonly missed: number;
    readonly bytes: number;
    readonly seconds: number;
  }
  export class Semaphore implements Observable<number> {
    readonly object: MachineObject;
    constructor(machine: Machine, name: string, permits: number);
    acquire(): Steps<void>;
    tryAcquire(): Steps<boolean>;
    release(): Steps<void>;
    observe(row: Row): number;
  }
  export type Standing = 'going' | 'ended' | 'deadlock' | 'violation';
  export interface Starvation {
    readonly task: string;
    readonly kind: StarvationKind;
    readonly counterexample: Counterexample;
  }
  export type StarvationKind = 'passed over' | 'goes round' | 'waits';
  export interface State {
    get<T>(object: Observable<T>): T;
    isDone(task: Task): boolean;
  }
  export type Steps<R> = Generator<Operation | Call, R, unknown>;
  export type Strategy = 'random' | 'pct';
  export class Task extends MachineObject {
    readonly index: number;
    readonly position: Field;
    readonly daemon: boolean;
    readonly root: ProcedureLike;
    onReturn: ((row: Row, task: number) => void) | null;
    constructor(id: number, name: string, membership: Membership | null, { index, position, daemon, root }: Pick<Task, 'index' | 'position' | 'daemon' | 'root'>);
  }
  export class Timer implements Observable<TimerState> {
    readonly object: MachineObject;
    constructor(machine: Machine, name: string);
    fires(): Steps<void>;
    start(): Steps<void>;
    cancel(): Steps<boolean>;
    hasExpired(): Steps<boolean>;
    expired(): Steps<void>;
    observe(row: Row): TimerState;
  }
  export type TimerState = 'idle' | 'running' | 'expired';
  export type Value = number | string | boolean | undefined | null | MachineObject;
  export class Variable<T> implements Observable<T> {
    readonly object: MachineObject;
    protected readonly domain: Domain<T>;
    protected readonly field: Field;
    constructor(machine: Machine, name: string, initial: T, domain: Domain<T>);
    get(): Steps<T>;
    set(value: T): Steps<void>;
    exchange(value: T): Steps<T>;
    compareAndSet(expected: T, value: T): Steps<boolean>;
    until(value: T): Steps<void>;
    untilNot(value: T): Steps<void>;
    observe(row: Row): T;
    protected encode(value: T): number;
  }
  export type Verdict = 'safe' | 'safe*' | 'deadlock' | 'livelock' | 'violation' | 'bounded';
  export interface ViolationFound {
    readonly claim: string;
    readonly state: number;
  }
  export interface WaitForEdge {
    readonly from: number;
    readonly to: number;
    readonly kind: 'waits-for' | 'ended-by';
    readonly onCycle: boolean;
  }
  export interface WaitForGraph {
    readonly nodes: readonly WaitForNode[];
    readonly edges: readonly WaitForEdge[];
  }
  export interface WaitForNode {
    readonly id: number;
    readonly kind: 'task' | 'object';
    readonly name: string;
  }
  export interface Waiting extends Omit<Waiter, 'task' | 'for' | 'objects'> {
    readonly task: string;
    readonly for: readonly string[];
    readonly place: string;
  }
  export interface Witness {
    readonly claim: string;
    readonly token: string;
  }
  export function check(subject: Model | Machine, options?: SearchOptions): CheckResult;
  export function checkFairness(subject: Model | Machine, limits?: Limits): FairnessResult;
  export function counterexample(machine: Machine, token: string, execution?: Execution): Counterexample;
  export function explained(search: Search, result: SearchResult): CheckResult;
  export function explore(subject: Model | Machine): Exploration;
  export function lookAround(machine: Machine): readonly Program[];
  export function model(name: string, build: (build: ModelBuilder) => void): Model;
  export function rehearsed({ machine, stepper }: Search, { verdict }: Pick<CheckResult, 'verdict'>, build: () => Machine): void;
  export function replay(subject: Model | Machine, token: string): Exploration;
  export function sample(subject: Model | Machine, options: SampleOptions): SampleResult;
  export function tokenFound(search: Search, result: SearchResult): string | null;
}

declare module '@scopemask/checker/machine' {
  export type Action = {
    readonly kind: 'operation';
    readonly operation: Operation;
  } | {
    readonly kind: 'call';
    readonly automaton: Automaton;
  } | {
    readonly kind: 'return';
    readonly value: number;
  };
  export class Automaton {
    readonly numbering: Numbering;
    readonly procedure: ProcedureLike;
    readonly args: readonly Value[];
    readonly root: Node;
    constructor(numbering: Numbering, procedure: ProcedureLike, args: readonly Value[]);
    step(node: Node, result: number): Node;
    verify(): void;
    site(node: Node): string;
  }
  export const BLOCKED = -1;
  export type Conversion = (from: Int32Array, count: number, to: Int32Array) => void;
  export class Field {
    readonly name: string;
    readonly initial: number;
    readonly refers: boolean;
    word: number;
    shift: number;
    limit: number;
    constructor(name: string, initial: number, refers: boolean);
    get(row: Row): number;
    set(row: Row, value: number): void;
  }
  export interface Group {
    readonly name: string;
    readonly size: number;
    readonly replicas: MachineObject[][];
  }
  export class Guard {
    traces: boolean;
    of<T extends object>(target: T): T;
    takeOpen(): OpenCall | undefined;
  }
  export class Interrupted extends Error {
    readonly reason: 'time' | 'patience' | 'signal' | 'late';
    constructor(reason: 'time' | 'patience' | 'signal' | 'late');
  }
  export class Layout {
    readonly fields: Field[];
    words: number;
    arrangement: number;
    add(field: Field): Field;
    arrange(): void;
    initialRow(): Row;
    widen({ field, value }: Overflow): void;
    relimit(limitOf: (field: Field, index: number) => number): void;
    loosen(roomOf: (field: Field) => number): void;
    tighten(rows: Int32Array, count: number): void;
    since(arrangement: number): Conversion;
  }
  export const MAX_VALUE = 1073741823;
  export class Machine implements Numbering {
    readonly internals: readonly string[];
    readonly layout: Layout;
    readonly objects: MachineObject[];
    readonly tasks: Task[];
    readonly groups: Group[];
    readonly nodes: Node[];
    redirect: Redirect | null;
    suspension: Suspension | null;
    readonly procedures: ProcedureLike[];
    readonly wideValues: WideValues[];
    readonly properties: Property[];
    readonly guard: Guard;
    watch: Watch | null;
    callSites: string[] | null;
    variant: string;
    constructor(internals?: readonly string[]);
    object(name: string): MachineObject;
    field(object: MachineObject, name: string, initial?: number): Field;
    reference(object: MachineObject, name: string): Field;
    wide(name: string): WideValues;
    referred(reference: number): MachineObject | undefined;
    task(name: string, body: () => Steps<unknown>, daemon?: boolean): Task;
    procedure<A extends readonly Value[], R>(name: string, body: (...args: A) => Steps<R>, { loop, role }?: ProcedureOptions): (...args: A) => Steps<R>;
    replicate<T>(name: string, size: number, build: (replica: number) => T): T[];
    seal(): this;
    programs(found: (operation: Operation) => void): Program[];
    initialRow(programs: readonly Program[]): Row;
    verify(): void;
    automaton(procedure: ProcedureLike, args: readonly Value[]): Automaton;
    numberOf(value: unknown): number;
    valueOf(number: number): Value;
  }
  export interface Membership {
    readonly group: Group;
    readonly replica: number;
    readonly place: number;
  }
  export interface Node {
    readonly id: number;
    readonly automaton: Automaton;
    readonly parent: Node | null;
    readonly input: number;
    readonly action: Action;
    readonly references: readonly MachineObject[];
    readonly next: (Node | undefined)[];
  }
  export interface Numbering {
    readonly nodes: Node[];
    readonly objects: readonly MachineObject[];
    readonly internals: readonly string[];
    readonly redirect: Redirect | null;
    readonly guard: Guard;
    readonly watch: Watch | null;
    callSites: string[] | null;
    automaton(procedure: ProcedureLike, args: readonly Value[]): Automaton;
    numberOf(value: unknown): number;
    valueOf(number: number): Value;
  }
  export interface OpenCall {
    readonly name: string;
    readonly made: Error | null;
  }
  export class Operation {
    readonly name: string;
    readonly object: MachineObject | null;
    readonly operands: readonly (MachineObject | number)[];
    readonly attempt: (row: Row, task: number, outcome: number) => number;
    readonly outcomes: number;
    readonly results: readonly string[] | ((result: number) => string) | null;
    readonly refers: boolean;
    readonly wait: ((row: Row, task: number) => Wait) | null;
    readonly access: number;
    readonly conflicts: number;
    readonly wakes: boolean;
    sites: string[] | null;
    constructor(spec: OperationSpec);
    [Symbol.iterator](): Steps<number>;
    meaning(result: number): string;
    toString(): string;
  }
  export interface OperationSpec {
    readonly name: string;
    readonly label?: string;
    readonly object?: MachineObject;
    readonly operands?: readonly (MachineObject | number)[];
    readonly attempt: (row: Row, task: number, outcome: number) => number;
    readonly outcomes?: number;
    readonly results?: readonly string[] | ((result: number) => string);
    readonly refers?: boolean;
    readonly wait?: (row: Row, task: number) => Wait;
    readonly wakes?: boolean;
    readonly access?: number;
    readonly conflicts?: number;
  }
  export class Operations<K> {
    constructor(make: (operand: K) => Operation);
    with(operand: K): Operation;
  }
  export class Overflow {
    readonly field: Field;
    readonly value: number;
    constructor(field: Field, value: number);
  }
  export interface ProcedureLike {
    readonly kin: number;
    readonly name: string;
    readonly loop: boolean;
    readonly role: unknown;
    readonly body: (...args: never) => Steps<unknown>;
  }
  export interface ProcedureOptions {
    readonly loop?: boolean;
    readonly role?: unknown;
  }
  export interface Property {
    readonly kind: PropertyKind;
    readonly name: string;
    holds(row: Row, programs: readonly Program[]): boolean;
    tellsReplicasApart(): boolean;
  }
  export type PropertyKind = 'always' | 'sometimes' | 'at end';
  export type Redirect = (procedure: ProcedureLike, args: readonly Value[], callers: readonly ProcedureLike[]) => readonly Value[] | null;
  export type Row = Int32Array;
  export interface Suspension {
    by(row: Row, task: number): number;
  }
  export interface Wait {
    readonly what: string;
    readonly objects?: readonly MachineObject[];
    readonly tasks?: readonly number[];
  }
  export interface Watch {
    run<T>(act: () => T): T;
    runOnce<T>(act: () => T): T;
    whole<T>(act: () => T): T;
    part<T>(act: () => T): T;
  }
  export class WideValues {
    readonly name: string;
    sealed: boolean;
    constructor(name: string);
    get size(): number;
    numberOf(value: number): number;
    valueOf(number: number): number;
  }
  export function misuseOf(thrown: unknown, { of, who, internals, }: {
    readonly of?: string;
    readonly who: string;
    readonly internals: readonly string[];
  }): Misuse;
  export function placeOf(stack: string, internals: readonly string[]): string;
  export {
  Call,
  MachineObject,
  Misuse,
  Steps,
  Task,
  Value,
  } from '@scopemask/checker';
}

declare module '@scopemask/checker/search' {
  export type Allows = (turn: Turn) => boolean;
  export class CompactTable {
    words: number;
    constructor(words: number, found: (state: number, parent: number) => void);
    get size(): number;
    get bytes(): number;
    bytesFor(states: number): number;
    stage(row: Row, parent: number): void;
    flush(): void;
    forget(state: number): void;
    read(state: number, row: Row): void;
    recall(state: number, row: Row): void;
    repack(words: number, convert: (from: Int32Array, count: number, to: Int32Array) => void): void;
    find(row: Row): number;
    parent(state: number): number;
  }
  export const DEFAULT_LIMITS: {
    readonly maxStates: 20000000;
    readonly maxDepth: number;
    readonly maxSeconds: number;
    readonly maxMegabytes: 2000;
    readonly maxGigabytes: number;
  }
  export type Emit = (next: Row, task: number) => void;
  export class Execution {
    readonly machine: Machine;
    readonly programs: readonly Program[];
    readonly steps: MicroStep[];
    constructor(machine: Machine, programs?: readonly Program[]);
    get row(): Row;
    set row(row: Row);
    position(task: number): number;
    next(task: number): Operation | null;
    suspendedBy(task: number): number;
    stack(task: number): StackFrame[];
    rests(task: number): boolean;
    step(task: number, outcome?: number): boolean;
    turns(task: number): StepOutcome[];
    possible(task: number): number[];
    canStep(task: number): boolean;
    violation(task: number): string | null;
    place(task: number, position?: number): string;
    placeInModel(task: number): string;
  }
  export class Expander {
    stepsTaken: number;
    constructor(machine: Machine, stepper: Stepper, symmetry: Symmetry | null);
    expand(round: Round, piece: number): void;
    complete(round: Round, piece: number, witnesses: (number | null)[]): void;
    reset(): void;
  }
  export interface Helpers {
    readonly isLost: boolean;
    expand(search: Searching, from: number, to: number): Round | null;
    store(search: Searching): void;
    enter(search: Searching): void;
    showEnds(search: Searching, states: readonly number[]): Uint8Array | null;
    reset(): void;
  }
  export type KeptTable = StateTable | CompactTable | Store;
  export interface Knowledge {
    readonly positions: readonly number[];
    readonly values: readonly number[];
    readonly decisions: readonly number[];
    readonly limits: readonly number[];
  }
  export interface MicroStep {
    readonly task: number;
    readonly operation: Operation;
    readonly position: number;
    readonly outcome: number;
    readonly result: number;
  }
  export class Program {
    readonly name: string;
    readonly daemon: boolean;
    readonly operations: (Operation | null)[];
    readonly rests: boolean[];
    readonly returns: boolean[];
    readonly heads: boolean[];
    readonly parents: number[];
    readonly inputs: number[];
    readonly start: number;
    sealed: boolean;
    constructor(name: string, root: Automaton, daemon: boolean, found: (operation: Operation) => void);
    get size(): number;
    edge(position: number, result: number): number;
    stack(position: number): StackFrame[];
    ahead(position: number): Operation[];
    references(position: number): MachineObject[];
  }
  export interface Reductions {
    readonly both: number | null;
    readonly withoutPartialOrder: number | null;
    readonly withoutSymmetry: number | null;
    readonly neither: number | null;
  }
  export interface Renaming {
    readonly objects: Int32Array;
    readonly positions: number[][];
    readonly identity: boolean;
  }
  export class Round {
    readonly table: TableView;
    readonly memory: RoundMemory;
    readonly properties: number;
    constructor(table: TableView, memory: RoundMemory, properties: number);
    begin(from: number, to: number, size: number): void;
    get from(): number;
    get size(): number;
    get room(): number;
    get pieces(): number;
    firstOf(piece: number): number;
    endOf(piece: number): number;
    doneIn(piece: number): number;
  }
  export interface RoundMemory {
    readonly rows: Int32Array;
    readonly parents: Int32Array;
    readonly slots: Int32Array;
    readonly steps: Int32Array;
    readonly marks: Uint8Array;
    readonly done: Int32Array;
    readonly taken: Int32Array;
    readonly anyMarks: Int32Array;
    readonly found: Int32Array;
    readonly superseded: Int32Array;
    readonly firsts: Int32Array;
    readonly witnesses: Int32Array;
    readonly scope: Int32Array;
  }
  export class Search {
    readonly machine: Machine;
    readonly stepper: Stepper;
    readonly symmetry: Symmetry | null;
    readonly expander: Expander;
    constructor(machine: Machine, options?: SearchOptions);
    get table(): KeptTable;
    get exact(): StateTable;
    run(): SearchResult;
    advance(): SearchResult | null;
    snapshot(): Snapshot;
    standing(): Standing;
    resume(stopped: Snapshot | Standing): void;
    fitting<T>(act: () => T): T;
    row(state: number): Row;
  }
  export interface Searching {
    readonly machine: Machine;
    readonly stepper: Stepper;
    readonly symmetry: Symmetry | null;
    readonly expander: Expander;
    readonly table: StateTable;
  }
  export interface Snapshot extends Standing {
    readonly rows: Int32Array;
    readonly parents: Int32Array;
  }
  export interface StackFrame {
    readonly name: string;
    readonly node: Node;
  }
  export interface Standing extends Cursor {
    readonly knowledge: Knowledge;
    readonly transitions: number;
  }
  export class StateTable {
    size: number;
    words: number;
    constructor(words: number, found?: (state: number, parent: number) => void, shared?: boolean);
    get bytes(): number;
    bytesFor(states: number): number;
    static bytesOf(states: number, words: number): number;
    get capacity(): number;
    get contents(): {
      readonly rows: Int32Array;
      readonly parents: Int32Array;
    };
    clear(): void;
    load(rows: Int32Array, parents: Int32Array): void;
    get view(): TableView;
    get expected(): number;
    get free(): number;
    reserve(count: number): void;
    extend(count: number, enter: (view: TableView, size: number) => void): void;
    expect(states: number): void;
    detach(): void;
    stage(row: Row, parent: number): void;
    flush(): void;
    add(found: Successors): void;
    find(row: Row): number;
    read(state: number, row: Row): void;
    isAt(state: number, row: Row): boolean;
    parent(state: number): number;
    repack(words: number, convert: (from: Int32Array, count: number, to: Int32Array) => void): void;
  }
  export type StepOutcome = Pick<MicroStep, 'outcome' | 'result'>;
  export class Stepper {
    readonly programs: readonly Program[];
    steps: number;
    record: MicroStep[] | null;
    readonly decisions: number[];
    constructor(machine: Machine, partialOrder: boolean, allows?: Allows | null);
    reset(): void;
    seal(sealed: boolean): void;
    decide(task: number, position: number, decision: number): void;
    expand(row: Row, emit: Emit): boolean;
    expandTask(row: Row, task: number, emit: Emit): boolean;
    collect(row: Row, before: Row | null, found: Successors): boolean;
    passesOver(parent: number): boolean;
    position(row: Row, task: number): number;
    settled(row: Row): boolean;
  }
  export interface Store {
    readonly size: number;
    readonly pending: number;
    readonly words: number;
    readonly bytes: number;
    readonly capacity: number;
    readonly contents: {
      readonly rows: Int32Array;
    };
    storedFor(rows: number): number;
    clear(words: number): void;
    stage(row: Row, parent: number): void;
    flush(): void;
    settle(): void;
    read(state: number, row: Row): void;
    parent(state: number): number;
    restore(): void;
    repack(words: number, convert: (from: Int32Array, count: number, to: Int32Array) => void): void;
  }
  export class Successors {
    count: number;
    passed: number;
    origin: number;
    readonly words: number;
    rows: Int32Array;
    sums: Int32Array;
    origins: Int32Array;
    states: Int32Array;
    order: Int32Array;
    held: Int32Array;
    constructor(words: number);
    reserve(more: number): void;
    push(row: Row, sum?: number): void;
    read(index: number, row: Row): void;
  }
  export class Symmetry {
    renaming: Renaming;
    readonly identity: Renaming;
    constructor(machine: Machine, programs: readonly Program[]);
    static of(machine: Machine, programs: readonly Program[]): Symmetry | null;
    canonicalize(row: Row, to: Row): void;
    rename(row: Row, renaming: Renaming, to: Row): void;
    compose(first: Renaming, second: Renaming): Renaming;
    before(task: number, { objects }: Renaming): number;
  }
  export interface TableView {
    readonly words: number;
    readonly rows: Int32Array;
    readonly parents: Int32Array;
    readonly slots: Int32Array;
  }
  export interface Turn {
    readonly task: number;
    readonly operation: Operation;
    readonly outcome: number;
    readonly stack: readonly StackFrame[];
  }
  export interface Waiter {
    readonly task: number;
    readonly what: string;
    readonly objects: readonly MachineObject[];
    readonly blocked: boolean;
    readonly for: readonly number[];
    readonly stack: readonly string[];
  }
  export function awaited(execution: Execution, task: number): readonly MachineObject[];
  export function cycle(waiting: readonly Waiter[]): Waiter[];
  export function describeMachine(machine: Machine, { programs }: Stepper): string;
  export function reductionsOf(build: () => Machine, limits?: Limits): Reductions;
  export function replay(machine: Machine, token: string, execution?: Execution): Execution;
  export function scheduleTo(search: Search, state: number): MicroStep[];
  export function standingAt(search: Search, state: number): Execution;
  export function tokenOf({ tasks, variant }: Machine, steps: readonly MicroStep[], loopStart?: number | null): string;
  export function waiters(execution: Execution): Waiter[];
  export function xorshift(seed: number): (below: number) => number;
  export {
  SampleOptions,
  SearchOptions,
  SearchResult,
  Strategy,
  } from '@scopemask/checker';
}

declare module '@scopemask/checker/live' {
  export class Clock {
    now: number;
    events: number;
    get next(): number;
    get pending(): number;
    at(time: number, happening: Happening, argument?: number): void;
    step(): boolean;
    runUntil(time: number): void;
  }
  export interface CpuObserver {
    woken(task: CpuTask, cpu: number): void;
    slept(task: CpuTask): void;
    switched(cpu: number, task: CpuTask | null): void;
    moved(task: CpuTask, cpu: number): void;
  }
  export class CpuTask {
    readonly name: string;
    state: TaskState;
    cpu: number;
    allowed: readonly boolean[] | null;
    cpuTime: number;
    preempted: number;
    realtime: boolean;
    vruntime: number;
    since: number;
    answer: number;
    reason: number;
    steps: Pick<LiveSteps, 'next'>;
    constructor(name: string, steps: Pick<LiveSteps, 'next'>);
  }
  export class Cpus {
    readonly clock: Clock;
    readonly tick: number;
    switches: number;
    steps: number;
    observer: CpuObserver | null;
    constructor(clock: Clock, scheduler: Scheduler, { cpus, tick, domains, }: {
      readonly cpus: number;
      readonly tick: number;
      readonly domains?: readonly number[];
    });
    get count(): number;
    get tasks(): readonly CpuTask[];
    running(cpu: number): CpuTask | null;
    start(task: CpuTask): void;
    wake(task: CpuTask, answer?: number): boolean;
    passes(time: number): boolean;
    run(until: number): boolean;
    timeOf(task: CpuTask): number;
    idleTime(cpu: number): number;
  }
  export type Happening = (argument: number) => void;
  export class Live {
    readonly clock: Clock;
    spawn(name: string, steps: (task: LiveTask) => LiveSteps): LiveTask;
    run(until: number): readonly LiveTask[];
  }
  export type LiveSteps<R = void> = Generator<number, R, number>;
  export class LiveTask {
    readonly name: string;
    done: boolean;
    waiting: boolean;
    wake(answer?: number): boolean;
  }
  export class Resource {
    free: number;
    constructor(capacity: number);
    get waiting(): number;
    take(task: LiveTask): boolean;
    give(): void;
  }
  export interface Scheduler {
    enqueue(task: CpuTask, woken: boolean): void;
    pick(cpu: number, by?: number): CpuTask | null;
    queued(cpu: number): number;
    charge(task: CpuTask, time: number): void;
    preempts(woken: CpuTask, running: CpuTask): boolean;
    expired(running: CpuTask, now: number): boolean;
  }
  export enum TaskState {
    WAITING = 0,
    RUNNABLE = 1,
    RUNNING = 2,
    DONE = 3
  }
  export const WAIT = -1;
  export function mayRunOn({ allowed }: CpuTask, cpu: number): boolean;
}

declare module '@scopemask/checker/node' {
  export class ChangedMachine extends Error {
    constructor(cause?: unknown);
  }
  export interface CheckpointHeader<About = unknown> extends SavedSearch<About> {
    readonly files: StateMarks;
  }
  export class CodeWatch implements Watch {
    constructor({ deadline, patience }?: CodeWatchOptions);
    until(deadline: number): CodeWatch;
    run<T>(act: () => T): T;
    runOnce<T>(act: () => T): T;
    part<T>(act: () => T): T;
    whole<T>(act: () => T): T;
  }
  export interface CodeWatchOptions {
    readonly deadline?: number;
    readonly patience?: number;
  }
  export class Crew implements Helpers {
    isLost: boolean;
    constructor(others: number, { partialOrder, symmetry, isEager }: CrewOptions, start: (link: Link) => void);
    get isReady(): boolean;
    expand(search: Searching, from: number, to: number): Round | null;
    store(search: Searching): void;
    enter(search: Searching): void;
    showEnds(search: Searching, states: readonly number[]): Uint8Array | null;
    reset(): void;
    dismiss(): void;
  }
  export interface CrewOptions extends Pick<Link, 'partialOrder' | 'symmetry'> {
    readonly isEager?: boolean;
  }
  export class DamagedFile extends Error {
    readonly path: string;
    readonly fault: Fault;
    readonly versions: {
      readonly found: number;
      readonly readable: number;
    } | null;
    constructor(path: string, fault: Fault, versions?: {
      readonly found: number;
      readonly readable: number;
    } | null);
  }
  export class DiskError extends Error {
    readonly path: string;
    readonly refused: string;
    constructor(path: string, refused: string, cause: unknown);
  }
  export class DiskStore implements Store {
    readonly capacity: number;
    settlements: number;
    rowsRead: number;
    readonly leftovers: number;
    constructor(options: DiskStoreOptions);
    get size(): number;
    get pending(): number;
    get words(): number;
    get bytes(): number;
    get stored(): number;
    get runs(): number;
    storedFor(rows: number): number;
    get contents(): {
      readonly rows: Int32Array;
    };
    clear(words: number): void;
    stage(row: Row, parent: number): void;
    flush(): void;
    settle(): void;
    read(state: number, row: Row): void;
    parent(state: number): number;
    repack(words: number, convert: (from: Int32Array, count: number, to: Int32Array) => void): void;
    save(search: Search, about: unknown): void;
    goOn(search: Search): void;
    restore(): void;
    leave(): string | null;
    close(): void;
  }
  export interface DiskStoreOptions {
    readonly folder: string;
    readonly maxMegabytes?: number;
    readonly maxCollected?: number;
    readonly unfinished?: UnfinishedSearch<unknown> | null;
  }
  export type Fault = 'damaged' | 'foreign' | 'version';
  export interface FileMark {
    readonly name: string;
    readonly length: number;
    readonly checksum: number;
  }
  export interface Link extends Required<Pick<SearchOptions, 'partialOrder' | 'symmetry'>> {
    readonly control: SharedArrayBuffer;
    readonly port: MessagePort;
  }
  export interface SavedSearch<About> {
    readonly about: About;
    readonly standing: Standing;
    readonly machine: string;
  }
  export interface SavedSnapshot<About> extends SavedSearch<About> {
    readonly states: number;
    readonly contents: Pick<Snapshot, 'rows' | 'parents'>;
  }
  export interface SealedFormat {
    readonly magic: string;
    readonly version: number;
  }
  export interface StateMarks {
    readonly words: number;
    readonly rows: FileMark;
    readonly parents: FileMark;
    readonly runs: readonly FileMark[];
  }
  export interface UnfinishedSearch<About> extends SavedSearch<About> {
    readonly path: string;
    readonly isElsewhere: boolean;
    readonly pathOnceLeft: string;
    readonly files: CheckpointHeader['files'];
  }
  export function goOnFrom(search: Search, snapshot: SavedSnapshot<unknown>): void;
  export function joinCrew(machine: Machine, { port, ...link }: Link): void;
  export function readSnapshot<About>(path: string, format: SealedFormat): SavedSnapshot<About> | null;
  export function unfinishedIn<About>(folder: string): UnfinishedSearch<About>[];
  export function writeSnapshot(path: string, format: SealedFormat, search: Search, about: unknown): void;
}
