/**
 * Locks that are used wrongly, whatever their order: kept where all have to be dropped, or used without RCU's or their own protection
 * (kernel/locking/lockdep.c, kernel/workqueue.c).
 */
import { parseSplatLines } from '../../../lockdep/parse-splat.js'
import { reporterOf } from '../block.js'
import type { LockMisuseFound } from '../report.js'
import type { ReportKind } from '../report-kind.js'
import { stacksIn } from '../stack-lines.js'

/** What the first line says, and what it stands for. */
const TITLES: readonly (readonly [title: RegExp, what: LockMisuseFound['what']])[] = [
  [/^(?:WARNING: |\[ (?:INFO|BUG): )?suspicious RCU usage\.?(?: \])?$/, 'rcu'],
  [/^(?:WARNING: |\[ BUG: )lock held when returning to user space!/, 'kept'],
  [/^(?:WARNING: |\[ BUG: ).+\/\d+ still has locks held!/, 'kept'],
  [/^BUG: workqueue leaked (?:lock or )?atomic/, 'kept'],
  [/^(?:WARNING: |\[ BUG: )Nested lock was not taken/, 'nesting'],
  [/^INFO: trying to register non-static key/, 'key'],
]
const DETAIL =
  /suspicious \w+\(\) usage!|RCU-list traversed|^Illegal context switch|is leaving the kernel|^\s*last function: |^rcu_scheduler_active|^RCU used illegally|^the code is fine|^you didn't init|^turning off the locking/

export const lockMisuseKind: ReportKind = {
  begins: new RegExp(TITLES.map(([title]) => title.source).join('|')),
  has: new RegExp(
    `${DETAIL.source}|^\\d+\\.\\d+\\.\\d+\\S* #\\S+|^-{20,}$|^other info that might|locks? held by |^\\s*#\\d+:|^\\s*\\(.*\\)\\{|is trying to lock:$|^[\\da-f]{8,16} \\(|^but this task is not holding|^DEBUG_LOCKS|^maybe you|^INFO: lockdep is turned off`,
  ),
  longest: 300,
  parse({ lines, interleaved, overlong }) {
    const texts = lines.map(({ text }) => text)
    const at = texts.findIndex((text) => lockMisuseKind.begins.test(text))
    const title = texts[at] ?? ''
    const held = texts.findIndex((text) => /^(?:no|\d+) locks? held by /.test(text))
    const list = held < 0 ? undefined : parseSplatLines(texts.slice(held)).splat.locks
    const detail = texts.find((text) => DETAIL.test(text))
    const stack = stacksIn(lines).sort((a, b) => b.frames.length - a.frames.length)[0]
    const who =
      /^(?:WARNING: |\[ BUG: )(.+)\/(\d+) still has/.exec(title) ??
      /^(.+)\/(\d+) is (?:leaving the kernel|trying to lock)/.exec(
        texts.find((text) => /\/\d+ is (?:leaving|trying)/.test(text)) ?? '',
      ) ??
      /atomic: (.+)\/0x[\da-f]+\/(\d+)/.exec(title)
    return {
      found: 'lock-misuse',
      what: TITLES.find(([form]) => form.test(title))?.[1] ?? 'kept',
      first: lines[0]?.line ?? 0,
      last: lines.at(-1)?.line ?? 0,
      time: lines[0]?.time,
      reporter: {
        ...reporterOf(lines),
        ...(who === null ? {} : { comm: who[1] ?? '', pid: Number(who[2]) }),
      },
      missing: [
        ...(stack === undefined && !/returning to user space/.test(title)
          ? ['the stack of the task']
          : []),
        ...(overlong ? ['the rest, which is too long'] : []),
      ],
      interleaved,
      title: title.replace(/^\[ | \]$/g, ''),
      detail: detail?.trim(),
      locks: list?.locks ?? [],
      lockLines: lines.filter(({ text }) => /^\s*#\d+:/.test(text)).map(({ line }) => line),
      stack,
    } satisfies LockMisuseFound
  },
}
