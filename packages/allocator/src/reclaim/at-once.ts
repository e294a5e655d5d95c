/** At once: takes all steps of reclaim, compaction, or an allocation of a range, as if nobody else ran meanwhile and none took time. */

/**
 * Takes all steps of what tells them one by one, as {@link PageAllocator.compacting} and {@link PageAllocator.balancing} do.
 * @returns what the steps come to
 */
export function atOnce<R>(steps: Generator<unknown, R, undefined>): R {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
