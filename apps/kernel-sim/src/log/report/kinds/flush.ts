/** A flush that memory reclaim may depend on (kernel/workqueue.c, check_flush_dependency). */
import { reporterOf } from '../block.js'
import type { ReportKind } from '../report-kind.js'
import { stacksIn } from '../stack-lines.js'

const MODULE = String.raw`(?: \[[\w.-]+\])?`
const QUEUE = new RegExp(
  String.raw`^workqueue: WQ_MEM_RECLAIM (.+):([\w.$]+)(?:\+0x\S+)?${MODULE} is flushing !WQ_MEM_RECLAIM (.+):([\w.$]+)`,
)
const TASK = /^workqueue: PF_MEMALLOC task (\d+)\((.*)\) is flushing !WQ_MEM_RECLAIM (.+):([\w.$]+)/

export const flushKind: ReportKind = {
  begins: new RegExp(`${QUEUE.source}|${TASK.source}`),
  has: /^WARNING: |^\? |^DEBUG_LOCKS|^irq event/,
  longest: 300,
  parse({ lines, interleaved, overlong }) {
    const texts = lines.map(({ text }) => text)
    const queue = texts.map((text) => QUEUE.exec(text)).find((match) => match !== null)
    const task = texts.map((text) => TASK.exec(text)).find((match) => match !== null)
    const stack = stacksIn(lines).sort((a, b) => b.frames.length - a.frames.length)[0]
    return {
      found: 'flush',
      first: lines[0]?.line ?? 0,
      last: lines.at(-1)?.line ?? 0,
      time: lines[0]?.time,
      reporter: reporterOf(lines),
      missing: [
        ...(stack === undefined ? ['the stack that flushes'] : []),
        ...(overlong ? ['the rest, which is too long'] : []),
      ],
      interleaved,
      from:
        task === undefined
          ? { queue: queue?.[1], fn: queue?.[2] ?? '' }
          : { queue: undefined, fn: task[2] ?? '', pid: Number(task[1]) },
      to: { queue: (queue ?? task)?.[3] ?? '', fn: (queue ?? task)?.[4] ?? '' },
      stack,
    }
  },
}
