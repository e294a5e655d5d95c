declare module '@scopemask/core' {
  export type Bits<F extends string> = {
    readonly [flag in F]: number;
  };
  export class Context<in out N extends string = string> {
    readonly domain: Domain<N>;
    constructor(domain: Domain<N>, options?: ContextOptions<N>);
    get name(): string;
    get mask(): Mask<N>;
    has(flag: Mask<N>): boolean;
    hasAny(mask: Mask<N>): boolean;
    hasAll(mask: Mask<N>): boolean;
    forbid(mask: Mask<N>): void;
    run<R>(mask: Mask<N>, fn: (context: Context<N>) => R, label?: string): RunResult<R>;
    fork(mask: Mask<N>, label?: string): Context<N>;
    toString(): string;
    toJSON(): string;
  }
  export interface ContextOptions<N extends string> {
    readonly name?: string;
    readonly mask?: Mask<N>;
  }
  export class Conveyance<in out N extends string = string> implements ConveyanceData {
    readonly domain: N;
    readonly version: number;
    readonly flags: string;
    readonly mask: number;
  }
  export interface ConveyanceData {
    readonly domain: string;
    readonly version: number;
    readonly flags: string;
    readonly mask: number;
  }
  export class ConveyanceError extends Error {
    name: string;
  }
  export class Domain<in out N extends string = string, F extends string = string> extends Runtime<N> {
    readonly version: number;
    readonly flags: {
      readonly [flag in F]: Mask<N>;
    };
    readonly restrictions: Mask<N>;
    readonly grants: Mask<N>;
    readonly known: Mask<N>;
    mask(...names: F[]): Mask<N>;
    from(value: number): Mask<N>;
    format(mask: Mask<N>): string;
    namesOf(mask: Mask<N>): F[];
  }
  export interface DomainSpec<N extends string, R extends string = never, G extends string = never, I extends string = never> {
    readonly name: N;
    readonly version: number;
    readonly restrictions?: Bits<R>;
    readonly grants?: Bits<G>;
    readonly identity?: Bits<I>;
    readonly granting?: 'granter' | 'anyone';
  }
  export type Mask<N extends string = string> = number & {
    readonly [maskOf]: (domain: N) => N;
  };
  export type Policy = 'none' | 'convey-on-queue' | 'inherit-on-wait';
  export interface Provenance {
    readonly flag: string;
    readonly steps: readonly ProvenanceStep[];
  }
  export interface ProvenanceStep {
    readonly kind: StepKind;
    readonly context: string;
    readonly label: string | undefined;
    readonly stack: string | undefined;
  }
  export class RestrictionError<N extends string = string> extends Error {
    name: string;
    readonly domain: N;
    readonly context: string;
    readonly mask: Mask<N>;
    readonly provenance: readonly Provenance[];
  }
  export type RunResult<R> = R extends PromiseLike<infer T> ? Promise<T> : R;
  export class Scope<in out N extends string = string> implements Disposable {
    readonly mask: Mask<N>;
    get open(): boolean;
    close(): void;
    [dispose](): void;
  }
  export class ScopeError extends Error {
    name: string;
  }
  export type StepKind = 'given' | 'scope' | 'saved' | 'handed-off' | 'merged' | 'run-by' | 'received' | 'inherited';
  export function adopt<N extends string>(task: Task<N>, conveyance: Conveyance<N>, label?: string): Scope<N>;
  export function bind<N extends string, F extends (...args: never) => unknown>(context: Context<N>, fn: F): F;
  export function contextFrom<N extends string>(domain: Domain<N>, conveyance: Conveyance<N>, options?: Pick<ContextOptions<N>, 'name'>): Context<N>;
  export function convey<N extends string>(context: Context<N>, policy: Policy, grants?: Mask<N>, label?: string): Conveyance<N>;
  export function current<N extends string>(domain: Domain<N>): Context<N>;
  export function currentOrUndefined<N extends string>(domain: Domain<N>): Context<N> | undefined;
  export function defineDomain<const N extends string, R extends string = never, G extends string = never, I extends string = never>(spec: DomainSpec<N, R, G, I>): Domain<N, R | G | I>;
  export function union<N extends string>(...masks: Mask<N>[]): Mask<N>;
}

declare module '@scopemask/core/delegation' {
  export class HandOff<in out N extends string, A extends unknown[], R> {
    readonly policy: Policy;
    readonly conveyance: Conveyance<N>;
    readonly label: string | undefined;
    run(worker?: Context<N>, ...args: A): RunResult<R>;
    wait(waiter: Context<N>): Disposable;
  }
  export interface HandOffOptions<N extends string> {
    readonly label?: string;
    readonly grants?: Mask<N>;
  }
  export class Transfer<in out N extends string = string> {
    readonly mask: Mask<N>;
    readonly label: string | undefined;
    get adopted(): boolean;
    adopt(task: Task<N>): Scope<N>;
  }
  export function handOff<N extends string, A extends unknown[], R>(context: Context<N>, policy: Policy, fn: (worker: Context<N>, ...args: A) => R, options?: HandOffOptions<N>): HandOff<N, A, R>;
  export function inherit<N extends string>(waiter: Context<N>, worker: Context<N>): Disposable;
  export function merge<N extends string>(domain: Domain<N>, conveyances: Iterable<Conveyance<N>>): Conveyance<N>;
  export function runAdopted<N extends string, R>(context: Task<N>, conveyance: Conveyance<N>, fn: (task: Task<N>) => R, label?: string): RunResult<R>;
  export function runAdopted<N extends string, R>(context: Context<N>, conveyance: Conveyance<N>, fn: (context: Context<N>) => R, label?: string): RunResult<R>;
  export function transfer<N extends string>(scope: Scope<N>, grants?: Mask<N>): Transfer<N>;
}

declare module '@scopemask/core/remote' {
  export class DecodeError extends Error {
    name: string;
    readonly reason: DecodeReason;
    readonly status = 400;
    readonly statusCode = 400;
  }
  export type DecodeReason = 'malformed' | 'oversize' | 'wrong-domain' | 'wrong-version' | 'other-flags' | 'missing' | 'unknown-bits' | 'not-conveyable';
  export interface EarlierVersion<R extends string = string> {
    readonly version: number;
    readonly restrictions: Bits<string>;
    readonly now?: {
      readonly [flag: string]: R | readonly R[];
    };
  }
  export function acceptEarlier<N extends string, F extends string>(domain: Domain<N, F>, earlier: EarlierVersion<F>): void;
  export function decode<N extends string>(domain: Domain<N>, input: unknown): Conveyance<N>;
  export function encode(conveyance: ConveyanceData): string;
}

declare module '@scopemask/core/task' {
  export class Task<in out N extends string = string> extends Context<N> {
    constructor(domain: Domain<N>, options?: ContextOptions<N>);
    save(mask: Mask<N>): Mask<N>;
    restore(mask: Mask<N>, saved: Mask<N>): void;
    enter(mask: Mask<N>, label?: string): Scope<N>;
    run<R>(mask: Mask<N>, fn: (task: Task<N>) => R, label?: string): RunResult<R>;
  }
}

declare module '@scopemask/core/tasks' {
  export type Steps<Y, R, S> = Pick<Generator<Y, R, S>, 'next' | 'return' | 'throw'>;
  export function spawn<N extends string, R>(context: Task<N>, task: (context: Task<N>) => Generator<unknown, R, unknown>): Promise<R>;
  export function spawn<N extends string, R>(context: Context<N>, task: (context: Context<N>) => Generator<unknown, R, unknown>): Promise<R>;
  export function steps<N extends string, Y, R, S>(context: Context<N>, task: Generator<Y, R, S>): Steps<Y, R, S>;
  export function wait<T>(promise: T): Generator<T, Awaited<T>, unknown>;
}

declare module '@scopemask/core/follow' {
  export type Variable<T> = {
    run<R>(value: T, fn: () => R): R;
  } & ({
    getStore(): T | undefined;
  } | {
    get(): T | undefined;
  });
  export function follow<N extends string>(domain: Domain<N>, variable: Variable<Context<N>>): Disposable;
}

declare module '@scopemask/core/granter' {
  export type Granter<N extends string> = (context: Context<N>, grants: Mask<N>, label?: string) => Context<N>;
  export function granter<N extends string>(domain: Domain<N>): Granter<N>;
}

declare module '@scopemask/core/diagnostics' {
  export type Observer<N extends string> = (event: ScopeEvent<N>) => void;
  export interface ScopeEvent<N extends string = string> {
    readonly kind: ScopeEventKind;
    readonly domain: N;
    readonly context: string;
    readonly mask: Mask<N>;
    readonly label: string | undefined;
    readonly error: Error | undefined;
  }
  export type ScopeEventKind = 'enter' | 'exit' | 'convey' | 'adopt' | 'drop' | 'refuse' | 'violation';
  export function subscribe<N extends string>(domain: Domain<N>, observer: Observer<N>): Disposable;
}

declare module '@scopemask/core/diagnostics-channel' {
  export function publish<N extends string>(domain: Domain<N>): Disposable;
}

declare module '@scopemask/core/bullmq' {
  export type RemotePolicy = Exclude<Policy, 'inherit-on-wait'>;
  export interface SpanLike {
    setSpanOnContext(context: unknown): unknown;
    setAttribute(key: string, value: never): void;
    setAttributes(attributes: object): void;
    addEvent(name: string, attributes?: object): void;
    recordException(exception: never, time?: never): void;
    end(): void;
  }
  export interface TelemetryLike {
    readonly tracer: {
      startSpan(name: string, options?: never, context?: unknown): SpanLike;
    };
    readonly contextManager: {
      with<F extends (...args: never) => unknown>(context: unknown, fn: F): ReturnType<F>;
      active(): unknown;
      getMetadata(context: unknown): string;
      fromMetadata(active: unknown, metadata: string): unknown;
    };
  }
  export function contextOf<N extends string>(domain: Domain<N>, job: {
    readonly opts?: object | undefined;
  }): Context<N>;
  export function telemetry<N extends string, T extends TelemetryLike = TelemetryLike>(domain: Domain<N>, policy: RemotePolicy, inner?: T): TelemetryLike & Pick<T, Exclude<keyof T, keyof TelemetryLike>>;
}

declare module '@scopemask/core/express' {
  export interface IncomingOptions<N extends string> extends ReadOptions {
    readonly mask?: Mask<N>;
  }
  export type Middleware = (request: RequestLike, response: unknown, next: (error?: unknown) => void) => void;
  export interface RequestLike {
    readonly method: string;
    readonly originalUrl: string;
    readonly headers: object;
  }
  export interface Restricted<N extends string> {
    scopemask: Context<N>;
  }
  export function restrict<N extends string>(request: Restricted<N>, mask: Mask<N>, label?: string): Context<N>;
  export function restricted<N extends string>(domain: Domain<N>, mask: Mask<N>, label?: string): Middleware;
  export function scopemask<N extends string>(domain: Domain<N>, options?: IncomingOptions<N>): Middleware;
}

declare module '@scopemask/core/events' {
  export interface EmitterLike {
    on(type: string | symbol, listener: (...args: unknown[]) => void): unknown;
    off(type: string | symbol, listener: (...args: unknown[]) => void): unknown;
  }
  export type Listener = (...args: never) => unknown;
  export interface Listening {
    on(type: string, listener: Listener): this;
    off(type: string, listener: Listener): this;
  }
  export interface TargetLike {
    addEventListener(type: string, listener: (event: unknown) => void): void;
    removeEventListener(type: string, listener: (event: unknown) => void): void;
  }
  export function listening<N extends string>(context: Context<N>, source: EmitterLike | TargetLike): Listening;
}

declare module '@scopemask/core/fastify' {
  export interface FastifyLike {
    decorateRequest(name: string, value: null): unknown;
    addHook(name: 'onRequest', hook: (request: RequestLike, reply: unknown, done: (error?: Error) => void) => void): unknown;
  }
  export interface RequestLike {
    readonly id: unknown;
    readonly headers: object;
    readonly routeOptions: {
      readonly config: object;
      readonly url?: string | undefined;
    };
  }
  export function scopemask<N extends string>(domain: Domain<N>, options?: IncomingOptions<N>): (app: FastifyLike, _: unknown, done: () => void) => void;
  export {
  IncomingOptions,
  Restricted,
  restrict,
  } from '@scopemask/core/express';
}

declare module '@scopemask/core/fetch' {
  export function fetchFrom<N extends string, I, O extends object, R>(context: Context<N>, policy: RemotePolicy, fetch: (input: I, init?: O) => R): (input: I, init?: O) => R;
  export {
  RemotePolicy,
  } from '@scopemask/core/bullmq';
}

declare module '@scopemask/core/fields' {
  export interface LogFields {
    readonly scopemask: {
      readonly domain: string;
      readonly context: string;
      readonly flags: readonly string[];
    };
  }
  export function logFields<N extends string>(context: Context<N>): LogFields;
  export function spanAttributes<N extends string>(context: Context<N>): Record<string, string | string[]>;
}

declare module '@scopemask/core/http-header' {
  export type HeaderRecord = Record<string, number | string | readonly string[] | undefined>;
  export interface HeadersLike {
    get(name: string): string | null | undefined;
    set(name: string, value: string): void;
  }
  export interface OutgoingMessageLike {
    getHeader(name: string): number | string | readonly string[] | undefined;
    setHeader(name: string, value: string): unknown;
  }
  export interface ReadOptions {
    readonly name?: string;
    readonly required?: boolean;
  }
  export function readHeader<N extends string>(domain: Domain<N>, headers: Pick<HeadersLike, 'get'> | HeaderRecord, { name, required }?: ReadOptions): Conveyance<N> | undefined;
  export function writeHeader<N extends string>(headers: HeadersLike | OutgoingMessageLike | HeaderRecord, context: Context<N>, policy: RemotePolicy, name?: string): void;
  export {
  RemotePolicy,
  } from '@scopemask/core/bullmq';
}

declare module '@scopemask/core/job' {
  export interface Envelope<T> {
    readonly scopemask: string;
    readonly data: T;
  }
  export interface Job {
    readonly data: unknown;
  }
  export function payload<N extends string, T>(context: Context<N>, policy: RemotePolicy, data: T): Envelope<T>;
  export function processor<N extends string, J extends Job, A extends unknown[], R>(domain: Domain<N>, fn: (context: Context<N>, data: unknown, job: J, ...more: A) => R): (job: J, ...more: A) => RunResult<R>;
  export {
  RemotePolicy,
  } from '@scopemask/core/bullmq';
}

declare module '@scopemask/core/message-port' {
  export interface Opened<N extends string> {
    readonly conveyance: Conveyance<N>;
    readonly data: unknown;
  }
  export function revive(error: unknown): unknown;
  export function unwrap<N extends string>(domain: Domain<N>, message: unknown): Opened<N>;
  export function wrap<N extends string, T>(context: Context<N>, policy: RemotePolicy, data: T): Envelope<T>;
  export {
  Envelope,
  } from '@scopemask/core/job';
  export {
  RemotePolicy,
  } from '@scopemask/core/bullmq';
}

declare module '@scopemask/core/otel-baggage' {
  export interface BaggageEntryLike {
    readonly value: string;
  }
  export interface BaggageLike {
    getEntry(key: string): BaggageEntryLike | undefined;
    setEntry(key: string, entry: BaggageEntryLike): this;
  }
  export interface ReadOptions {
    readonly key?: string;
    readonly required?: boolean;
  }
  export function readBaggage<N extends string>(domain: Domain<N>, baggage: Pick<BaggageLike, 'getEntry'> | undefined, { key, required }?: ReadOptions): Conveyance<N> | null | undefined;
  export function writeBaggage<B extends BaggageLike, N extends string>(baggage: B, context: Context<N>, policy: RemotePolicy, key?: string): B;
  export {
  RemotePolicy,
  } from '@scopemask/core/bullmq';
}

declare module '@scopemask/core/pool' {
  export interface PoolLike<A extends unknown[]> {
    run(data: Envelope<unknown>, ...more: A): Promise<unknown>;
  }
  export function onPool<N extends string, A extends unknown[]>(pool: PoolLike<A>, context: Context<N>, policy: RemotePolicy): (data: unknown, ...more: A) => Promise<unknown>;
  export function poolTask<N extends string, R>(domain: Domain<N>, fn: (context: Context<N>, data: unknown) => R): (message: unknown) => RunResult<R>;
  export {
  RemotePolicy,
  } from '@scopemask/core/bullmq';
}

declare module '@scopemask/core/queue' {
  export interface QueueLike<A extends unknown[]> {
    add<R>(fn: () => Promise<R>, ...more: A): Promise<R>;
  }
  export function onQueue<N extends string, A extends unknown[]>(queue: QueueLike<A>, context: Context<N>, policy: Policy): <R>(fn: (context: Context<N>) => R | PromiseLike<R>, ...more: A) => Promise<R>;
}

declare module '@scopemask/core/streams' {
  export function bindMethods<N extends string, T extends object>(context: Context<N>, methods: T): T;
  export function iterate<N extends string, T>(context: Context<N>, items: AsyncIterable<T> | Iterable<T>): AsyncIterableIterator<T>;
}
