/** Tasks that are blocked: khungtaskd's warnings (kernel/hung_task.c), and the stacks that SysRq w and t show (kernel/sched/core.c). */
import { parseSplatLines } from '../../../lockdep/parse-splat.js'
import type { HeldLocks } from '../../../lockdep/splat.js'
import { reporterOf } from '../block.js'
import type { ReportKind } from '../report-kind.js'
import { stacksIn } from '../stack-lines.js'

const HUNG =
  /^INFO: task (.+):(\d+) (?:is )?(?:blocked (?:in I\/O wait )?|can't die )for more than (\d+) seconds/
const BLOCKER =
  /^INFO: task (.+):(\d+)(?: <\w+>)? (?:is )?blocked on an? (.+?),? likely (?:last )?(?:owned|held) by (?:task |writer )?(.+):(\d+)/
const DUMP_OLD =
  /^(\S.{0,30}?)\s+([DRSTtXZPIN])\s*(?:(?:[\da-f]{8,16}|running task|\(null\))\s+)?\d+\s+(\d+)\s+\d+\s+0x[\da-f]+/
const DUMP = /^task:(.+?)\s+state:([A-Z])(?:\s+running task)?\s+stack:\s*\d+\s+pid:\s*(\d+)/

export const taskKind: ReportKind = {
  begins: new RegExp(`${HUNG.source}|${DUMP.source}|${DUMP_OLD.source}`),
  has: /^\s+(?:Not tainted|Tainted: )|^"echo 0 >|locks? held by |^\s*#\d+:|^INFO: task .* blocked on |^\s+task\s+PC stack|^Blocked by coredump|^\s*\(.*\)\{|^Future hung task reports|^Showing all locks held in the system/,
  // The warning comes first, the task below it.
  goesOn: (lines, { text }) =>
    lines.length <= 6 &&
    !HUNG.test(text) &&
    lines.some((line) => HUNG.test(line.text)) &&
    !lines.some((line) => DUMP.test(line.text) || DUMP_OLD.test(line.text)),
  longest: 400,
  parse({ lines, interleaved, overlong }) {
    const texts = lines.map(({ text }) => text)
    const hung = texts.map((text) => HUNG.exec(text)).find((match) => match !== null)
    const dump = texts.map((text) => DUMP.exec(text) ?? DUMP_OLD.exec(text)).find((m) => m !== null)
    const blocker = texts.map((text) => BLOCKER.exec(text)).find((match) => match !== null)
    const stack = stacksIn(lines)[0]
    const pid = hung?.[2] ?? dump?.[3]
    const comm = (hung?.[1] ?? dump?.[1] ?? '').trim()
    const lists = heldLists(texts)
    const own = lists.find(({ task }) => task === `${comm}/${pid}`)
    return {
      found: 'task',
      first: lines[0]?.line ?? 0,
      last: lines.at(-1)?.line ?? 0,
      time: lines[0]?.time,
      reporter: reporterOf(lines),
      missing: [
        ...(dump === undefined ? ['the state of the task'] : []),
        ...(stack === undefined ? ['its stack'] : []),
        ...(overlong ? ['the rest, which is too long'] : []),
      ],
      interleaved,
      comm,
      pid: pid === undefined ? undefined : Number(pid),
      seconds: hung === undefined ? undefined : Number(hung[3]),
      state: dump?.[2],
      blocker:
        blocker === undefined
          ? undefined
          : { lock: blocker[3] ?? '', comm: blocker[4] ?? '', pid: Number(blocker[5]) },
      stack,
      locks: own?.locks ?? [],
      lockLines: lines.filter(({ text }) => /^\s*#\d+:/.test(text)).map(({ line }) => line),
      others: lists.filter((list) => list !== own),
    }
  },
}

/** The lists of held locks among some lines, one for each task. */
function heldLists(texts: readonly string[]): HeldLocks[] {
  const starts = texts.flatMap((text, i) => (/^\d+ locks? held by /.test(text) ? [i] : []))
  return starts.flatMap((start, i) => {
    const { splat } = parseSplatLines(texts.slice(start, starts[i + 1]))
    return splat.locks === undefined ? [] : [splat.locks]
  })
}
