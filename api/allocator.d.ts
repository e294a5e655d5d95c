declare module '@scopemask/allocator' {
  export const ACTIVE_ANON = 1;
  export const ACTIVE_FILE = 3;
  export const ALLOC_CMA = 128;
  export const ALLOC_CPUSET = 64;
  export const ALLOC_HIGHATOMIC = 512;
  export const ALLOC_KSWAPD = 2048;
  export const ALLOC_MIN_RESERVE = 32;
  export const ALLOC_NOFRAGMENT = 256;
  export const ALLOC_NON_BLOCK = 16;
  export const ALLOC_NO_WATERMARKS = 4;
  export const ALLOC_OOM = 8;
  export const ALLOC_RESERVES: number;
  export const ALLOC_WMARK_HIGH = 2;
  export const ALLOC_WMARK_LOW = 1;
  export const ALLOC_WMARK_MASK = 3;
  export const ALLOC_WMARK_MIN = 0;
  export type AllocAnswer = number;
  export interface AllocContext {
    readonly gfp: number;
    readonly allocFlags: number;
    readonly highestZoneidx: number;
    readonly zonelist: number;
    readonly migratetype: number;
    readonly nodemask: null | 'cpuset' | 'given';
    readonly spreadDirtyPages: boolean;
  }
  export interface AllocEnvironment {
    readonly cpusetsEnabled: boolean;
    readonly preemptCount: number;
    readonly nodemask: boolean;
    readonly cma?: boolean;
    readonly zoneTable?: Uint8Array;
  }
  export interface AllocRequest extends Omit<AllocEnvironment, 'preemptCount' | 'cpusetsEnabled' | 'nodemask'> {
    readonly gfp: number;
    readonly order: number;
    readonly task: Task;
    readonly populated: number | readonly NodeZones[];
    readonly onlineNodes?: number;
    readonly prio?: number;
    readonly preemptCount?: number;
    readonly oomVictim?: boolean;
    readonly cpusetsEnabled?: boolean;
    readonly nodemask?: boolean;
    readonly rules?: AllocatorRules;
    readonly gfpAllowedMask?: number;
  }
  export type AllocStep = ({
    readonly kind: 'freelist';
  } & FreelistSearch) | {
    readonly kind: 'wake-kswapd';
  } | {
    readonly kind: 'compact';
    readonly gfp: number;
    readonly allocFlags: number;
    readonly priority: number;
  } | {
    readonly kind: 'reclaim';
    readonly gfp: number;
  } | {
    readonly kind: 'drain';
  } | {
    readonly kind: 'should-reclaim-retry';
    readonly progress: boolean;
  } | {
    readonly kind: 'should-compact-retry';
    readonly result: number;
    readonly priority: number;
  } | {
    readonly kind: 'oom-lock';
  } | {
    readonly kind: 'oom-lock-wait';
  } | {
    readonly kind: 'out-of-memory';
    readonly gfp: number;
  } | {
    readonly kind: 'warn';
  } | {
    readonly kind: 'warn-alloc';
    readonly gfp: number;
  } | {
    readonly kind: 'memcg-charge';
    readonly gfp: number;
    readonly page: number;
  } | {
    readonly kind: 'trace';
    readonly gfp: number;
    readonly migratetype: number;
  };
  export interface AllocatorRules {
    readonly kernel: string;
    readonly fallback: FallbackRule;
    readonly highatomicReserve: 'extra' | 'rounded';
    readonly highatomicBlocks: 'first' | 'all';
    readonly defragMode: boolean;
    readonly localNoretryFails: boolean;
  }
  export class Buddy {
    readonly start: number;
    readonly pages: number;
    readonly frames: PageFrames;
    onFallback: ((event: FallbackEvent) => void) | null;
    onMixing: ((allocFlags: number) => void) | null;
    fallback: FallbackRule;
    constructor(pages: number, frames?: PageFrames, start?: number, owner?: (owner: number) => string);
    get freePages(): number;
    get freeCma(): number;
    freeBlocks(order: number, migratetype?: number): number;
    lists(order: number): number;
    hasRoomFor(order: number): boolean;
    pageblockMigratetype(page: number): number;
    setPageblockMigratetype(page: number, migratetype: number): void;
    pageblocks(): number[];
    allocatedOrder(page: number): number;
    alloc(order: number, migratetype: number, allocFlags?: number): number;
    allocSmallest(order: number, migratetype: number): number;
    free(page: number, order: number): void;
    isUsed(page: number, order: number): boolean;
    assertUsed(page: number, order: number): void;
    convertPageblock(page: number, migratetype: number): number;
    isolate(page: number): number;
    isolatePageblock(page: number): void;
    unisolatePageblock(page: number, migratetype: number): void;
    splitFree(page: number, boundary: number): void;
    firstFree(order: number, migratetype: number): number;
    save(): BuddyState;
    load(state: BuddyState): void;
    validate(): void;
  }
  export interface BuddyState {
    readonly free: number;
    readonly freeCma: number;
    readonly blocks: Uint8Array;
    readonly converted: boolean;
  }
  export const CMA_EVENTS: readonly [
    'cma_alloc_success',
    'cma_alloc_fail'
  ];
  export const COMPACT_COMPLETE = 5;
  export const COMPACT_CONTENDED = 7;
  export const COMPACT_CONTINUE = 4;
  export const COMPACT_DEFERRED = 2;
  export const COMPACT_PARTIAL_SKIPPED = 6;
  export const COMPACT_PRIO_ASYNC = 2;
  export const COMPACT_PRIO_SYNC_FULL = 0;
  export const COMPACT_PRIO_SYNC_LIGHT = 1;
  export const COMPACT_RETRY = 1;
  export const COMPACT_RETRY_HARDER = 2;
  export const COMPACT_SKIPPED = 1;
  export const COMPACT_SUCCESS = 8;
  export class CallSites {
    number(name: string): number;
    name(site: number): string;
    unsafe(): UnsafeSite[];
    countUnsafe(site: number, gfp: number, allowed: number): string | undefined;
    contradiction(site: number, gfp: number): string | undefined;
    save(): readonly number[];
    load(counts: readonly number[]): void;
  }
  export interface ChargeRequest {
    readonly group: MemCgroup;
    readonly task: Task;
    readonly gfp: number;
    readonly pages: number;
    readonly cpu: number;
    readonly dying?: boolean | undefined;
  }
  export type ChargeStep = {
    readonly kind: 'memcg-reclaim';
    readonly group: MemCgroup;
    readonly gfp: number;
    readonly pages: number;
  } | {
    readonly kind: 'memcg-oom';
    readonly group: MemCgroup;
    readonly gfp: number;
    readonly order: number;
  } | {
    readonly kind: 'memcg-throttle';
    readonly jiffies: number;
  };
  export class CmaArea {
    readonly name: string;
    readonly start: number;
    readonly pages: number;
    succeeded: number;
    failed: number;
    constructor({ name, start, pages, orderPerBit }: CmaAreaOptions, number: number);
    get used(): number;
    has(page: number, pages: number): boolean;
    find(pages: number, align: number, from?: number): number | undefined;
    after(page: number, align: number): number;
    mark(page: number, pages: number, used: boolean): void;
    save(): CmaAreaState;
    load({ used, succeeded, failed }: CmaAreaState): void;
  }
  export interface CmaAreaOptions {
    readonly name?: string;
    readonly start: number;
    readonly pages: number;
    readonly orderPerBit?: number;
  }
  export interface CmaAreaState {
    readonly used: Uint8Array;
    readonly succeeded: number;
    readonly failed: number;
  }
  export interface CmaRequest extends Omit<ContigRequest, 'start'> {
    readonly area: CmaArea;
    readonly align?: number;
  }
  export type CommonFlag = '__GFP_DMA' | '__GFP_HIGHMEM' | '__GFP_DMA32' | '__GFP_MOVABLE' | '__GFP_RECLAIMABLE' | '__GFP_HIGH' | '__GFP_IO' | '__GFP_FS' | '__GFP_ZERO' | '__GFP_DIRECT_RECLAIM' | '__GFP_KSWAPD_RECLAIM' | '__GFP_RECLAIM' | '__GFP_WRITE' | '__GFP_NOWARN' | '__GFP_NOFAIL' | '__GFP_NORETRY' | '__GFP_MEMALLOC' | '__GFP_COMP' | '__GFP_NOMEMALLOC' | '__GFP_HARDWALL' | '__GFP_THISNODE' | '__GFP_ACCOUNT' | '__GFP_NOLOCKDEP' | 'GFP_ATOMIC' | 'GFP_NOWAIT' | 'GFP_NOIO' | 'GFP_NOFS' | 'GFP_KERNEL' | 'GFP_KERNEL_ACCOUNT' | 'GFP_USER' | 'GFP_DMA' | 'GFP_DMA32' | 'GFP_HIGHUSER' | 'GFP_HIGHUSER_MOVABLE' | 'GFP_TRANSHUGE';
  export type CompactionState = readonly ZoneCompactionState[];
  export interface CompactionStep {
    readonly kind: 'compact';
    readonly migrateScanned: number;
    readonly freeScanned: number;
    readonly isolated: number;
    readonly moved: number;
    readonly failed: number;
  }
  export type CompactionSteps<R> = Generator<CompactionStep, R, void>;
  export class ContigAllocator {
    alloc(request: ContigRequest): ContigResult;
    allocating(request: ContigRequest): ContigSteps<ContigResult>;
    free({ start, pages, cpu }: Pick<ContigRequest, 'start' | 'pages' | 'cpu'>): void;
    allocCma(request: CmaRequest): number;
    allocatingCma({ area, align, ...request }: CmaRequest): ContigSteps<number>;
    freeCma(area: CmaArea, range: Pick<ContigRequest, 'start' | 'pages' | 'cpu'>): void;
  }
  export interface ContigRequest {
    readonly task: Task;
    readonly start: number;
    readonly pages: number;
    readonly gfp?: number;
    readonly site?: number;
    readonly cpu?: number;
  }
  export type ContigResult = 'allocated' | 'busy' | 'nomem';
  export type ContigStep = {
    readonly kind: 'migrate';
    readonly moved: number;
    readonly reclaimed: number;
    readonly failed: number;
  } | {
    readonly kind: 'wait-on-page';
    readonly page: number;
    readonly until: 'unlocked' | 'written';
  } | {
    readonly kind: 'busy';
    readonly page: number;
  };
  export type ContigSteps<R> = Generator<AllocStep | ContigStep, R, number | undefined>;
  export interface DeviceMemory {
    readonly node: number;
    readonly start: number;
    readonly pages: number;
  }
  export interface DirectReclaimWait {
    readonly wakeKswapd: true;
    readonly timeout: number | null;
  }
  export const FALLBACKS: readonly (readonly number[])[];
  export interface Fallback {
    readonly migratetype: number;
    readonly steal: boolean | null;
  }
  export interface FallbackEvent {
    readonly page: number;
    readonly order: number;
    readonly found: number;
    readonly wanted: number;
    readonly from: number;
    readonly changed: boolean;
  }
  export type FallbackRule = 'steal' | 'claim';
  export type FlagName = readonly [
    name: string,
    mask: number
  ];
  export type FramesState = Readonly<Record<'next' | 'previous', Int32Array> & {
    state: Uint8Array;
    owner: Uint16Array;
    flags: Uint8Array;
    memcg: Uint16Array | null;
  }>;
  export interface FreeArea {
    readonly free: number;
    readonly lists: number;
  }
  export interface FreeState {
    readonly freePages: number;
    readonly reservedHighatomic: number;
    readonly freeCma: number;
    lists(order: number): number;
    readonly cma: boolean;
  }
  export interface FreelistSearch {
    readonly gfp: number;
    readonly allocFlags: number;
    readonly nodemask: AllocContext['nodemask'];
    readonly spreadDirtyPages?: true;
  }
  export interface From {
    readonly cpu: number;
    readonly node: number;
    readonly nodemask?: number;
    readonly cpuset?: number;
    readonly spreadDirtyPages?: boolean;
    readonly taskFlags?: number;
  }
  export interface FsReclaim {
    readonly fsReclaim: boolean;
    readonly mmuNotifier: boolean;
  }
  export const GFP_HIGHUSER: number;
  export const GFP_KERNEL: number;
  export const GFP_KERNEL_ACCOUNT: number;
  export const GFP_MOVABLE_MASK: number;
  export const GFP_NOFS: number;
  export const GFP_NOIO: number;
  export const GFP_USER: number;
  export const GFP_ZONEMASK: number;
  export type GenType = 0 | 1;
  export type GfpClass = 'KERNEL' | 'NOFS' | 'NOIO' | 'ATOMIC';
  export interface GfpConfig {
    readonly lockdep?: boolean;
    readonly kasanHwTags?: boolean;
  }
  export type GfpEffort = 'never sleeps' | 'one round' | 'hard' | 'normal' | 'for ever';
  export interface GfpLayout {
    readonly kernel: string;
    readonly flags: Readonly<Record<CommonFlag, number>> & Readonly<Record<string, number>>;
    readonly masks: GfpMasks;
    readonly printk: readonly FlagName[];
    readonly trace: readonly FlagName[];
    readonly none: 'none' | 'GFP_NOWAIT';
  }
  export interface GfpMasks {
    readonly __GFP_BITS_MASK: number;
    readonly GFP_RECLAIM_MASK: number;
    readonly GFP_CONSTRAINT_MASK: number;
    readonly GFP_SLAB_BUG_MASK: number;
    readonly GFP_BOOT_MASK: number;
  }
  export interface GfpMeaning {
    readonly gfp: number;
    readonly class: GfpClass;
    readonly directReclaim: boolean;
    readonly wakesKswapd: boolean;
    readonly io: boolean;
    readonly fs: boolean;
    readonly reserves: GfpReserves;
    readonly effort: GfpEffort;
    readonly warns: boolean;
  }
  export class GfpParseError extends Error {
    readonly position: number;
  }
  export type GfpReserves = 'none' | 'half of min' | 'most of min' | 'all';
  export interface GfpZone {
    readonly name: ZoneName;
    readonly index: number;
    readonly bad: boolean;
  }
  export const INACTIVE_ANON = 0;
  export const INACTIVE_FILE = 2;
  export class InvariantError extends Error {
  }
  export const KMALLOC_MAX_CACHE_SIZE = 8192;
  export interface KernelLayout<F extends string> extends Omit<GfpLayout, 'flags'> {
    readonly flags: Readonly<Record<F, number>>;
  }
  export class LivelockError extends Error {
  }
  export class Lru {
    readonly generations: LruGen | null;
    constructor(zones: Zones, { groups, lruGen }?: LruOptions);
    lruvec(group: number, node: number): number;
    lruvecOf(page: number): number;
    add(page: number, flags: number): void;
    addFaulted(page: number, flags: number): void;
    remove(page: number): void;
    mlock(page: number): void;
    munlock(page: number): void;
    isolate(page: number): void;
    putback(page: number): void;
    migrate(from: number, to: number): void;
    markAccessed(page: number): boolean;
    access(page: number): void;
    takeAccessed(page: number): boolean;
    get anyAccessed(): boolean;
    flags(page: number): number;
    setFlags(page: number, flags: number): void;
    endWriteback(page: number): void;
    rotate(page: number): void;
    last(lruvec: number, list: number): number;
    pages(node: number, list: number): number;
    pagesOf(node: number, zone: number, list: number): number;
    size(lruvec: number, list: number, highest?: number): number;
    unevictable(node: number): number;
    isolated(node: number, file: boolean): number;
    save(): LruState;
    load({ listed, unlisted, generations, accessed }: LruState): void;
    validate(): void;
  }
  export class LruGen {
    constructor(zones: Zones, counts: LruCounts, lruvecs: number);
    maxSeq(lruvec: number): number;
    minSeq(lruvec: number, type: GenType): number;
    generations(lruvec: number, type: GenType): number;
    size(lruvec: number, seq: number, type: GenType): number;
    gen(page: number): number;
    refs(page: number): number;
    clearRefs(page: number): void;
    maximizeRefs(page: number): void;
    used(page: number): void;
    add(page: number, reclaiming: boolean): void;
    remove(page: number, reclaiming: boolean): void;
    forget(page: number): void;
    moveOn(page: number, reclaiming: boolean): number;
    place(page: number, atEnd: boolean): void;
    oldest(lruvec: number, type: GenType, zone: number): number;
    tryToIncMinSeq(lruvec: number, canSwap: boolean): boolean;
    incMaxSeq(lruvec: number, canSwap: boolean): void;
    promoteAccessed(lruvec: number, takeAccessed: (page: number) => boolean): number;
    promote(page: number): void;
    countEvicted(lruvec: number, type: GenType, tier: number, pages: number): void;
    countProtected(lruvec: number, type: GenType, tier: number, pages: number): void;
    countRefaulted(lruvec: number, type: GenType, tier: number, pages: number): void;
    refaulted(lruvec: number, type: GenType, tier: number): number;
    total(lruvec: number, type: GenType, tier: number): number;
    save(): LruGenState;
    load(state: LruGenState): void;
    validate(counted: Int32Array): number;
    isActive(page: number): boolean;
  }
  export interface LruGenState {
    readonly bits: Uint8Array;
    readonly maxSeq: Int32Array;
    readonly minSeq: Int32Array;
    readonly sizes: Int32Array;
    readonly tiers: Float64Array;
  }
  export interface LruState {
    readonly listed: Int32Array;
    readonly unlisted: Int32Array;
    readonly generations: LruGenState | null;
    readonly accessed: Uint8Array | null;
  }
  export const MAX_ORDER: number;
  export const MIGRATE_HIGHATOMIC = 3;
  export const MIGRATE_MOVABLE = 1;
  export const MIGRATE_RECLAIMABLE = 2;
  export const MIGRATE_UNMOVABLE = 0;
  export class MemCgroup {
    readonly path: string;
    readonly number: number;
    readonly parent: MemCgroup | null;
    readonly children: MemCgroup[];
    readonly events: MemcgEvents;
    readonly eventsLocal: MemcgEvents;
    oomGroup: boolean;
    swappiness: number;
    isOffline: boolean;
    high: number;
    effectiveMin: number;
    effectiveLow: number;
    readonly memory: PageCounter;
    readonly swap: PageCounter;
    readonly objects: ObjectCharge;
    readonly swapEvents: MemcgSwapEvents;
    get swapUsage(): number;
    swapRoom(free: number): number;
    get usage(): number;
    setLimits({ max, high, low, min, swapMax }: MemcgLimits): void;
    raise(event: keyof MemcgEvents): void;
    raiseSwap(event: keyof MemcgSwapEvents): void;
    isBelow(other: MemCgroup): boolean;
    subtree(): Generator<MemCgroup, void, void>;
  }
  export class MemCgroups {
    readonly root: MemCgroup;
    readonly most: number;
    create(name: string, limits?: MemcgLimits, parent?: MemCgroup): MemCgroup;
    remove(group: MemCgroup): void;
    attach(task: Task, group: MemCgroup): void;
    groupOf(task: Task): MemCgroup;
    of(page: number): MemCgroup;
    find(number: number): MemCgroup | undefined;
    get(number: number): MemCgroup;
    commit(page: number, group: MemCgroup): void;
    uncharge(page: number, order: number): void;
    tryChargeSwap(page: number): number;
    unchargeSwap(number: number): void;
    unchargeObject(group: MemCgroup, bytes: number): void;
    consumeStock(cpu: number, group: MemCgroup, pages: number): boolean;
    refillStock(cpu: number, group: MemCgroup, pages: number): void;
    hold(group: MemCgroup, pages: number): void;
    drainStock(group: MemCgroup): void;
    save(): MemcgState;
    load(state: MemcgState): void;
    validate(): void;
  }
  export interface MemcgEvents {
    low: number;
    high: number;
    max: number;
    oom: number;
    oom_kill: number;
    oom_group_kill: number;
  }
  export interface MemcgLimits {
    readonly max?: number;
    readonly high?: number;
    readonly low?: number;
    readonly min?: number;
    readonly swapMax?: number;
  }
  export interface MemcgState {
    readonly counters: readonly (PageCounterState | null)[];
    readonly swap: readonly (readonly [
      counter: PageCounterState,
      events: MemcgSwapEvents
    ] | null)[];
    readonly events: readonly (readonly [
      events: MemcgEvents,
      local: MemcgEvents
    ] | null)[];
    readonly objects: readonly (ObjectChargeState | null)[];
    readonly stocks: readonly (readonly [
      group: number,
      pages: number
    ])[];
  }
  export interface MemcgSwapEvents {
    max: number;
    fail: number;
  }
  export interface MeminfoExtras {
    readonly buffers?: number;
  }
  export interface MemoryHooks extends ReclaimHooks, MigrateHooks {
    log?(text: string): void;
    unsafe?(text: string): void;
    nodeDirtyOk?(node: number): boolean;
    wakeKswapd?(node: number, order: number, highest: number): void;
    outOfMemory?(gfp: number, order: number): boolean;
    memcgOutOfMemory?(group: MemCgroup, gfp: number, order: number): boolean;
    mayWarn?(): boolean;
  }
  export interface MemoryOptions extends NumaOptions {
    readonly nodes: readonly Readonly<Partial<Record<ZoneLabel | typeof ZONE_DEVICE_LABEL, number>>>[];
    readonly cma?: readonly CmaAreaOptions[];
    readonly minFreeKbytes?: number;
    readonly watermarkScaleFactor?: number;
    readonly watermarkBoostFactor?: number;
    readonly zoneReclaimMode?: number;
    readonly rules?: AllocatorRules;
    readonly swappiness?: number;
    readonly memcgs?: number;
    readonly lruGen?: boolean;
    readonly lowmemReserveRatio?: readonly number[];
  }
  export class Mempolicy {
    readonly mode: MempolicyMode;
    readonly nodes: number;
    readonly homeNode: number;
    constructor(mode: MempolicyMode, nodes?: number, homeNode?: number);
    interleave(): number;
    interleaveAt(index: number): number;
    node(local: number): number;
    nodemask(gfp: number, zones: Zones): number | undefined;
  }
  export type MempolicyMode = 'default' | 'local' | 'preferred' | 'preferred-many' | 'bind' | 'interleave';
  export class Mempool<Step = never, Answer = unknown> {
    readonly min: number;
    static create<Step, Answer>(min: number, source: MempoolSource<Step, Answer>): Generator<Step, Mempool<Step, Answer> | null, Answer>;
    get reserved(): number;
    alloc(gfp: number, hz?: number): Generator<Step | MempoolSleep, number, Answer>;
    free(element: number): boolean;
    destroy(): void;
    save(): readonly number[];
    load(elements: readonly number[]): void;
  }
  export type MempoolResult = 'allocated' | 'taken' | null;
  export type MempoolSleep = Extract<MempoolStep, Readonly<Record<'kind', 'sleep'>>>;
  export interface MempoolSource<Step, Answer> {
    alloc(gfp: number): number | Generator<Step, number, Answer>;
    free(element: number): void;
    warn?(gfp: number): void;
  }
  export type MempoolStep = {
    readonly kind: 'warn';
  } | {
    readonly kind: 'alloc';
    readonly gfp: number;
  } | {
    readonly kind: 'take';
  } | {
    readonly kind: 'sleep';
    readonly jiffies: number;
  };
  export interface MightAlloc extends FsReclaim {
    readonly mightSleep: boolean;
  }
  export interface MigrateHooks {
    migrate?(from: number, to: number): boolean;
  }
  export const NODE_FILES: readonly [
    'cpulist',
    'distance',
    'meminfo',
    'numastat',
    'vmstat'
  ];
  export const NODE_STATS: readonly [
    'nr_inactive_anon',
    'nr_active_anon',
    'nr_inactive_file',
    'nr_active_file',
    'nr_unevictable',
    'nr_slab_reclaimable',
    'nr_slab_unreclaimable',
    'nr_isolated_anon',
    'nr_isolated_file',
    'workingset_nodes',
    'workingset_refault_anon',
    'workingset_refault_file',
    'workingset_activate_anon',
    'workingset_activate_file',
    'workingset_restore_anon',
    'workingset_restore_file',
    'workingset_nodereclaim',
    'nr_anon_pages',
    'nr_mapped',
    'nr_file_pages',
    'nr_dirty',
    'nr_writeback',
    'nr_writeback_temp',
    'nr_shmem',
    'nr_shmem_hugepages',
    'nr_shmem_pmdmapped',
    'nr_file_hugepages',
    'nr_file_pmdmapped',
    'nr_anon_transparent_hugepages',
    'nr_vmscan_write',
    'nr_vmscan_immediate_reclaim',
    'nr_dirtied',
    'nr_written',
    'nr_throttled_written',
    'nr_kernel_misc_reclaimable',
    'nr_foll_pin_acquired',
    'nr_foll_pin_released',
    'nr_kernel_stack',
    'nr_page_table_pages',
    'nr_sec_page_table_pages',
    'nr_swapcached',
    'pgpromote_success',
    'pgpromote_candidate'
  ];
  export const NO_ELEMENT = -1;
  export const NO_LIMIT: number;
  export const NO_OBJECT = -1;
  export const NO_PAGE = -1;
  export const NO_SWAP_ENTRY = -1;
  export const NUMA_STATS: readonly [
    'numa_hit',
    'numa_miss',
    'numa_foreign',
    'numa_interleave',
    'numa_local',
    'numa_other'
  ];
  export type NodeCounters = {
    readonly [stat in NodeStat]?: number;
  } & {
    readonly unreclaimable?: boolean;
  };
  export type NodeFiles = Readonly<Record<(typeof NODE_FILES)[number], string>>;
  export interface NodeReclaimRequest {
    readonly gfp: number;
    readonly order: number;
    readonly cpu: number;
    readonly taskFlags: number;
  }
  export interface NodeReclaimed {
    readonly node: number;
    readonly gfp: number;
    readonly reclaimed: number;
    readonly rounds: number;
  }
  export type NodeStat = (typeof NODE_STATS)[number];
  export interface NodeZones {
    readonly zones: number;
    readonly inCpuset: boolean;
    readonly inNodemask: boolean;
  }
  export class Numa {
    readonly nodes: number;
    readonly cpus: number;
    readonly cpuNodes: Uint16Array;
    constructor(memory: readonly boolean[], options: NumaOptions);
    nodeOf(cpu: number): number;
    cpusOf(node: number): number;
    firstCpuOf(node: number): number;
    splitCpus(node: number): number;
    distance(from: number, to: number): number;
    allowsReclaim(from: number, to: number): boolean;
    fallbackOrder(node: number): readonly number[];
  }
  export interface NumaOptions {
    readonly cpus?: number;
    readonly cpuNodes?: readonly number[];
    readonly distances?: readonly (readonly number[])[];
  }
  export class NumaStats implements NumaStatsState {
    miss: number;
    foreign: number;
    other: number;
    interleave: number;
    save(): NumaStatsState;
    load({ miss, foreign, other, interleave }: NumaStatsState): void;
  }
  export interface NumaStatsState {
    readonly miss: number;
    readonly foreign: number;
    readonly other: number;
    readonly interleave: number;
  }
  export const OOM_SCORE_ADJ_MAX = 1000;
  export const OOM_SCORE_ADJ_MIN = -1000;
  export class ObjectCharge {
    get bytes(): number;
    get pages(): number;
    pagesFor(bytes: number): number;
    add(bytes: number, pages: number): void;
    remove(bytes: number): number;
    drain(): number;
    save(): ObjectChargeState;
    load([bytes, pages]: ObjectChargeState): void;
  }
  export interface ObjectChargeRequest extends Omit<PageCharge, 'page'> {
    readonly bytes: number;
  }
  export type ObjectChargeState = readonly [
    bytes: number,
    pages: number
  ];
  export interface OomCandidate {
    readonly rss: number;
    readonly swapEntries?: number;
    readonly pageTableBytes?: number;
    readonly scoreAdj?: number;
    readonly unkillable?: boolean;
    readonly skipped?: boolean;
    readonly inVfork?: boolean;
    readonly isVictim?: boolean;
    readonly isOrigin?: boolean;
    readonly ineligible?: boolean;
  }
  export type OomChoice<T> = {
    readonly kind: 'victim';
    readonly task: T;
    readonly points: number;
  } | {
    readonly kind: 'pending';
  } | {
    readonly kind: 'none';
  };
  export type OomConstraint = 'CONSTRAINT_NONE' | 'CONSTRAINT_CPUSET' | 'CONSTRAINT_MEMORY_POLICY' | 'CONSTRAINT_MEMCG';
  export interface OomDomain {
    readonly constraint: OomConstraint;
    readonly totalPages: number;
  }
  export interface OomKill {
    readonly invoker: {
      readonly name: string;
      readonly scoreAdj?: number;
    };
    readonly gfp: number;
    readonly order: number;
    readonly stack?: readonly string[];
    readonly memInfo: string;
    readonly tasks: readonly OomReportTask[];
    readonly constraint?: OomConstraint;
    readonly nodemask?: string;
    readonly memsAllowed?: string;
    readonly memcg?: string;
    readonly taskMemcg?: string;
  }
  export interface OomReportTask {
    readonly pid: number;
    readonly name: string;
    readonly uid?: number;
    readonly pages: number;
    readonly rss: number;
    readonly fileRss?: number;
    readonly pageTableBytes?: number;
    readonly swapEntries?: number;
    readonly scoreAdj?: number;
    readonly isVictim: boolean;
  }
  export interface OomRequest<T extends OomCandidate> {
    readonly gfp: number;
    readonly memcg?: boolean;
    readonly currentDies?: boolean;
    readonly tasks: Iterable<T>;
    readonly totalPages: number;
  }
  export type OomVerdict<T> = OomChoice<T> | {
    readonly kind: 'refused';
  } | {
    readonly kind: 'self';
  };
  export const PAGEBLOCK_ORDER: number;
  export const PF: _scopemask_core.Domain<"PF", "DUMPCORE" | "EXITING" | "FORKNOEXEC" | "IDLE" | "IO_WORKER" | "KSWAPD" | "KTHREAD" | "LOCAL_THROTTLE" | "MCE_EARLY" | "MCE_PROCESS" | "MEMALLOC" | "MEMALLOC_NOFS" | "MEMALLOC_NOIO" | "MEMALLOC_PIN" | "NOFREEZE" | "NO_NOTIFY_SIGNAL" | "NO_SETAFFINITY" | "NPROC_EXCEEDED" | "POSTCOREDUMP" | "RANDOMIZE" | "SIGNALED" | "SUPERPRIV" | "SUSPEND_TASK" | "USED_MATH" | "VCPU" | "WQ_WORKER" | "_HOLE__00004000" | "_HOLE__00010000" | "_HOLE__01000000" | "_HOLE__02000000" | "_HOLE__20000000" | "_HOLE__40000000">;
  export const PF_KSWAPD: TaskFlags;
  export const PF_LOCAL_THROTTLE: TaskFlags;
  export const PF_MEMALLOC: TaskFlags;
  export const PF_MEMALLOC_NOFS: TaskFlags;
  export const PF_MEMALLOC_NOIO: TaskFlags;
  export const PF_MEMALLOC_PIN: TaskFlags;
  export const PG_ACTIVE = 2;
  export const PG_DIRTY = 8;
  export const PG_FILE = 1;
  export const PG_PRIVATE = 64;
  export const PG_RECLAIM = 32;
  export const PG_REFERENCED = 4;
  export const PG_SWAPCACHE = 64;
  export const PG_WORKINGSET = 128;
  export const PG_WRITEBACK = 16;
  export class PageAllocator {
    readonly zones: Zones;
    readonly frames: PageFrames;
    readonly cpus: number;
    readonly lru: Lru;
    readonly workingset: Workingset;
    readonly memcgs: MemCgroups;
    readonly contig: ContigAllocator;
    readonly callSites: CallSites;
    constructor(options: MemoryOptions, hooks?: MemoryHooks);
    get gfpAllowedMask(): number;
    set gfpAllowedMask(mask: number);
    alloc(task: Task, gfp: number, order: number, site?: number, cpu?: number): number;
    allocBulk(task: Task, gfp: number, pages: Int32Array, site?: number, cpu?: number): number;
    tryAlloc(task: Task, gfp: number, order: number, site?: number, cpu?: number): number;
    tryAgain(task: Task, gfp: number, site?: number, cpu?: number): number;
    steps(request: PageRequest): Generator<AllocStep, number, number | undefined>;
    tries({ mempolicy, ...request }: PageRequest): PageRequest[];
    allocFor(request: PageRequest): number;
    free(page: number, order: number, cpu?: number): void;
    charge(charge: PageCharge): boolean;
    charging(charge: PageCharge): Generator<ChargeStep, boolean, number | undefined>;
    chargingObject(charge: ObjectChargeRequest): Generator<ChargeStep, boolean, number | undefined>;
    returningToUser(charge: Pick<PageCharge, 'task' | 'gfp' | 'cpu'>): Generator<ChargeStep, void, number | undefined>;
    memcgReclaiming(step: Extract<ChargeStep, {
      readonly kind: 'memcg-reclaim';
    }>, charge: Pick<PageCharge, 'task' | 'cpu'>): ReclaimSteps<number>;
    isPfmemalloc(page: number): boolean;
    registerShrinker(shrinker: Shrinker): Disposable;
    balance(node: number, order?: number): boolean;
    balancing(node: number, order?: number, highest?: number): ReclaimSteps<boolean>;
    balanced(node: number, order?: number, highest?: number): boolean;
    kswapdNeeded(node: number, order?: number, highest?: number): boolean;
    kswapdHopeless(node: number): boolean;
    kswapdFailures(node: number): number;
    reclaiming(request: PageRequest, gfp: number): ReclaimSteps<number>;
    compacting(request: PageRequest, step: StepOf<'compact'>): CompactionSteps<number>;
    kcompactd(node: number, order: number, highest?: number): CompactionSteps<number>;
    compactingNode(node: number): CompactionSteps<number>;
    compacted(page: number, order: number): void;
    kcompactdSuitable(node: number, order: number, highest?: number): boolean;
    compactsProactively(node: number): boolean;
    compactingProactively(node: number, kswapdRuns: () => boolean): CompactionSteps<boolean>;
    kswapdSleeps(node: number): void;
    markAccessed(page: number): void;
    reclaimable(zone: Zone): number;
    counters(): VmCounters;
    snapshot(): PageAllocatorState;
    restore(state: PageAllocatorState): void;
    validate(): void;
  }
  export interface PageAllocatorState {
    readonly zones: ZonesState;
    readonly lru: LruState;
    readonly vmscan: VmscanState;
    readonly compaction: CompactionState;
    readonly workingset: WorkingsetState;
    readonly pfmemalloc: readonly number[];
    readonly memcgs: MemcgState;
    readonly events: Float64Array;
    readonly unsafe: readonly number[];
  }
  export interface PageCharge {
    readonly task: Task;
    readonly gfp: number;
    readonly page: number;
    readonly group?: MemCgroup;
    readonly cpu?: number;
    readonly dying?: boolean;
  }
  export class PageCounter {
    readonly parent: PageCounter | null;
    max: number;
    watermark: number;
    failures: number;
    childrenMin: number;
    childrenLow: number;
    constructor(parent: PageCounter | null);
    get usage(): number;
    get min(): number;
    set min(pages: number);
    get low(): number;
    set low(pages: number);
    get margin(): number;
    tryCharge(pages: number): PageCounter | null;
    charge(pages: number): void;
    uncharge(pages: number): void;
    save(): PageCounterState;
    load([usage, watermark, failures]: PageCounterState): void;
  }
  export type PageCounterState = readonly [
    usage: number,
    watermark: number,
    failures: number
  ];
  export class PageError extends Error {
  }
  export class PageFrames {
    readonly pages: number;
    readonly next: Int32Array;
    readonly previous: Int32Array;
    readonly state: Uint8Array;
    readonly owner: Uint16Array;
    readonly flags: Uint8Array;
    memcg: Uint16Array | null;
    constructor(pages: number, lists: number);
    newList(): number;
    isEmpty(list: number): boolean;
    first(list: number): number;
    last(list: number): number;
    add(list: number, page: number): void;
    addTail(list: number, page: number): void;
    remove(page: number): void;
    removeFirst(list: number): void;
    length(list: number): number;
    trackMemcg(): void;
    memcgOf(page: number): number;
    isUsed(page: number): boolean;
    order(page: number): number;
    kind(page: number): number;
    head(page: number): number;
    check(list: number, prove: (page: number) => void): number;
    checkBlocks(list: number, state: number, where: string): number;
    save(): FramesState;
    load(saved: FramesState): void;
  }
  export interface PageRequest {
    readonly task: Task;
    readonly gfp: number;
    readonly order: number;
    readonly site?: number;
    readonly cpu?: number;
    readonly node?: number;
    readonly mempolicy?: Mempolicy;
    readonly mappingIndex?: number;
    readonly interleaved?: boolean;
    readonly nodemask?: number;
    readonly cpuset?: number;
    readonly prio?: number;
    readonly preemptCount?: number;
    readonly oomVictim?: boolean;
  }
  export interface PageblockUse {
    readonly free: number;
    readonly movable: number;
    readonly staying: number;
    readonly mixed: number;
  }
  export type Pageout = 'clean' | 'writeback' | 'dirty' | 'keep';
  export class PerCpuPages {
    readonly batch: number;
    constructor(buddy: Buddy, batch: number);
    get high(): number;
    set high(pages: number);
    set reclaiming(reclaiming: boolean);
    get count(): number;
    alloc(order: number, migratetype: number, allocFlags: number): number;
    free(page: number, order: number, migratetype: number): void;
    drain(): void;
    save(): PerCpuState;
    load([count, freeFactor]: PerCpuState): void;
    validate(): void;
  }
  export type PerCpuState = readonly [
    count: number,
    freeFactor: number
  ];
  export const RULES_6_1: AllocatorRules;
  export const RULES_6_18: AllocatorRules;
  export type ReapStep = {
    readonly kind: 'sleep';
    readonly jiffies: number;
  } | {
    readonly kind: 'reap';
  };
  export interface ReclaimHooks {
    swapPages?(): number;
    totalSwapPages?(): number;
    addToSwap?(page: number, gfp: number): boolean;
    pageout?(page: number, gfp: number): Pageout;
    locked?(page: number): boolean;
    release?(page: number, gfp: number): boolean;
    dirtyPages?(node: number): number;
    slabPages?(node: number): number;
    nodeReclaimed?(report: NodeReclaimed): void;
    wakeFlushers?(): void;
    reclaimed?(page: number, order: number, shadow: number): void;
  }
  export type ReclaimStep = {
    readonly kind: 'scan';
    readonly scanned: number;
    readonly reclaimed: number;
  } | {
    readonly kind: 'deactivate';
    readonly pages: number;
  } | {
    readonly kind: 'age';
  } | {
    readonly kind: 'slab';
    readonly rounds: number;
    readonly priority: number;
    readonly scanned: number;
    readonly freed: number;
  } | {
    readonly kind: 'throttle';
    readonly reason: ThrottleReason;
  };
  export type ReclaimSteps<R> = Generator<ReclaimStep, R, void>;
  export interface ReclaimZone {
    readonly index: number;
    readonly free: number;
    readonly min: number;
    readonly reclaimable: number;
  }
  export interface Refault {
    readonly node: number;
    readonly shadow: number;
    readonly file?: boolean;
    readonly group?: number;
  }
  export type ReleaseSlab = (page: number, order: number, cpu: number) => void;
  export const SAME_FILLED = 0;
  export const SHRINK_STOP = -1;
  export class ScanCost {
    anon(lruvec: number): number;
    file(lruvec: number): number;
    note(lruvecs: Iterable<number>, file: boolean, pages: number): void;
    save(): ScanCostState;
    load(state: ScanCostState): void;
  }
  export type ScanCostState = Float64Array;
  export interface ShrinkControl {
    readonly gfp: number;
    readonly node: number;
    readonly nrToScan: number;
    readonly memcg?: MemCgroup;
  }
  export interface Shrinker {
    readonly name: string;
    readonly seeks?: number;
    readonly batch?: number;
    readonly memcgAware?: boolean;
    countObjects(control: ShrinkControl): number;
    scanObjects(control: ShrinkControl): number;
  }
  export class SlabAllocator {
    constructor(pages: SlabPages, owner?: (site: number) => string);
    get caches(): readonly SlabCache[];
    createCache(options: SlabCacheOptions): SlabCache;
    destroyCache(cache: SlabCache): void;
    kmalloc(task: Task, size: number, gfp: number, site?: number, cpu?: number): number;
    kfree(address: number, cpu?: number): void;
    alloc(task: Task, cache: SlabCache, gfp: number, site?: number, cpu?: number): number;
    allocSteps(task: Task, cache: SlabCache, gfp: number, site?: number, cpu?: number): Generator<AllocStep, number, number | undefined>;
    free(cache: SlabCache, address: number, cpu?: number): void;
    slabPages(reclaimable: boolean, node?: number): number;
    info(): SlabInfo[];
    save(): SlabState;
    load(state: SlabState): void;
    validate(): void;
  }
  export class SlabCache {
    readonly name: string;
    readonly layout: SlabLayout;
    readonly objectsPerSlab: number;
    readonly gfp: number;
    readonly account: boolean;
    readonly reclaimable: boolean;
    readonly number: number;
    constructor(options: SlabCacheOptions, parts: SlabCacheParts);
    get pages(): number;
    pagesOf(node: number): number;
    get inUse(): number;
    take(cpu: number, owner: number, reserves?: boolean): number;
    add(cpu: number, page: number, order: number, pfmemalloc?: boolean): void;
    fault(page: number, address: number): string | undefined;
    owner(page: number, address: number): number;
    put(cpu: number, page: number, address: number): void;
    shrink(cpu?: number): void;
    info(): SlabInfo;
    clear(): void;
    save(): SlabCacheState;
    load(state: SlabCacheState): void;
    validate(): void;
  }
  export interface SlabCacheOptions {
    readonly name: string;
    readonly size: number;
    readonly align?: number;
    readonly hwcacheAlign?: boolean;
    readonly reclaimAccount?: boolean;
    readonly account?: boolean;
    readonly dma?: boolean;
  }
  export interface SlabCacheParts {
    readonly number: number;
    readonly frames: PageFrames;
    readonly cpus: number;
    readonly release: ReleaseSlab;
    readonly nodes?: SlabNodes | undefined;
  }
  export interface SlabCacheState {
    readonly slabs: SlabTableState;
    readonly active: Int32Array;
    readonly kept: Int32Array;
    readonly keptCount: Int32Array;
    readonly partial: readonly (readonly [
      first: number,
      last: number,
      count: number
    ])[];
    readonly pfmemalloc: readonly number[];
    readonly totals: readonly [
      slabs: number,
      objects: number
    ];
    readonly pages: readonly number[];
  }
  export type SlabColumn = Int32Array | Uint16Array | Uint8Array;
  export class SlabError extends Error {
  }
  export interface SlabInfo {
    readonly name: string;
    readonly activeObjects: number;
    readonly objects: number;
    readonly objectSize: number;
    readonly objectsPerSlab: number;
    readonly pagesPerSlab: number;
    readonly slabs: number;
  }
  export interface SlabLayout {
    readonly size: number;
    readonly order: number;
    readonly minOrder: number;
    readonly cpuPartialSlabs: number;
    readonly minPartial: number;
  }
  export interface SlabNodes {
    readonly nodes: number;
    nodeOf(cpu: number): number;
    zoneOf(page: number): {
      readonly node: number;
    };
    readonly numa: {
      fallbackOrder(node: number): readonly number[];
    };
  }
  export interface SlabPageRequest {
    readonly task: Task;
    readonly gfp: number;
    readonly order: number;
    readonly site: number;
    readonly cpu: number;
  }
  export interface SlabPages {
    readonly frames: PageFrames;
    readonly cpus: number;
    isPfmemalloc?(page: number): boolean;
    readonly zones?: SlabNodes;
    alloc(task: Task, gfp: number, order: number, site: number, cpu: number): number;
    free(page: number, order: number, cpu: number): void;
    steps?(request: SlabPageRequest): Generator<AllocStep, number, number | undefined>;
  }
  export type SlabState = readonly (SlabCacheState | null)[];
  export interface SlabTableState {
    readonly size: number;
    readonly spare: number;
    readonly bySlab: readonly SlabColumn[];
    readonly byObject: readonly Uint16Array[];
  }
  export type StepHandlers<C> = {
    readonly [K in AllocStep['kind']]: (step: StepOf<K>, context: C) => AllocAnswer;
  };
  export type StepOf<K extends AllocStep['kind']> = Extract<AllocStep, Readonly<Record<'kind', K>>>;
  export interface SwapAreaOptions {
    readonly pages: number;
    readonly priority?: number;
    readonly zram?: Zram;
  }
  export class SwapSpace {
    constructor(areas: readonly SwapAreaOptions[], groups?: MemCgroups | null);
    get pages(): number;
    get free(): number;
    get zramPages(): number;
    alloc(page?: number): number;
    release(entry: number): void;
    write(entry: number, bytes: number): boolean;
    read(entry: number): void;
    isZram(entry: number): boolean;
  }
  export type Task = Task$1<'PF'>;
  export type TaskFlags = Mask<'PF'>;
  export type ThrottleReason = 'writeback' | 'isolated' | 'noprogress' | 'congested';
  export interface UnsafeSite {
    readonly site: string;
    readonly count: number;
  }
  export const VM_EVENTS: readonly [
    "pgpgin",
    "pgpgout",
    "pswpin",
    "pswpout",
    "pgalloc_dma",
    "pgalloc_dma32",
    "pgalloc_normal",
    "pgalloc_movable",
    "allocstall_dma",
    "allocstall_dma32",
    "allocstall_normal",
    "allocstall_movable",
    "pgskip_dma",
    "pgskip_dma32",
    "pgskip_normal",
    "pgskip_movable",
    "pgfree",
    "pgactivate",
    "pgdeactivate",
    "pglazyfree",
    "pgfault",
    "pgmajfault",
    "pglazyfreed",
    "pgrefill",
    "pgreuse",
    "pgsteal_kswapd",
    "pgsteal_direct",
    "pgdemote_kswapd",
    "pgdemote_direct",
    "pgscan_kswapd",
    "pgscan_direct",
    "pgscan_direct_throttle",
    "pgscan_anon",
    "pgscan_file",
    "pgsteal_anon",
    "pgsteal_file",
    "zone_reclaim_failed",
    "pginodesteal",
    "slabs_scanned",
    "kswapd_inodesteal",
    "kswapd_low_wmark_hit_quickly",
    "kswapd_high_wmark_hit_quickly",
    "pageoutrun",
    "pgrotated",
    "drop_pagecache",
    "drop_slab",
    "oom_kill",
    "numa_pte_updates",
    "numa_huge_pte_updates",
    "numa_hint_faults",
    "numa_hint_faults_local",
    "numa_pages_migrated",
    "pgmigrate_success",
    "pgmigrate_fail",
    "thp_migration_success",
    "thp_migration_fail",
    "thp_migration_split",
    "compact_migrate_scanned",
    "compact_free_scanned",
    "compact_isolated",
    "compact_stall",
    "compact_fail",
    "compact_success",
    "compact_daemon_wake",
    "compact_daemon_migrate_scanned",
    "compact_daemon_free_scanned"
  ];
  export interface VmCounters {
    readonly nodes?: readonly NodeCounters[];
    readonly zones?: readonly Readonly<Partial<Record<ZoneLabel, ZoneCounters>>>[];
    readonly events?: Readonly<Partial<Record<VmEvent, number>>>;
    readonly dirtyThreshold?: number;
    readonly dirtyBackgroundThreshold?: number;
    readonly freeSwap?: number;
    readonly totalSwap?: number;
  }
  export type VmEvent = (typeof VM_EVENTS)[number] | (typeof CMA_EVENTS)[number];
  export interface VmscanState {
    readonly failures: readonly number[];
    readonly dirty: readonly boolean[];
    readonly writeback: readonly boolean[];
    readonly congested: readonly number[];
    readonly deferred: readonly (readonly number[])[];
    readonly costs: ScanCostState;
  }
  export interface Watermarks {
    readonly min: number;
    readonly low: number;
    readonly high: number;
    readonly promo: number;
  }
  export class Workingset {
    activation(lruvec: number): void;
    evict(page: number, flags: number, target?: MemCgroup | null): number;
    refault({ node, shadow, file, group }: Refault): number;
    protected(lruvec: number, file: boolean, pages: number): void;
    changing(lruvec: number, file?: boolean): boolean;
    look(lruvec: number): void;
    counters(node: number): WorkingsetCounters;
    save(): WorkingsetState;
    load(state: WorkingsetState): void;
  }
  export interface WorkingsetCounters {
    readonly workingset_refault_file: number;
    readonly workingset_activate_file: number;
    readonly workingset_restore_file: number;
    readonly workingset_refault_anon: number;
    readonly workingset_activate_anon: number;
    readonly workingset_restore_anon: number;
  }
  export type WorkingsetState = Float64Array;
  export type WritebackCase = 'immediate' | 'mark' | 'wait';
  export interface WritebackPage {
    readonly swapcache: boolean;
    readonly swapFsOps: boolean;
    readonly reclaim: boolean;
  }
  export const ZERO_SIZE_PTR = -16;
  export const ZONELIST_FALLBACK = 0;
  export const ZONELIST_NOFALLBACK = 1;
  export const ZONES: readonly [
    'DMA',
    'DMA32',
    'Normal',
    'Movable'
  ];
  export const ZONES_AMD64: readonly ZoneName[];
  export const ZONE_DEVICE_LABEL = "Device";
  export const ZONE_STATS: readonly [
    'nr_free_pages',
    'nr_zone_inactive_anon',
    'nr_zone_active_anon',
    'nr_zone_inactive_file',
    'nr_zone_active_file',
    'nr_zone_unevictable',
    'nr_zone_write_pending',
    'nr_mlock',
    'nr_bounce',
    'nr_zspages',
    'nr_free_cma'
  ];
  export class Zone implements FreeState {
    readonly name: ZoneLabel;
    readonly index: number;
    readonly node: number;
    readonly start: number;
    readonly managed: number;
    readonly buddy: Buddy;
    readonly perCpu: readonly PerCpuPages[];
    readonly cma: boolean;
    cmaPages: number;
    lowmemReserve: readonly number[];
    boosted: boolean;
    allocated: number;
    blocks: number;
    readonly numa: NumaStats;
    onBoosted: ((zone: Zone) => void) | null;
    onFallback: ((event: FallbackEvent) => void) | null;
    constructor(frames: PageFrames, options: ZoneOptions);
    setReserves(watermarks: Watermarks, lowmemReserve: readonly number[]): void;
    get watermarks(): Watermarks;
    get boost(): number;
    set boost(pages: number);
    get reservedHighatomic(): number;
    set reservedHighatomic(pages: number);
    get reclaiming(): boolean;
    set reclaiming(reclaiming: boolean);
    get freePages(): number;
    get freeInPageblocks(): number;
    get freeCma(): number;
    lists(order: number): number;
    hasPlenty(order: number, highest: number): boolean;
    hasPlentyOutsideCma(order: number, highest: number): boolean;
    hasRoom(order: number, highest: number, allocFlags: number, atomic: boolean, more?: number): boolean;
    alloc(order: number, migratetype: number, allocFlags: number, cpu: number): number;
    allocKept(migratetype: number, allocFlags: number, cpu: number): number;
    free(page: number, order: number, cpu: number): void;
    drain(): void;
    reserveHighatomic(page: number, order: number): void;
    unreserveHighatomic(migratetype: number, force: boolean): boolean;
    save(): ZoneState;
    load(state: ZoneState): void;
    validate(): void;
  }
  export interface ZoneCompactionState {
    readonly migrateAsync: number;
    readonly migrateSync: number;
    readonly free: number;
    readonly considered: number;
    readonly deferShift: number;
    readonly orderFailed: number;
    readonly flush: boolean;
    readonly skip: Uint8Array;
  }
  export type ZoneCounters = {
    readonly [stat in Exclude<ZoneStat, 'nr_free_pages' | 'nr_free_cma'>]?: number;
  };
  export type ZoneLabel = (typeof ZONES)[number];
  export type ZoneName = 'ZONE_DMA' | 'ZONE_DMA32' | 'ZONE_NORMAL' | 'ZONE_HIGHMEM' | 'ZONE_MOVABLE' | 'ZONE_DEVICE';
  export interface ZoneReserves {
    readonly watermarks: readonly Watermarks[];
    readonly lowmemReserve: readonly (readonly number[])[];
  }
  export type ZoneStat = (typeof ZONE_STATS)[number] | (typeof NUMA_STATS)[number];
  export interface ZoneState {
    readonly buddy: BuddyState;
    readonly perCpu: readonly PerCpuState[];
    readonly boost: number;
    readonly reservedHighatomic: number;
    readonly boosted: boolean;
    readonly reclaiming: boolean;
    readonly allocated: number;
    readonly blocks: number;
    readonly numa: NumaStatsState;
  }
  export class Zones {
    readonly frames: PageFrames;
    readonly all: readonly Zone[];
    readonly devices: readonly DeviceMemory[];
    readonly cma: boolean;
    readonly cmaAreas: readonly CmaArea[];
    readonly nodes: number;
    readonly cpus: number;
    readonly numa: Numa;
    readonly rules: AllocatorRules;
    readonly populated: number;
    readonly minFreeKbytes: number;
    readonly totalReserve: number;
    nodeReclaim: ((zone: Zone, request: NodeReclaimRequest) => boolean) | null;
    nodeDirtyOk: ((node: number) => boolean) | null;
    constructor(options: MemoryOptions, owner: (owner: number) => string, lists?: number);
    freePages(node?: number): number;
    zoneOf(page: number): Zone;
    nodeOf(cpu: number): number;
    reserveOf(node: number): number;
    populatedOf(node: number): number;
    zonelist(gfp: number, node: number, nodemask?: number): readonly Zone[];
    allocFast(gfp: number, order: number, cpu: number): number;
    alloc(gfp: number, order: number, allocFlags: number, from: From): number;
    bulkZone(gfp: number, pages: number, cpu: number): Zone | undefined;
    bulkFlags(gfp: number): number;
    served(zone: Zone, preferred: Zone, cpu: number, blocks?: number): void;
    drain(): void;
    save(): ZonesState;
    load(state: ZonesState): void;
    validate(): void;
  }
  export interface ZonesState {
    readonly frames: FramesState;
    readonly zones: readonly ZoneState[];
    readonly cmaAreas: readonly CmaAreaState[];
  }
  export class Zram {
    constructor(slots: number, source: ZsPages);
    write(slot: number, bytes: number): boolean;
    read(slot: number): void;
    isCompressed(slot: number): boolean;
    free(slot: number): void;
    get pages(): number;
    get work(): ZramWork;
    get stat(): ZramStat;
  }
  export interface ZramStat {
    readonly orig_data_size: number;
    readonly compr_data_size: number;
    readonly mem_used_total: number;
    readonly mem_used_max: number;
    readonly same_pages: number;
    readonly huge_pages: number;
  }
  export interface ZramWork {
    readonly compressions: number;
    readonly decompressions: number;
    readonly writestalls: number;
  }
  export interface ZsPages {
    alloc(gfp: number): number;
    free(page: number): void;
  }
  export const __GFP_ACCOUNT = 4194304;
  export const __GFP_COMP = 262144;
  export const __GFP_DIRECT_RECLAIM = 1024;
  export const __GFP_DMA = 1;
  export const __GFP_DMA32 = 4;
  export const __GFP_FS = 128;
  export const __GFP_HARDWALL = 1048576;
  export const __GFP_HIGH = 32;
  export const __GFP_HIGHMEM = 2;
  export const __GFP_IO = 64;
  export const __GFP_KSWAPD_RECLAIM = 2048;
  export const __GFP_MEMALLOC = 131072;
  export const __GFP_MOVABLE = 8;
  export const __GFP_NOFAIL = 32768;
  export const __GFP_NOMEMALLOC = 524288;
  export const __GFP_NORETRY = 65536;
  export const __GFP_NOWARN = 8192;
  export const __GFP_RECLAIM: number;
  export const __GFP_RECLAIMABLE = 16;
  export const __GFP_RETRY_MAYFAIL = 16384;
  export const __GFP_THISNODE = 2097152;
  export const __GFP_WRITE = 4096;
  export const __GFP_ZERO = 256;
  export function allocFlagsNofragment(gfp: number, preferred: number, onlineNodes: number, populated: number, dma32?: number): number;
  export function allocPages(request: AllocRequest): Generator<AllocStep, number, AllocAnswer>;
  export function allowDirectReclaim(zones: readonly ReclaimZone[], kswapdFailures: number): boolean;
  export function atOnce<R>(steps: Generator<unknown, R, undefined>): R;
  export function buddyinfo(zones: readonly Zone[]): string;
  export function calculateMinFreeKbytes(freeBufferPages: number, user: number, before: number): {
    readonly kbytes: number;
    readonly kept: boolean;
  };
  export function currentGfpContext(taskFlags: number, gfp: number): number;
  export function currentMayThrottle(taskFlags: number): boolean;
  export function findSuitableFallback({ free, lists }: FreeArea, order: number, migratetype: number, onlyStealable: boolean, mobilityDisabled?: boolean): Fallback;
  export function formatGfp(layout: GfpLayout, gfp: number): string;
  export function formatGfpTrace(layout: GfpLayout, gfp: number): string;
  export function fragmentationIndex({ buddy }: Zone, order: number): number;
  export function fsReclaimAcquire(layout: GfpLayout, taskFlags: number, gfp: number): FsReclaim;
  export function fsReclaimRelease(layout: GfpLayout, taskFlags: number, gfp: number): boolean;
  export function gfpClass(gfp: number, layout?: GfpLayout): GfpClass;
  export function gfpCompactionAllowed(gfp: number): boolean;
  export function gfpLayout(release: string, config?: GfpConfig): GfpLayout;
  export function gfpMeaning(layout: GfpLayout, gfp: number, taskFlags?: TaskFlags): GfpMeaning;
  export function gfpMigratetype(gfp: number, pageGroupByMobilityDisabled?: boolean): number;
  export function gfpMobilityInvalid(gfp: number): boolean;
  export function gfpPfmemallocAllowed(gfp: number, taskFlags: number, preemptCount: number, oomVictim: boolean): boolean;
  export function gfpPfmemallocFlags(gfp: number, taskFlags: number, preemptCount: number, oomVictim: boolean): number;
  export function gfpToAllocFlags(gfp: number, order: number, prio: number, preemptCount: number, cma?: boolean): number;
  export function gfpToAllocFlagsCma(gfp: number, allocFlags: number, cma: boolean): number;
  export function gfpZone(gfp: number, zones?: readonly ZoneName[]): GfpZone;
  export function gfpZoneBad(gfp: number): boolean;
  export function gfpZoneIndex(gfp: number, table?: Uint8Array): number;
  export function gfpZoneTable(zones: readonly ZoneName[]): Uint8Array;
  export function gfpZonelist(gfp: number): typeof ZONELIST_FALLBACK | typeof ZONELIST_NOFALLBACK;
  export function gfpflagsAllowBlocking(gfp: number): boolean;
  export function givesUpReclaim(wait: DirectReclaimWait | null, fatalSignal: boolean): boolean;
  export function inHardirq(preemptCount: number): boolean;
  export function inInterrupt(preemptCount: number): boolean;
  export function inNmi(preemptCount: number): boolean;
  export function inServingSoftirq(preemptCount: number): boolean;
  export function inTask(preemptCount: number): boolean;
  export const linux6_1: KernelLayout<CommonFlag | '__GFP_RETRY_MAYFAIL' | '__GFP_ZEROTAGS' | '__GFP_ATOMIC' | '__GFP_SKIP_ZERO' | '__GFP_SKIP_KASAN_UNPOISON' | '__GFP_SKIP_KASAN_POISON' | 'GFP_TRANSHUGE_LIGHT'>;
  export const linux6_18: KernelLayout<CommonFlag | '__GFP_RETRY_MAYFAIL' | '__GFP_ZEROTAGS' | '__GFP_SKIP_ZERO' | '__GFP_SKIP_KASAN' | '__GFP_NO_OBJ_EXT' | 'GFP_TRANSHUGE_LIGHT'>;
  export function mayEnterFs(gfp: number, swapcache: boolean, swapFsOps: boolean): boolean;
  export function memInfo(zones: Zones, counters?: VmCounters, cpu?: number): string;
  export function memallocFlagsRestore(task: Task, token: TaskFlags): void;
  export function memallocFlagsSave(task: Task, flags: TaskFlags): TaskFlags;
  export function memallocNofsRestore(task: Task, token: TaskFlags): void;
  export function memallocNofsSave(task: Task): TaskFlags;
  export function memallocNoioRestore(task: Task, token: TaskFlags): void;
  export function memallocNoioSave(task: Task): TaskFlags;
  export function memallocNoreclaimRestore(task: Task, token: TaskFlags): void;
  export function memallocNoreclaimSave(task: Task): TaskFlags;
  export function memallocPinRestore(task: Task, token: TaskFlags): void;
  export function memallocPinSave(task: Task): TaskFlags;
  export function memallocRetryWait(taskFlags: number, gfp: number, hz?: number): number;
  export function meminfo(zones: Zones, counters?: VmCounters, { buffers }?: MeminfoExtras): string;
  export function mempoolAlloc(gfp: number, hz?: number): Generator<MempoolStep, MempoolResult, boolean>;
  export function mightAlloc(layout: GfpLayout, taskFlags: number, gfp: number): MightAlloc;
  export function needReclaim(layout: GfpLayout, taskFlags: number, gfp: number): boolean;
  export function nodeFiles(zones: Zones, node: number, counters?: VmCounters): NodeFiles;
  export function numberList(numbers: readonly number[]): string;
  export function oomBadness(task: OomCandidate, totalPages: number): number | undefined;
  export function oomDomain(request: {
    readonly gfp: number;
    readonly pages: readonly number[];
    readonly swap?: number;
    readonly memcgMax?: number;
    readonly nodemask?: number | undefined;
    readonly cpuset?: number | undefined;
  }): OomDomain;
  export function oomKilledLine(task: OomReportTask, memcg?: string): string;
  export function oomReap(): Generator<ReapStep, boolean, boolean>;
  export function oomReport(kill: OomKill): string;
  export function outOfMemory<T extends OomCandidate>(request: OomRequest<T>): OomVerdict<T>;
  export function pageblockUse(zones: readonly Zone[]): PageblockUse;
  export function pagetypeinfo(zones: readonly Zone[]): string;
  export function parseGfp(layout: GfpLayout, text: string): number;
  export function perform<C>(handlers: StepHandlers<C>, step: AllocStep, context: C): AllocAnswer;
  export function prepareAllocPages(gfp: number, environment: AllocEnvironment): AllocContext;
  export function reclaimThrottle(taskFlags: number, reason: ThrottleReason, skipNoprogress: boolean, hz?: number): number | null;
  export function selectBadProcess<T extends OomCandidate>(tasks: Iterable<T>, totalPages: number): OomChoice<T>;
  export function setupZoneReserves(minFreeKbytes: number, managed: readonly number[], watermarkScaleFactor: number, lowmemReserveRatio: readonly number[], total?: number): ZoneReserves;
  export function slabinfo(caches: readonly SlabInfo[]): string;
  export function throttleDirectReclaim(gfp: number, taskFlags: number, fatalSignal: boolean, zones: readonly ReclaimZone[], kswapdFailures: number, hz?: number): DirectReclaimWait | null;
  export function totalReservePages(managed: readonly number[], { watermarks, lowmemReserve }: ZoneReserves): number;
  export function vmstat(zones: readonly Zone[], counters?: VmCounters): string;
  export function writebackCase(gfp: number, page: WritebackPage, kswapd: boolean, writebackFlag: boolean, sane: boolean): WritebackCase;
  export function zoneWatermarkFast(zone: FreeState, order: number, mark: number, lowmemReserve: number, allocFlags: number, min: number, boost: number, atomic: boolean): boolean;
  export function zoneWatermarkOk(zone: FreeState, order: number, mark: number, lowmemReserve: number, allocFlags: number): boolean;
  export function zoneinfo(zones: Zones, counters?: VmCounters): string;
}

declare module '@scopemask/allocator/gfp' {
  export {
  ALLOC_CMA,
  ALLOC_CPUSET,
  ALLOC_HIGHATOMIC,
  ALLOC_KSWAPD,
  ALLOC_MIN_RESERVE,
  ALLOC_NOFRAGMENT,
  ALLOC_NON_BLOCK,
  ALLOC_NO_WATERMARKS,
  ALLOC_OOM,
  ALLOC_RESERVES,
  ALLOC_WMARK_HIGH,
  ALLOC_WMARK_LOW,
  ALLOC_WMARK_MASK,
  ALLOC_WMARK_MIN,
  AllocContext,
  AllocEnvironment,
  CommonFlag,
  FlagName,
  FsReclaim,
  GFP_HIGHUSER,
  GFP_KERNEL,
  GFP_KERNEL_ACCOUNT,
  GFP_MOVABLE_MASK,
  GFP_NOFS,
  GFP_NOIO,
  GFP_USER,
  GFP_ZONEMASK,
  GfpClass,
  GfpConfig,
  GfpEffort,
  GfpLayout,
  GfpMasks,
  GfpMeaning,
  GfpParseError,
  GfpReserves,
  GfpZone,
  KernelLayout,
  MIGRATE_HIGHATOMIC,
  MIGRATE_MOVABLE,
  MIGRATE_RECLAIMABLE,
  MIGRATE_UNMOVABLE,
  MightAlloc,
  PF,
  PF_KSWAPD,
  PF_LOCAL_THROTTLE,
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  PF_MEMALLOC_PIN,
  Task,
  TaskFlags,
  ZONELIST_FALLBACK,
  ZONELIST_NOFALLBACK,
  ZONES_AMD64,
  ZoneName,
  __GFP_ACCOUNT,
  __GFP_COMP,
  __GFP_DIRECT_RECLAIM,
  __GFP_DMA,
  __GFP_DMA32,
  __GFP_FS,
  __GFP_HARDWALL,
  __GFP_HIGH,
  __GFP_HIGHMEM,
  __GFP_IO,
  __GFP_KSWAPD_RECLAIM,
  __GFP_MEMALLOC,
  __GFP_MOVABLE,
  __GFP_NOFAIL,
  __GFP_NOMEMALLOC,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_RECLAIM,
  __GFP_RECLAIMABLE,
  __GFP_RETRY_MAYFAIL,
  __GFP_THISNODE,
  __GFP_WRITE,
  __GFP_ZERO,
  allocFlagsNofragment,
  currentGfpContext,
  currentMayThrottle,
  formatGfp,
  formatGfpTrace,
  fsReclaimAcquire,
  fsReclaimRelease,
  gfpClass,
  gfpCompactionAllowed,
  gfpLayout,
  gfpMeaning,
  gfpMigratetype,
  gfpMobilityInvalid,
  gfpPfmemallocAllowed,
  gfpPfmemallocFlags,
  gfpToAllocFlags,
  gfpToAllocFlagsCma,
  gfpZone,
  gfpZoneBad,
  gfpZoneIndex,
  gfpZoneTable,
  gfpZonelist,
  gfpflagsAllowBlocking,
  inHardirq,
  inInterrupt,
  inNmi,
  inServingSoftirq,
  inTask,
  linux6_1,
  linux6_18,
  mayEnterFs,
  memallocFlagsRestore,
  memallocFlagsSave,
  memallocNofsRestore,
  memallocNofsSave,
  memallocNoioRestore,
  memallocNoioSave,
  memallocNoreclaimRestore,
  memallocNoreclaimSave,
  memallocPinRestore,
  memallocPinSave,
  memallocRetryWait,
  mightAlloc,
  needReclaim,
  parseGfp,
  prepareAllocPages,
  } from '@scopemask/allocator';
}

declare module '@scopemask/allocator/pages' {
  export {
  ACTIVE_ANON,
  ACTIVE_FILE,
  AllocAnswer,
  AllocRequest,
  AllocStep,
  AllocatorRules,
  Buddy,
  BuddyState,
  COMPACT_COMPLETE,
  COMPACT_CONTENDED,
  COMPACT_CONTINUE,
  COMPACT_DEFERRED,
  COMPACT_PARTIAL_SKIPPED,
  COMPACT_PRIO_ASYNC,
  COMPACT_PRIO_SYNC_FULL,
  COMPACT_PRIO_SYNC_LIGHT,
  COMPACT_RETRY,
  COMPACT_RETRY_HARDER,
  COMPACT_SKIPPED,
  COMPACT_SUCCESS,
  CallSites,
  ChargeRequest,
  ChargeStep,
  CmaArea,
  CmaAreaOptions,
  CmaAreaState,
  CmaRequest,
  CompactionState,
  CompactionStep,
  CompactionSteps,
  ContigAllocator,
  ContigRequest,
  ContigResult,
  ContigStep,
  ContigSteps,
  DeviceMemory,
  DirectReclaimWait,
  FALLBACKS,
  Fallback,
  FallbackEvent,
  FallbackRule,
  FramesState,
  FreeArea,
  FreeState,
  FreelistSearch,
  From,
  GenType,
  INACTIVE_ANON,
  INACTIVE_FILE,
  InvariantError,
  LivelockError,
  Lru,
  LruGen,
  LruGenState,
  LruState,
  MAX_ORDER,
  MemCgroup,
  MemCgroups,
  MemcgEvents,
  MemcgLimits,
  MemcgState,
  MemcgSwapEvents,
  MemoryHooks,
  MemoryOptions,
  Mempolicy,
  MempolicyMode,
  MigrateHooks,
  NO_LIMIT,
  NO_PAGE,
  NO_SWAP_ENTRY,
  NodeReclaimRequest,
  NodeReclaimed,
  NodeZones,
  Numa,
  NumaOptions,
  NumaStats,
  NumaStatsState,
  OOM_SCORE_ADJ_MAX,
  OOM_SCORE_ADJ_MIN,
  ObjectCharge,
  ObjectChargeRequest,
  ObjectChargeState,
  OomCandidate,
  OomChoice,
  OomConstraint,
  OomDomain,
  OomRequest,
  OomVerdict,
  PAGEBLOCK_ORDER,
  PG_ACTIVE,
  PG_DIRTY,
  PG_FILE,
  PG_PRIVATE,
  PG_RECLAIM,
  PG_REFERENCED,
  PG_SWAPCACHE,
  PG_WORKINGSET,
  PG_WRITEBACK,
  PageAllocator,
  PageAllocatorState,
  PageCharge,
  PageCounter,
  PageCounterState,
  PageError,
  PageFrames,
  PageRequest,
  Pageout,
  PerCpuPages,
  PerCpuState,
  RULES_6_1,
  RULES_6_18,
  ReapStep,
  ReclaimHooks,
  ReclaimStep,
  ReclaimSteps,
  ReclaimZone,
  Refault,
  SAME_FILLED,
  SHRINK_STOP,
  ScanCost,
  ScanCostState,
  ShrinkControl,
  Shrinker,
  StepHandlers,
  StepOf,
  SwapAreaOptions,
  SwapSpace,
  ThrottleReason,
  UnsafeSite,
  VmscanState,
  Watermarks,
  Workingset,
  WorkingsetCounters,
  WorkingsetState,
  WritebackCase,
  WritebackPage,
  ZONES,
  ZONE_DEVICE_LABEL,
  Zone,
  ZoneCompactionState,
  ZoneLabel,
  ZoneReserves,
  ZoneState,
  Zones,
  ZonesState,
  Zram,
  ZramStat,
  ZramWork,
  ZsPages,
  allocPages,
  allowDirectReclaim,
  atOnce,
  calculateMinFreeKbytes,
  findSuitableFallback,
  fragmentationIndex,
  givesUpReclaim,
  oomBadness,
  oomDomain,
  oomReap,
  outOfMemory,
  perform,
  reclaimThrottle,
  selectBadProcess,
  setupZoneReserves,
  throttleDirectReclaim,
  totalReservePages,
  writebackCase,
  zoneWatermarkFast,
  zoneWatermarkOk,
  } from '@scopemask/allocator';
}

declare module '@scopemask/allocator/slab' {
  export {
  KMALLOC_MAX_CACHE_SIZE,
  Mempool,
  MempoolResult,
  MempoolSleep,
  MempoolSource,
  MempoolStep,
  NO_ELEMENT,
  NO_OBJECT,
  ReleaseSlab,
  SlabAllocator,
  SlabCache,
  SlabCacheOptions,
  SlabCacheParts,
  SlabCacheState,
  SlabColumn,
  SlabError,
  SlabInfo,
  SlabLayout,
  SlabNodes,
  SlabPageRequest,
  SlabPages,
  SlabState,
  SlabTableState,
  ZERO_SIZE_PTR,
  mempoolAlloc,
  } from '@scopemask/allocator';
}

declare module '@scopemask/allocator/views' {
  export {
  CMA_EVENTS,
  MeminfoExtras,
  NODE_FILES,
  NODE_STATS,
  NUMA_STATS,
  NodeCounters,
  NodeFiles,
  NodeStat,
  OomKill,
  OomReportTask,
  PageblockUse,
  VM_EVENTS,
  VmCounters,
  VmEvent,
  ZONE_STATS,
  ZoneCounters,
  ZoneStat,
  buddyinfo,
  memInfo,
  meminfo,
  nodeFiles,
  numberList,
  oomKilledLine,
  oomReport,
  pageblockUse,
  pagetypeinfo,
  slabinfo,
  vmstat,
  zoneinfo,
  } from '@scopemask/allocator';
}
