/** Print splat: the text of lockdep's reports, line by line as the kernel prints it (print_circular_bug and its kin). */
import { type Frame, printFrame } from './frame.js'
import type { Backtrace, HeldLocks, LockClass, LockUse, Splat, UnsafeScenario } from './splat.js'

/** The report; what it lacks is left out. */
export function printSplat(splat: Splat): string {
  const { title, above, below, kernel } = splat
  return [
    ...(above > 0 ? ['='.repeat(above)] : []),
    title,
    ...(kernel === undefined ? [] : [kernel]),
    ...(below > 0 ? ['-'.repeat(below)] : []),
    ...BODIES[splat.kind](splat),
    ...(splat.backtrace ? ['', ...backtrace(splat.backtrace)] : []),
    '',
  ].join('\n')
}

const INFO = 'other info that might help us debug this:'

const BODIES: Readonly<Record<Splat['kind'], (splat: Splat) => readonly string[]>> = {
  circular: (splat) => [
    ...trying(splat),
    ...lines(splat.held !== undefined, ['', 'which lock already depends on the new lock.', '', '']),
    ...lines(splat.chain.length > 0, ['the existing dependency chain (in reverse order) is:']),
    ...splat.chain.flatMap(({ depth, lock, stack }) => [
      '',
      `-> #${depth} ${classText(lock)}:`,
      ...frames('       ', stack),
    ]),
    ...more(splat, ['', INFO, '']),
    ...exists(splat),
    ...scenario(splat.scenario),
    ...heldLocks(splat.locks),
  ],
  recursive: (splat) => [
    ...trying(splat),
    ...more(splat, ['', INFO]),
    ...scenario(splat.scenario),
    ...lines(splat.scenario !== undefined, [' May be due to missing lock nesting notation', '']),
    ...heldLocks(splat.locks),
  ],
  unbalanced: (splat) => [
    `${splat.task} is trying to release lock (${splat.lock?.name}) at:`,
    ...(splat.lock?.at ?? []).map(printFrame),
    'but there are no more locks to release!',
    ...more(splat, ['', INFO]),
    ...heldLocks(splat.locks),
  ],
  'held-lock-initialized': (splat) => [
    `${splat.task} is freeing memory ${splat.lock?.name}, with a lock still held there!`,
    ...heldLocks(splat.locks),
  ],
  'inconsistent-irq': (splat) => [
    ...(splat.usages ? [`inconsistent {${splat.usages[0]}} -> {${splat.usages[1]}} usage.`] : []),
    ...lines(splat.lock !== undefined, [
      `${splat.task}${splat.contexts === undefined ? '' : ` ${splat.contexts}`} takes:`,
    ]),
    ...use(splat.lock),
    ...(splat.registered === undefined
      ? []
      : [`{${splat.usages?.[0]}} state was registered at:`, ...frames('  ', splat.registered)]),
    ...(splat.details ?? []),
    ...more(splat, ['', INFO]),
    ...scenario(splat.scenario),
    ...heldLocks(splat.locks),
  ],
  'irq-inversion': (splat) => [
    ...lines(splat.lock !== undefined, [`${splat.task} just changed the state of lock:`]),
    ...use(splat.lock),
    ...(splat.other === undefined
      ? []
      : [
          splat.otherIsSafe
            ? `but this lock was taken by another, ${splat.irq}-safe lock in the past:`
            : `but this lock took another, ${splat.irq}-unsafe lock in the past:`,
          ` ${classText(splat.other)}`,
          '',
          'and interrupts could create inverse lock ordering between them.',
          '',
        ]),
    ...more(splat, ['', INFO]),
    ...exists(splat),
    ...scenario(splat.scenario),
    ...heldLocks(splat.locks),
    ...lines((splat.details ?? []).length > 0, ['']),
    ...(splat.details ?? []),
  ],
  'irq-unsafe-order': (splat) => [
    ...lines(splat.lock !== undefined, [
      `${splat.task}${splat.contexts === undefined ? '' : ` ${splat.contexts}`} is trying to acquire:`,
    ]),
    ...use(splat.lock),
    ...lines(splat.held !== undefined, ['', 'and this task is already holding:']),
    ...use(splat.held),
    ...(splat.order === undefined || splat.lock === undefined || splat.held === undefined
      ? []
      : [
          'which would create a new lock dependency:',
          ` ${classText(splat.held)} -> ${classText(splat.lock)}`,
          '',
          `but this new dependency connects a ${splat.irq}-irq-safe lock:`,
          ` ${classText(splat.order.safe)}`,
          '',
          `to a ${splat.irq}-irq-unsafe lock:`,
          ` ${classText(splat.order.unsafe)}`,
        ]),
    ...more(splat, ['', INFO, '']),
    ...exists(splat),
    ...scenario(splat.scenario),
    ...heldLocks(splat.locks),
    ...lines((splat.details ?? []).length > 0, ['']),
    ...(splat.details ?? []),
  ],
}

function lines(wanted: boolean, texts: readonly string[]): readonly string[] {
  return wanted ? texts : []
}

/** What comes before the scenario, where there is anything further. */
function more({ scenario, exists, locks }: Splat, texts: readonly string[]): readonly string[] {
  return lines(scenario !== undefined || exists !== undefined || locks !== undefined, texts)
}

function trying({ task, lock, held }: Splat): string[] {
  return [
    ...lines(lock !== undefined, [`${task} is trying to acquire lock:`]),
    ...use(lock),
    ...lines(held !== undefined, ['', 'but task is already holding lock:']),
    ...use(held),
  ]
}

function classText({ name, usage }: LockClass): string {
  return `(${name})${usage}`
}

/** A line for each frame of the place where it is taken: what is inlined comes before. */
function use(lock: LockUse | undefined): string[] {
  return lock === undefined ? [] : useLines(lock)
}

function useLines(lock: LockUse): string[] {
  const text = `${lock.address ?? ''} ${classText(lock)}, at:`
  return lock.at.length === 0
    ? [text.slice(0, -', at:'.length)]
    : lock.at.map((frame) => `${text} ${printFrame(frame)}`)
}

function frames(indent: string, stack: readonly Frame[]): string[] {
  return stack.map((frame) => `${indent}${printFrame(frame)}`)
}

function exists({ exists }: Splat): readonly string[] {
  return exists === undefined ? [] : ['Chain exists of:', `  ${exists.join(' --> ')}`, '']
}

function scenario(scenario: UnsafeScenario | undefined): string[] {
  if (scenario === undefined) return []
  const two = scenario.cpus === 2
  return [
    ` Possible ${scenario.interrupt ? 'interrupt ' : ''}unsafe locking scenario:`,
    '',
    `       CPU0${two ? '                    CPU1' : ''}`,
    `       ----${two ? '                    ----' : ''}`,
    ...scenario.steps.map(({ cpu, does }) =>
      cpu === 0 ? `  ${does}` : `${' '.repeat(31)}${does}`,
    ),
    '',
    ' *** DEADLOCK ***',
    '',
  ]
}

function heldLocks(held: HeldLocks | undefined): string[] {
  if (held === undefined) return []
  const { task, locks, count } = held
  const heading =
    count === 0
      ? `no locks held by ${task}.`
      : `${count} lock${count === 1 ? '' : 's'} held by ${task}:`
  return [heading, ...locks.flatMap((lock, i) => useLines(lock).map((line) => ` #${i}: ${line}`))]
}

function backtrace({ head, heading, stack }: Backtrace): string[] {
  return [
    'stack backtrace:',
    ...head,
    ...(stack === null
      ? []
      : [
          heading,
          ...stack.map((each) => (typeof each === 'string' ? ` ${each}` : ` ${printFrame(each)}`)),
        ]),
  ]
}
