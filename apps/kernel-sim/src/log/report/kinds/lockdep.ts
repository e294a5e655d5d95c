/** lockdep's reports in a log (kernel/locking/lockdep.c). */
import { parseSplatLines, SPLAT_TITLE } from '../../../lockdep/parse-splat.js'
import { reporterOf } from '../block.js'
import type { ReportKind } from '../report-kind.js'

const BEGINS = new RegExp(
  `${SPLAT_TITLE.source}|^\\S.* is trying to acquire(?: lock)?:$|^the existing dependency chain \\(in reverse order\\) is:`,
)

export const lockdepKind: ReportKind = {
  begins: BEGINS,
  has: /^[=-]{20,}$|^\d+\.\d+\.\d+\S* #\S+(?: |$)|(?:is trying to (?:acquire|release)|is freeing memory|already holding|just changed the state|takes:$)|^which (?:lock already|would create)|^the existing|^-> #\d+|^other info|^\s*Possible |^\s+CPU0|^\s+-{4}|^\s+(?:r?lock|sync)\(.*\);$|^\s*<Interrupt>|^\s+local_irq_disable|\*\*\* DEADLOCK|May be due to missing lock nesting|locks? held by |^\s*#\d+:|^Chain exists of|-->|^(?:[\da-f]{8,16})? {0,2}\(.*\)\{|^\s+\(.*\)\{|^inconsistent \{|state was registered at|^but |^and interrupts|^to an? |^the (?:shortest )?dependencies|^\s*(?:\.\.\. )?(?:key|which became|acquired at)|^\s*-> \(|ops: \d+|^\s*(?:IN-|INITIAL|HARDIRQ-|SOFTIRQ-|RECLAIM_FS-).*at:|^\s+\}$/,
  // The title, and what stands below it, begin one report.
  goesOn: (lines, { text }) => {
    const titled = lines.some((line) => SPLAT_TITLE.test(line.text))
    if (SPLAT_TITLE.test(text)) return !titled && lines.length < 3
    const acquiring = lines.some((line) => / is trying to acquire(?: lock)?:$/.test(line.text))
    return /^the existing/.test(text) ? !lines.some((l) => /^-> #/.test(l.text)) : !acquiring
  },
  longest: 4000,
  parse({ lines, interleaved, overlong }) {
    const { splat, strange } = parseSplatLines(lines.map(({ text }) => text))
    const links = lines.flatMap(({ text }, i) => (/^-> #\d+ /.test(text) ? [i] : []))
    const chainLines = links.map((at, i) => {
      const size = splat.chain[i]?.stack.length ?? 0
      return {
        at: lines[at]?.line ?? 0,
        stack: lines.slice(at + 1, at + 1 + size).map(({ line }) => line),
      }
    })
    const reporter = reporterOf(lines)
    const task = /^(.+)\/(\d+)$/.exec(splat.task ?? '')
    return {
      found: 'lockdep',
      first: lines[0]?.line ?? 0,
      last: lines.at(-1)?.line ?? 0,
      time: lines[0]?.time,
      reporter: {
        ...reporter,
        ...(task === null ? {} : { comm: task[1] ?? '', pid: Number(task[2]) }),
      },
      missing: [
        ...(splat.title === '' ? ['the title'] : []),
        ...(splat.kernel === undefined ? ['the kernel version'] : []),
        ...(splat.lock === undefined ? ['the lock that is taken'] : []),
        ...(splat.kind === 'circular' && splat.chain.length < 2 ? ['links of the chain'] : []),
        ...(splat.kind === 'circular' && chainIsBroken(splat.chain.map(({ depth }) => depth))
          ? ['the end of the chain']
          : []),
        ...(splat.locks === undefined
          ? ['the list of held locks']
          : splat.locks.locks.length < splat.locks.count
            ? [`${splat.locks.count - splat.locks.locks.length} of the held locks`]
            : []),
        ...(splat.backtrace?.stack === null || splat.backtrace === undefined
          ? ['the stack at the end']
          : []),
        ...(overlong ? ['the rest, which is too long'] : []),
      ],
      interleaved: interleaved || strange.length > 0,
      splat,
      chainLines,
      heldLines: lines.filter(({ text }) => /^\s*#\d+:/.test(text)).map(({ line }) => line),
    }
  },
}

/** A chain counts down to 0, one by one. */
function chainIsBroken(depths: readonly number[]): boolean {
  return depths.some((depth, i) => depth !== depths.length - 1 - i)
}
