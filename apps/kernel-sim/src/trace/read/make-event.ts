/**
 * Make event: each kind of event in one place and one shape, whatever format it was read from. Each literal names all fields:
 * copying a common part costs more than reading the line.
 */

import type { CompactionValues } from '../compaction-tracepoints.js'
import type {
  ArmWorkEvent,
  CompactionEvent,
  ExecuteWorkEvent,
  ExtfragEvent,
  FlagsFrom,
  KswapdEvent,
  PageAllocEvent,
  PageFreeEvent,
  QueueWorkEvent,
  ReclaimBeginEvent,
  ReclaimEndEvent,
  RequestEvent,
  ShrinkEndEvent,
  ShrinkEvent,
  SleepEvent,
} from '../event.js'
import type { Stack } from '../stack.js'

/** What every event says: where, when, by whom. A reader has one, and fills it anew for each event. */
export interface Head {
  line: number
  time: number
  cpu: number
  pid: number
  comm: string
  taskFlags: number | undefined
  flagsFrom: FlagsFrom | undefined
  stack: Stack | undefined
  interrupt: boolean
}

/** A head that says nothing yet. */
export function newHead(): Head {
  return {
    line: 0,
    time: 0,
    cpu: 0,
    pid: 0,
    comm: '',
    taskFlags: undefined,
    flagsFrom: undefined,
    stack: undefined,
    interrupt: false,
  }
}

export function requestEvent(
  head: Head,
  event: RequestEvent['event'],
  site: RequestEvent['site'],
  cache: RequestEvent['cache'],
  bytes: RequestEvent['bytes'],
  gfp: RequestEvent['gfp'],
  node: RequestEvent['node'],
): RequestEvent {
  const { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt } = head
  return {
    line,
    time,
    cpu,
    pid,
    comm,
    taskFlags,
    flagsFrom,
    stack,
    interrupt,
    event,
    site,
    cache,
    bytes,
    gfp,
    node,
  }
}

export function pageAllocEvent(
  head: Head,
  event: PageAllocEvent['event'],
  failed: PageAllocEvent['failed'],
  pfn: PageAllocEvent['pfn'],
  order: PageAllocEvent['order'],
  gfp: PageAllocEvent['gfp'],
  migratetype: PageAllocEvent['migratetype'],
): PageAllocEvent {
  const { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt } = head
  return {
    line,
    time,
    cpu,
    pid,
    comm,
    taskFlags,
    flagsFrom,
    stack,
    interrupt,
    event,
    failed,
    pfn,
    order,
    gfp,
    migratetype,
  }
}

export function pageFreeEvent(
  head: Head,
  event: PageFreeEvent['event'],
  pfn: PageFreeEvent['pfn'],
  order: PageFreeEvent['order'],
): PageFreeEvent {
  const { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt } = head
  return { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt, event, pfn, order }
}

export function extfragEvent(
  head: Head,
  event: ExtfragEvent['event'],
  pfn: ExtfragEvent['pfn'],
  allocOrder: ExtfragEvent['allocOrder'],
  fallbackOrder: ExtfragEvent['fallbackOrder'],
  allocMigratetype: ExtfragEvent['allocMigratetype'],
  fallbackMigratetype: ExtfragEvent['fallbackMigratetype'],
  changeOwnership: ExtfragEvent['changeOwnership'],
): ExtfragEvent {
  const { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt } = head
  return {
    line,
    time,
    cpu,
    pid,
    comm,
    taskFlags,
    flagsFrom,
    stack,
    interrupt,
    event,
    pfn,
    allocOrder,
    fallbackOrder,
    allocMigratetype,
    fallbackMigratetype,
    changeOwnership,
  }
}

export function queueWorkEvent(
  head: Head,
  event: QueueWorkEvent['event'],
  work: QueueWorkEvent['work'],
  fn: QueueWorkEvent['fn'],
  workqueue: QueueWorkEvent['workqueue'],
): QueueWorkEvent {
  const { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt } = head
  return {
    line,
    time,
    cpu,
    pid,
    comm,
    taskFlags,
    flagsFrom,
    stack,
    interrupt,
    event,
    work,
    fn,
    workqueue,
  }
}

export function armWorkEvent(
  head: Head,
  event: ArmWorkEvent['event'],
  work: ArmWorkEvent['work'],
): ArmWorkEvent {
  const { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt } = head
  return { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt, event, work }
}

export function executeWorkEvent(
  head: Head,
  event: ExecuteWorkEvent['event'],
  work: ExecuteWorkEvent['work'],
  fn: ExecuteWorkEvent['fn'],
): ExecuteWorkEvent {
  const { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt } = head
  return { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt, event, work, fn }
}

export function reclaimBeginEvent(
  head: Head,
  event: ReclaimBeginEvent['event'],
  order: ReclaimBeginEvent['order'],
  gfp: ReclaimBeginEvent['gfp'],
): ReclaimBeginEvent {
  const { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt } = head
  return { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt, event, order, gfp }
}

export function reclaimEndEvent(
  head: Head,
  event: ReclaimEndEvent['event'],
  reclaimed: ReclaimEndEvent['reclaimed'],
): ReclaimEndEvent {
  const { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt } = head
  return { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt, event, reclaimed }
}

export function shrinkEvent(
  head: Head,
  event: ShrinkEvent['event'],
  shrinker: ShrinkEvent['shrinker'],
  gfp: ShrinkEvent['gfp'],
): ShrinkEvent {
  const { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt } = head
  return {
    line,
    time,
    cpu,
    pid,
    comm,
    taskFlags,
    flagsFrom,
    stack,
    interrupt,
    event,
    shrinker,
    gfp,
  }
}

export function shrinkEndEvent(
  head: Head,
  event: ShrinkEndEvent['event'],
  shrinker: ShrinkEndEvent['shrinker'],
): ShrinkEndEvent {
  const { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt } = head
  return { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt, event, shrinker }
}

export function kswapdEvent(head: Head, event: KswapdEvent['event']): KswapdEvent {
  const { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt } = head
  return { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt, event }
}

export function sleepEvent(head: Head, event: SleepEvent['event']): SleepEvent {
  const { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt } = head
  return { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt, event }
}

/** @param values those that the event says */
export function compactionEvent(
  head: Head,
  event: CompactionEvent['event'],
  values: Partial<CompactionValues>,
): CompactionEvent {
  const { line, time, cpu, pid, comm, taskFlags, flagsFrom, stack, interrupt } = head
  const { order, gfp, priority, result, sync, node, moved, failed } = values
  return {
    line,
    time,
    cpu,
    pid,
    comm,
    taskFlags,
    flagsFrom,
    stack,
    interrupt,
    event,
    order,
    gfp,
    priority,
    result,
    sync,
    node,
    moved,
    failed,
  }
}
