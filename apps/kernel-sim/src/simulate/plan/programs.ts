/** Plan programs: the workload that a process of a plan is, by its type. */
import type { LiveSteps } from '@scopemask/checker/live'
import { InputError } from '../../input-error.js'
import { MS, US } from '../time.js'
import { createAndUnlink, randomStat } from '../workload/metadata.js'
import type { Os } from '../workload/os.js'
import { bursts, hog, workingSet } from '../workload/programs.js'
import { appendAndSync, randomRead, streamRead, streamWrite } from '../workload/streams.js'
import { type Plan, type PlanProcess, planNumber } from './plan.js'

const PAGES_PER_MIB = 256

/** What a process does. */
export type Program = (os: Os) => LiveSteps

/** A program with what it is told: numbers that are missing are found before anything runs. */
function runs<Options>(
  program: (os: Os, options: Options) => LiveSteps,
  options: Options,
): Program {
  return (os) => program(os, options)
}

/** By type. `end` is when the process is to stop, ns. */
const PROGRAMS: Readonly<Record<string, (process: PlanProcess, end: number) => Program>> = {
  read: (process, end) =>
    runs(streamRead, {
      file: process.words.get('file') ?? process.name,
      pages: planNumber(process, 'mib') * PAGES_PER_MIB,
      chunk: planNumber(process, 'chunk', 64) / 4,
      passes: planNumber(process, 'passes', 1),
      pace: planNumber(process, 'pace_us', 0) * US,
      start: planNumber(process, 'start', 0) * MS,
      stop: end,
    }),
  write: (process, end) =>
    runs(streamWrite, {
      file: process.words.get('file') ?? process.name,
      pages: planNumber(process, 'mib') * PAGES_PER_MIB,
      chunk: planNumber(process, 'chunk', 64) / 4,
      pace: planNumber(process, 'pace_us', 0) * US,
      start: planNumber(process, 'start', 0) * MS,
      stop: end,
      fsyncEvery: planNumber(process, 'fsync', 0),
    }),
  fsync: (process, end) =>
    runs(appendAndSync, {
      file: process.words.get('file') ?? process.name,
      pages: Math.ceil(planNumber(process, 'kib', 4) / 4),
      pace: planNumber(process, 'pace_us', 0) * US,
      stop: end,
    }),
  create: (process, end) =>
    runs(createAndUnlink, {
      directories: planNumber(process, 'dirs'),
      keep: planNumber(process, 'ring'),
      pages: Math.ceil(planNumber(process, 'kib', 4) / 4),
      pace: planNumber(process, 'pace_us', 0) * US,
      stop: end,
    }),
  stat: (process, end) =>
    runs(randomStat, {
      directories: planNumber(process, 'dirs'),
      filesEach: planNumber(process, 'per'),
      pace: planNumber(process, 'pace_us', 0) * US,
      stop: end,
    }),
  rnd: (process, end) =>
    runs(randomRead, {
      file: process.words.get('file') ?? process.name,
      pages: planNumber(process, 'mib') * PAGES_PER_MIB,
      warm: planNumber(process, 'warm', 0),
      pace: planNumber(process, 'pace_us', 0) * US,
      cuts: ['cut1', 'cut2']
        .filter((key) => process.words.has(key))
        .map((key) => planNumber(process, key) * MS),
      stop: end,
    }),
  ws: (process, end) =>
    runs(workingSet, {
      pages: planNumber(process, 'mib') * PAGES_PER_MIB,
      touches: planNumber(process, 'n'),
      pace: planNumber(process, 'pace_us') * US,
      stop: end,
    }),
  hog: (process, end) =>
    runs(hog, {
      pages: planNumber(process, 'mib') * PAGES_PER_MIB,
      step: planNumber(process, 'step') / 4,
      pace: planNumber(process, 'step_us') * US,
      start: planNumber(process, 'start', 0) * MS,
      stop: end,
    }),
  burst: (process, end) =>
    runs(bursts, {
      pages: planNumber(process, 'mib') * PAGES_PER_MIB,
      period: planNumber(process, 'period_us') * US,
      start: planNumber(process, 'start', 0) * MS,
      stop: end,
    }),
}

/** Returns true if there is a program for a type of process. */
export function isProgram(type: string): boolean {
  return Object.hasOwn(PROGRAMS, type)
}

/** The program of a process. @throws InputError for a type that there is not. */
export function programOf(plan: Plan, process: PlanProcess): Program {
  const make = isProgram(process.type) ? PROGRAMS[process.type] : undefined
  if (make === undefined) {
    throw new InputError(
      `process ${process.name} on line ${process.line}: there is no type ${process.type}; there are ${Object.keys(PROGRAMS).join(', ')}`,
    )
  }
  const end = Math.min(planNumber(process, 'stop', plan.duration), plan.duration) * MS
  const start = planNumber(process, 'start', 0) * MS
  const program = make(process, end)
  return function* (os) {
    yield* os.sleepUntil(start)
    yield* program(os)
  }
}
