/**
 * Unexplained: reports of kinds that are told from other lines, and of which nothing is said but what they are. What stands below such a
 * title does not belong to the report before it.
 */
import type { ReportKind } from '../report-kind.js'

/** What a title stands for. The first that fits counts. */
const SORTS: readonly (readonly [title: RegExp, sort: string])[] = [
  [/^(?:BUG: )?KASAN: /, 'a bad access to memory, found by KASAN'],
  [/^BUG: KFENCE: /, 'a bad access to memory, found by KFENCE'],
  [/^BUG: KMSAN: /, 'use of uninitialized memory, found by KMSAN'],
  [/^BUG: KCSAN: /, 'a data race, found by KCSAN'],
  [/^UBSAN: /, 'undefined behaviour, found by UBSAN'],
  [/^unreferenced object 0x/, 'memory that nothing refers to, found by kmemleak'],
  [/^BUG: (?:Bad page|Bad rss-counter|non-zero pgtables)/, 'broken state of pages'],
  [/^BUG \S+ ?(?:\(.*\))?: /, 'a broken slab object, found by SLUB'],
  [
    /^(?:BUG: unable to handle|Unable to handle kernel|(?:general protection|stack segment|divide error|invalid opcode|double fault|int3|Unhandled fault|Alignment trap|Bad mode)\b|Oops|Internal error: |PANIC: double fault|kernel BUG at |kernel stack overflow|Insufficient stack|traps: PANIC)|^[\w ,-]+: [\da-f]{4,} \[#\d+\]/,
    'an oops: the kernel gave up what it was doing',
  ],
  [/^Kernel panic - not syncing/, 'a panic'],
  [/^BUG: spinlock |^BUG: (?:rwlock|rwsem|mutex) /, 'a lock with broken state'],
  [/^BUG: using (?:smp_processor_id|__this_cpu_)/, 'use of a CPU that may change meanwhile'],
  [/^BUG: /, 'a fault that the kernel found'],
  [/^ODEBUG: /, 'wrong use of a timer or another object'],
  [/^Unexpected gfp: /, 'flags that the slab allocator does not take'],
  [
    /^WARNING: (?:CPU: |at \S|\S+:\d+ at |kernel stack|possible |suspicious |.*\bdetected)/,
    'a warning of the kernel',
  ],
  [/^irq \d+: nobody cared/, 'an interrupt that nobody handles'],
  [/^(?:mce: )?\[Hardware Error\]: Machine check/, 'a hardware error'],
  [
    /^(?:EXT4|EXT3|EXT2|XFS|BTRFS|F2FS)-fs error|^XFS \(\S+\): (?:Internal error|Metadata corruption)/,
    'an error of a filesystem',
  ],

  [/^INFO: (?:task|rcu|RCU|possible)/, 'a report that is cut'],
]

/** What stands below the title of an oops, or below its first lines. */
const SECOND_TITLE = /^(?:Oops|Internal error: |invalid opcode|KASAN: )/

export const unexplainedKind: ReportKind = {
  begins: new RegExp(SORTS.map(([title]) => title.source).join('|')),
  has: /^(?:Read|Write|Free|Alloc)\w* (?:of size|by)|^\s+(?:Not tainted|Tainted: )|^CPU: |^(?:Internal error|Oops|PREEMPT |SMP |DEBUG_PAGEALLOC)|^(?:Mem abort|Data abort|user pgtable|swapper pgtable)|^\s+(?:ESR|EC|SET|EA|FSC|ISV|CM|WnR|GCS|Xs) = |^\[[\da-f]+\] (?:pgd|\*pgd)|^PGD |^(?:The buggy address|Memory state around|Allocated by|Freed by|Last potentially|page:|raw: |flags: |page dumped|page_owner|kernel BUG at|invalid opcode|Modules linked|note: )|^\s?>?[\da-f]{8,16}: (?:[\da-f]{2} )+|^={20,}$|^\s*\^|^\s+(?:comm|hex dump|backtrace)|^Dumping ftrace|^\s+\(ftrace buffer empty\)|^Rebooting in|^Kernel (?:panic|Offset)|^fixed? recursive|^Process |^Stack|^Call |^[rR]\d+ ?:|^\s*r\d+:|^Flags: |^Control: |^Code|^(?:cr|xpsr|pc) ?:/,
  // An oops has several titles.
  goesOn: (lines, { text }) => lines.length < 6 && SECOND_TITLE.test(text),
  longest: 400,
  parse({ lines, interleaved }) {
    const at = lines.findIndex(({ text }) => unexplainedKind.begins.test(text))
    const title = lines[Math.max(0, at)]
    return {
      found: 'unexplained',
      sort: SORTS.find(([form]) => form.test(title?.text ?? ''))?.[1] ?? 'a fault',
      title: title?.text.trim() ?? '',
      first: lines[0]?.line ?? 0,
      last: lines.at(-1)?.line ?? 0,
      time: lines[0]?.time,
      reporter: {},
      missing: [],
      interleaved,
    }
  },
}
