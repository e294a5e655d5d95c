/** Compile: looks up many headers, reads a source, computes with memory of its own, and writes a small file, over and over. */
import type { LiveSteps } from '@scopemask/checker/live'
import { MS } from '../time.js'
import type { Os } from './os.js'

/** Times are ns since the run began, or lengths in ns. */
export interface CompileOptions {
  /** The tree that is compiled, as one file. */
  readonly tree: string
  readonly treePages: number
  /** Pages of a source with what it includes. */
  readonly sourcePages: number
  /** Files that are looked up for a source, of so many. */
  readonly headers: number
  readonly directories: number
  readonly filesEach: number
  /** Pages that a compiler needs, and CPU time. */
  readonly memoryPages: number
  readonly cpu: number
  readonly objectPages: number
  readonly stop: number
}

/** CPU time that is spent in one go. */
const SLICE = MS

export function* compile(os: Os, options: CompileOptions): LiveSteps {
  const tree = os.open(options.tree, options.treePages)
  const phase = os.phase()
  for (let unit = 0; os.now < options.stop && !os.killed; unit++) {
    const began = os.now
    for (let i = 0; i < options.headers; i++) {
      const file = os.random(options.directories * options.filesEach)
      if (!os.passes(os.statTime)) yield os.statTime
      if (!os.statNow(file)) yield* os.statSlowly(file, Math.floor(file / options.filesEach))
    }
    const at = os.random(Math.max(1, options.treePages - options.sourcePages))
    yield* os.read(tree, at, options.sourcePages)
    const place = os.map(options.memoryPages)
    for (let i = 0; i < options.memoryPages; i++) {
      if (!os.touchNow(place + i) && !(yield* os.touchSlowly(place + i))) return
    }
    for (let left = options.cpu; left > 0; left -= SLICE) {
      const time = Math.min(left, SLICE)
      if (!os.passes(time)) yield time
    }
    yield* os.createFile(unit % options.directories, options.objectPages)
    yield* os.unmap()
    phase.ops++
    phase.bytes += (options.sourcePages + options.objectPages) * 4096
    phase.latency.add(os.now - began)
  }
}
