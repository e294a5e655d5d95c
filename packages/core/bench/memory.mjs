/** Memory: what waiting work keeps, and what of a loop's garbage outlives a minor collection. */
import { GCProfiler } from 'node:v8'

const ITEMS = 100_000

/** Bytes of heap for each item of an array filled by `fill`. */
export function bytesEach(fill) {
  const items = new Array(ITEMS).fill(null)
  fill(items)
  items.fill(null)
  const before = heapUsed()
  fill(items)
  return (heapUsed() - before) / ITEMS
}

function heapUsed() {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

/** Bytes for each turn of a loop that are still there after a minor collection: in the old space, or on the way to it. */
export function survivingBytes(loop) {
  const turns = 5_000_000
  loop(turns)
  globalThis.gc()
  const profiler = new GCProfiler()
  profiler.start()
  loop(turns)
  globalThis.gc({ type: 'minor' })
  const { statistics } = profiler.stop()
  let bytes = 0
  for (const { gcType, beforeGC, afterGC } of statistics) {
    if (gcType !== 'Scavenge') continue
    const survived = used(afterGC, /^new_/)
    const promoted = used(afterGC, /^old_/) - used(beforeGC, /^old_/)
    bytes += survived + promoted
  }
  return bytes / turns
}

/** Bytes that each turn of a loop allocates, whatever becomes of them. */
export function allocatedBytes(loop) {
  const turns = 2_000_000
  loop(turns)
  globalThis.gc()
  const profiler = new GCProfiler()
  profiler.start()
  loop(turns)
  globalThis.gc({ type: 'minor' })
  const { statistics } = profiler.stop()
  let bytes = 0
  let before = 0
  for (const { beforeGC, afterGC } of statistics) {
    bytes += used(beforeGC, /^new_/) - before
    before = used(afterGC, /^new_/)
  }
  return bytes / turns
}

function used({ heapSpaceStatistics }, name) {
  let bytes = 0
  for (const { spaceName, spaceUsedSize } of heapSpaceStatistics) {
    if (name.test(spaceName)) bytes += spaceUsedSize
  }
  return bytes
}
