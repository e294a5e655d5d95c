/** Workload types: the workloads that a machine file can name, what each can be told, and the program that it is. */
import type { Program } from '../plan/programs.js'
import { MS, SECOND, US } from '../time.js'
import { BLOCK_GFPS, blocks } from '../workload/blocks.js'
import { compile } from '../workload/compile.js'
import { database } from '../workload/database.js'
import { DEVICE_SCOPES, device } from '../workload/device.js'
import { hotRead } from '../workload/hot-read.js'
import { createAndUnlink, randomStat } from '../workload/metadata.js'
import { mount } from '../workload/mount.js'
import type { Os } from '../workload/os.js'
import { bursts, hog, workingSet } from '../workload/programs.js'
import { streamRead, streamWrite } from '../workload/streams.js'
import { AREA_NAME, type NeedsCma } from './cma.js'
import { count, oneOf, optional, required, text, withDefault } from './kinds.js'
import { duration, size } from './units.js'
import { type VariantType, variantType } from './variant.js'

const PAGE = 4096
const KIB = 1024
const MIB = KIB * KIB
const GIB = KIB * MIB

const FILE_SIZE = size({ least: PAGE, most: 64 * GIB, says: '512 MiB' })
const PART = size({ least: PAGE, most: 16 * MIB, says: '64 KiB' })
const MEMORY = size({ least: PAGE, most: 64 * GIB, says: '24 MiB' })
const BUFFER = size({ least: PAGE, most: GIB, says: '2 MiB' })
const PAUSE = duration({ least: 0, most: 3600 * SECOND, says: '10 ms' })
const PERIOD = duration({ least: US, most: 3600 * SECOND, says: '2 s' })
const PERCENT = count(0, 100)
const MANY = count(1, 1_000_000)

/** The name of a file. */
const FILE_NAME = text('a name such as big.dat', /^[\w.+-][\w.+/ -]{0,99}$/)

/** When it runs, ns since the run began. */
export interface Span {
  readonly name: string
  readonly start: number
  readonly stop: number
}

/** What a workload of such a type does in its span. */
export interface WorkloadProgram {
  (span: Span): Program
  /** What it needs of a CMA area, if it does. */
  readonly cma?: NeedsCma
}

const pages = (bytes: number): number => Math.ceil(bytes / PAGE)
/** Pages of a part of a file; all of it where nothing is said. */
const part = (of: number | undefined, whole: number): number =>
  of === undefined ? pages(whole) : Math.min(pages(of), pages(whole))

const HOT = optional(
  FILE_SIZE,
  'the first part of the file, which most reads are of; by default all of it',
)
const HOT_PERCENT = withDefault(PERCENT, 90, 'how many of 100 reads are of the hot part')
/** Of those that there are: others belong to files that have paths. */
const DIRECTORIES = count(1, 8192)

/** By name. Those of one directory tree share their files. */
export const WORKLOAD_TYPES: Readonly<Record<string, VariantType<WorkloadProgram>>> = {
  read: variantType({
    says: 'reads a file from its beginning to its end, over and over',
    fields: {
      file: optional(FILE_NAME, 'the file; by default one of its own'),
      size: required(FILE_SIZE, 'the size of the file'),
      chunk: withDefault(PART, 64 * KIB, 'how much each read() asks for'),
      passes: withDefault(count(0, 1_000_000), 0, 'how often; 0 for as long as it runs'),
    },
    make:
      (values) =>
      ({ name, start, stop }: Span) =>
      (os: Os) =>
        streamRead(os, {
          file: values.file ?? name,
          pages: pages(values.size),
          chunk: pages(values.chunk),
          passes: values.passes,
          start,
          stop,
        }),
  }),
  write: variantType({
    says: 'writes a new file from its beginning to its end, once',
    fields: {
      file: optional(FILE_NAME, 'the file; by default one of its own'),
      size: required(FILE_SIZE, 'the size of the file'),
      chunk: withDefault(PART, 64 * KIB, 'how much each write() has'),
      fsync_every: withDefault(count(0, 1_000_000), 0, 'an fsync after so many writes; 0 for none'),
    },
    make:
      (values) =>
      ({ name, start, stop }: Span) =>
      (os: Os) =>
        streamWrite(os, {
          file: values.file ?? name,
          pages: pages(values.size),
          chunk: pages(values.chunk),
          fsyncEvery: values.fsync_every,
          start,
          stop,
        }),
  }),
  'random-read': variantType({
    says: 'reads single pages of a file at random',
    fields: {
      file: optional(FILE_NAME, 'the file; by default one of its own'),
      size: required(FILE_SIZE, 'the size of the file'),
      hot: HOT,
      hot_percent: HOT_PERCENT,
      warm: withDefault(count(0, 100), 0, 'how often the hot part is read from end to end first'),
      pace: withDefault(PAUSE, MS, 'the sleep after each read'),
    },
    make:
      (values) =>
      ({ name, stop }: Span) =>
      (os: Os) =>
        hotRead(os, {
          file: values.file ?? name,
          pages: pages(values.size),
          hotPages: part(values.hot, values.size),
          hotPercent: values.hot_percent,
          warm: values.warm,
          pace: values.pace,
          stop,
        }),
  }),
  create: variantType({
    says: 'creates small files, and unlinks the oldest',
    fields: {
      directories: withDefault(DIRECTORIES, 16, 'how many directories'),
      keep: withDefault(MANY, 2000, 'how many files there are at most'),
      size: withDefault(PART, 4 * KIB, 'the size of each'),
      pace: withDefault(PAUSE, MS, 'the sleep after each'),
    },
    make:
      (values) =>
      ({ stop }: Span) =>
      (os: Os) =>
        createAndUnlink(os, {
          directories: values.directories,
          keep: values.keep,
          pages: pages(values.size),
          pace: values.pace,
          stop,
        }),
  }),
  stat: variantType({
    says: 'stats random ones of many files',
    fields: {
      directories: withDefault(count(1, 200), 100, 'how many directories'),
      files_each: withDefault(count(1, 300), 200, 'how many files each has'),
      pace: withDefault(PAUSE, 500 * US, 'the sleep after each'),
    },
    make:
      (values) =>
      ({ stop }: Span) =>
      (os: Os) =>
        randomStat(os, {
          directories: values.directories,
          filesEach: values.files_each,
          pace: values.pace,
          stop,
        }),
  }),
  'working-set': variantType({
    says: 'has memory of its own, and touches random pages of it from time to time',
    fields: {
      size: required(MEMORY, 'how much memory'),
      touches: withDefault(count(1, 100_000), 16, 'how many pages each time'),
      pace: withDefault(PERIOD, 10 * MS, 'the sleep in between'),
    },
    make:
      (values) =>
      ({ stop }: Span) =>
      (os: Os) =>
        workingSet(os, {
          pages: pages(values.size),
          touches: values.touches,
          pace: values.pace,
          stop,
        }),
  }),
  hog: variantType({
    says: 'takes more and more memory',
    fields: {
      size: required(MEMORY, 'how much in the end'),
      step: withDefault(MEMORY, MIB, 'how much each time'),
      pace: withDefault(PAUSE, 100 * MS, 'the sleep in between'),
    },
    make:
      (values) =>
      ({ start, stop }: Span) =>
      (os: Os) =>
        hog(os, {
          pages: pages(values.size),
          step: pages(values.step),
          pace: values.pace,
          start,
          stop,
        }),
  }),
  burst: variantType({
    says: 'maps, touches and unmaps memory from time to time',
    fields: {
      size: required(MEMORY, 'how much memory'),
      period: withDefault(PERIOD, 2 * SECOND, 'from one burst to the next'),
    },
    make:
      (values) =>
      ({ start, stop }: Span) =>
      (os: Os) =>
        bursts(os, { pages: pages(values.size), period: values.period, start, stop }),
  }),
  database: variantType({
    says: 'runs transactions: reads pages of a table, changes some, writes a log and waits for it',
    fields: {
      table: optional(FILE_NAME, 'the file of the table; by default one of its own'),
      size: required(FILE_SIZE, 'the size of the table'),
      hot: HOT,
      hot_percent: HOT_PERCENT,
      reads: withDefault(count(1, 10_000), 4, 'how many pages a transaction reads'),
      writes: withDefault(
        count(0, 10_000),
        2,
        'how many of them it changes; with 0 it writes no log',
      ),
      log_write: withDefault(PART, 4 * KIB, 'what it writes to the log'),
      log_size: withDefault(FILE_SIZE, 16 * MIB, 'the log begins anew after that'),
      pace: withDefault(PAUSE, 5 * MS, 'the sleep after each'),
    },
    make:
      (values) =>
      ({ name, stop }: Span) =>
      (os: Os) =>
        database(os, {
          table: values.table ?? name,
          pages: pages(values.size),
          hotPages: part(values.hot, values.size),
          hotPercent: values.hot_percent,
          reads: values.reads,
          writes: values.writes,
          logWrite: pages(values.log_write),
          logPages: Math.max(pages(values.log_write), pages(values.log_size)),
          pace: values.pace,
          stop,
        }),
  }),
  compile: variantType({
    says: 'compiles: looks up headers, reads a source, computes with memory of its own, writes a small file',
    fields: {
      tree: withDefault(
        FILE_NAME,
        'tree',
        'the sources, as one file: those with the same name share it',
      ),
      size: withDefault(FILE_SIZE, 256 * MIB, 'the size of all sources'),
      source: withDefault(PART, 256 * KIB, 'what is read for one, with what it includes'),
      headers: withDefault(count(0, 10_000), 60, 'how many files are looked up for one'),
      directories: withDefault(count(1, 200), 100, 'of how many directories'),
      files_each: withDefault(count(1, 300), 40, 'how many files each has'),
      memory: withDefault(MEMORY, 8 * MIB, 'the memory that a compiler needs'),
      cpu: withDefault(
        duration({ least: US, most: 600 * SECOND, says: '50 ms' }),
        50 * MS,
        'its CPU time',
      ),
      object: withDefault(PART, 16 * KIB, 'what it writes'),
    },
    make:
      (values) =>
      ({ stop }: Span) =>
      (os: Os) =>
        compile(os, {
          tree: values.tree,
          treePages: pages(values.size),
          sourcePages: part(values.source, values.size),
          headers: values.headers,
          directories: values.directories,
          filesEach: values.files_each,
          memoryPages: pages(values.memory),
          cpu: values.cpu,
          objectPages: pages(values.object),
          stop,
        }),
  }),
  device: variantType({
    says: 'is a driver that allocates buffers in one piece from a CMA area from time to time, has them for a while, and frees them',
    fields: {
      area: optional(AREA_NAME, 'the area; by default the first'),
      size: required(BUFFER, 'the size of a buffer'),
      buffers: withDefault(count(1, 64), 1, 'how many buffers each time'),
      hold: withDefault(PERIOD, 500 * MS, 'how long it has them'),
      period: withDefault(PERIOD, SECOND, 'from one time to the next'),
      scope: withDefault(oneOf(DEVICE_SCOPES), 'none', 'the scope that it allocates in'),
    },
    make: ({ size, buffers, ...values }): WorkloadProgram =>
      Object.assign(
        ({ start, stop }: Span): Program =>
          (os: Os) =>
            device(os, { ...values, buffers, pages: pages(size), start, stop }),
        { cma: { area: values.area, bytes: pages(size) * PAGE * buffers } },
      ),
  }),
  blocks: variantType({
    says: 'is a part of the kernel that has blocks of pages that stay where they are: many come and go',
    fields: {
      order: withDefault(count(0, 10), 0, 'a block has 2 to this power pages'),
      keep: withDefault(
        MANY,
        64,
        'how many it has at most: then a random one goes for each that comes',
      ),
      each: withDefault(count(1, 100_000), 1, 'how many it asks for each time'),
      gfp: withDefault(
        oneOf(Object.keys(BLOCK_GFPS) as (keyof typeof BLOCK_GFPS)[]),
        'GFP_KERNEL',
        'how it asks',
      ),
      pace: withDefault(PERIOD, 10 * MS, 'the sleep in between'),
    },
    make:
      (values): WorkloadProgram =>
      ({ start, stop }: Span) =>
      (os: Os) =>
        blocks(os, { ...values, start, stop }),
  }),
  mount: variantType({
    says: 'mounts an image, looks up all of its files, and unmounts it after a while; its filesystem is a module, which is unloaded then',
    fields: {
      image: optional(FILE_NAME, 'the file that is mounted; by default one of its own'),
      files: withDefault(MANY, 20_000, 'how many files it has'),
      hold: withDefault(PERIOD, SECOND, 'how long it is mounted once all have been looked up'),
      period: withDefault(PERIOD, 5 * SECOND, 'from one time to the next'),
    },
    make:
      (values): WorkloadProgram =>
      ({ name, start, stop }: Span) =>
      (os: Os) =>
        mount(os, {
          ...values,
          module: name,
          image: values.image ?? `${name}.img`,
          start,
          stop,
        }),
  }),
}
