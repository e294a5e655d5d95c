/** Memory report: what came of a replay of a recording's page events, and why. Every form of the report is made of this. */

import type { MemoryReplay, MemorySample } from '../../replay-memory/memory-replay.js'
import type { Reading } from '../../trace/read/read-trace.js'
import { number, plural } from '../form/numbers.js'

/** The recording, as far as it matters here. */
type Recording = Pick<
  Reading,
  'name' | 'format' | 'lines' | 'events' | 'lost' | 'damaged' | 'damage'
>

export interface MemoryReport extends MemoryReplay {
  readonly recording: Recording
  /** True if the model served all that the kernel served: then the free pages are the same all the time. */
  readonly agrees: boolean
  /** Where the model departs and why, in sentences. */
  readonly reasons: readonly string[]
}

/** Draws the conclusions. */
export function memoryReport(reading: Reading, replay: MemoryReplay): MemoryReport {
  const { name, format, lines, events, lost, damaged, damage } = reading
  return {
    recording: { name, format, lines, events, lost, damaged, damage },
    agrees: replay.departures.freePages === 0 && replay.departures.unservedCount === 0,
    reasons: reasonsOf(replay),
    ...replay,
  }
}

/** Pages that are free in both, but in blocks of other orders; those of CPUs left aside. */
export function pagesApart({ recorded, model }: MemorySample): number {
  return model.blocks.reduce(
    (pages, blocks, order) =>
      pages + Math.max(0, blocks - (recorded.blocks[order] ?? 0)) * 2 ** order,
    0,
  )
}

/** How many fallbacks there are in all. */
function countOf(fallbacks: MemoryReplay['fallbacks']): number {
  return fallbacks.reduce((sum, { count }) => sum + count, 0)
}

function reasonsOf(replay: MemoryReplay): string[] {
  const { departures, pressure, samples, watermarks, fallbacks, otherRules } = replay
  const reasons: string[] = []
  const say = (count: number, sentence: string) => {
    if (count > 0) reasons.push(sentence)
  }
  const { unservedCount, unserved } = departures
  const where = unserved
    .map(({ line, order, free }) => `line ${number(line)} (order ${order}, ${number(free)} free)`)
    .join(', ')
  say(
    unservedCount,
    `${plural(unservedCount, 'allocation')} found no block: ${where}. The model has only the memory that the recording touches, and it has cut up other blocks than the kernel did.`,
  )
  const atCpus = Math.max(0, ...samples.map(({ model }) => model.perCpu))
  say(
    atCpus,
    `The model's CPUs keep up to ${plural(atCpus, 'free page')} on lists of their own, off the free lists. The recording does not say what CPUs keep: there all of it counts as free, and merged.`,
  )
  const apart = Math.max(0, ...samples.map(pagesApart))
  say(
    apart,
    `Up to ${plural(apart, 'page')} of free memory are in blocks of another order than in the recording. Which of several free blocks is cut up depends on the order of the free lists, and the recording does not say that; nor what tasks that were not recorded did between its events.`,
  )
  const stolen = countOf(fallbacks)
  const kernel = replay.kernelFallbacks
  say(
    stolen,
    `${plural(stolen, 'fallback')} to another migratetype. Pageblocks begin with the migratetype that most of their pages are first allocated for, ${kernel === null ? 'and the recording has no mm_page_alloc_extfrag to compare with; pageblocks of mixed use tell what came of them.' : 'and of memory that the recording does not touch nothing is known.'}`,
  )
  if (kernel !== null) {
    const { alike, otherwise, onlyKernel, onlyModel, unattributed } = kernel
    reasons.push(
      `The kernel recorded ${plural(countOf(kernel.counts), 'fallback')} (mm_page_alloc_extfrag). ${plural(alike, 'allocation')} took from the same migratetype in both, ${number(otherwise)} from different ones; ${number(onlyKernel)} fell back in the kernel only, ${number(onlyModel)} in the model only.`,
    )
    say(
      unattributed,
      `${plural(unattributed, 'fallback')} of the kernel served allocations that are not in the recording.`,
    )
  }
  const last = samples.at(-1)?.model.pageblocks.mixed ?? 0
  say(
    stolen + countOf(otherRules.fallbacks),
    `Under the rules of Linux ${otherRules.kernel}, which claims a whole pageblock or takes one block of it, ${plural(countOf(otherRules.fallbacks), 'fallback')}, and ${plural(otherRules.pageblocks.mixed, 'pageblock')} of mixed use in the end instead of ${number(last)}.`,
  )
  reasons.push(...compactionReasons(replay), ...cgroupReasons(replay))
  for (const { zone, low, fewest, belowLow, firstLine } of watermarks) {
    say(
      belowLow,
      `Zone ${zone} sank below its low watermark (${plural(low, 'page')}) ${plural(belowLow, 'time')}, first at line ${number(firstLine ?? 0)}, to ${plural(fewest, 'page')}. ${
        pressure.kswapdWakes + pressure.directReclaims > 0
          ? `So did the recorded machine: ${plural(pressure.kswapdWakes, 'wake-up')} of kswapd, ${plural(pressure.directReclaims, 'direct reclaim')}.`
          : 'The recorded machine woke no kswapd: it had more free memory than the recording touches.'
      }`,
    )
  }
  const sank = watermarks.some(({ belowLow }) => belowLow > 0)
  say(
    sank ? 0 : pressure.kswapdWakes + pressure.directReclaims,
    `The recorded machine was short of memory (${plural(pressure.kswapdWakes, 'wake-up')} of kswapd, ${plural(pressure.directReclaims, 'direct reclaim')}), the model never: what others used up is not in the recording.`,
  )
  say(
    pressure.failures,
    `${plural(pressure.failures, 'allocation')} failed in the recording. They are not replayed.`,
  )
  say(
    departures.unseenFrees,
    `${plural(departures.unseenFrees, 'block')} had to be freed because their pages were allocated again: the recorder did not see who freed them. Until then the recording counts them as in use.`,
  )
  say(
    departures.unseenAllocations,
    `${plural(departures.unseenAllocations, 'free')} of pages that the recording does not see allocated: somebody had them since its beginning.`,
  )
  say(
    departures.otherOrder,
    `${plural(departures.otherOrder, 'free')} of another order than the allocation, or of a part of it. Blocks are freed as they were allocated.`,
  )
  say(
    departures.otherZone,
    `${plural(departures.otherZone, 'allocation')} came from another zone than the kernel's, which keeps watermarks in zones that the recording hardly touches.`,
  )
  say(
    departures.otherMigratetype,
    `${plural(departures.otherMigratetype, 'allocation')} of another migratetype than the flags say: grouping by mobility may be off.`,
  )
  say(
    departures.leftOut,
    `${plural(departures.leftOut, 'page event')} left out: they have no page, name an impossible block, or lie beyond 64 GiB of memory.`,
  )
  return reasons
}

function compactionReasons({ compaction, samples }: MemoryReplay): string[] {
  if (compaction === null) return []
  const { rows, deferrals, own } = compaction
  const reasons: string[] = []
  const times = rows.reduce((sum, { count }) => sum + count, 0)
  if (times > 0) {
    const moved = (of: (row: (typeof rows)[number]) => number) =>
      rows.reduce((sum, row) => sum + of(row), 0)
    reasons.push(
      `The kernel compacted memory ${plural(times, 'time')}, and moved ${plural(
        moved(({ kernel }) => kernel.moved),
        'page',
      )}; zones were left out ${plural(deferrals.deferred, 'time')} because it had failed, ${plural(deferrals.failures, 'failure')} made that longer, ${plural(deferrals.resets, 'success', 'successes')} ended it. Asked the same at the same moments, the model moved ${number(
        moved(({ model }) => model.moved),
      )}: a success without any is a block that was there already. It can move the pages that requests with __GFP_MOVABLE were seen to get, and no others: what was in use before the recording stays where it is. It takes pages asked for zeroed for memory of programs, and all others for pages of files, which a request without __GFP_FS does not move.`,
    )
  }
  const lost = samples.at(-1)?.moved ?? 0
  if (lost > 0) {
    reasons.push(
      `${plural(lost, 'page')} that the kernel moved are in use in the end where no event says. By the recording they are free, in the model they are in use; a free of a page that is free already is taken for one of them.`,
    )
  }
  if (own.asked > 0) {
    reasons.push(
      `The model compacted ${plural(own.asked, 'time')} for itself, for requests that it had no block for: ${number(own.served)} had one then.`,
    )
  }
  return reasons
}

function cgroupReasons({ memcg, cgroups }: MemoryReplay): string[] {
  const { tasks, most, insideReclaim } = cgroups
  const reasons: string[] = []
  if (memcg.count > 0) {
    reasons.push(
      `${plural(memcg.count, 'reclaim')} for memory cgroups freed ${plural(memcg.reclaimed, 'page')}: ${number(memcg.withoutFs)} without __GFP_FS, ${number(memcg.inVain)} in vain. What they freed is freed in the model too.`,
    )
  } else if (insideReclaim > 0) {
    reasons.push(
      `${plural(insideReclaim, 'event')} ${insideReclaim === 1 ? 'comes' : 'come'} from inside the reclaim of a memory cgroup, as their stacks show. How often cgroups were reclaimed is not known: vmscan:mm_vmscan_memcg_reclaim_begin and _end were not recorded.`,
    )
  }
  if (tasks.length > 0) {
    reasons.push(
      `${plural(tasks.length, 'task')} reclaimed for the limit of a memory cgroup, so ${tasks.length === 1 ? 'it is' : 'they are'} in one. Charged there are the pages that they were seen to get with __GFP_MOVABLE or __GFP_ACCOUNT: at most ${number(most)} at a time. A recording does not say which cgroup a task is in, what its limit is, which other tasks are in it, nor what was charged before: so each of these tasks is counted for itself, which is its cgroup as a whole only where it is alone in it, and tasks that never met a limit are not counted.`,
    )
  }
  return reasons
}
