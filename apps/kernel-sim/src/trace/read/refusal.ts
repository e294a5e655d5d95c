/** Refusal: what is known of texts that hold a recording in a form that is not read, and the way out. */

/** What a line of such a text looks like, and what to do about it. */
const KNOWN: readonly (readonly [line: RegExp, wayOut: string])[] = [
  [
    /-\d+ +\[\d{3,}\] .*\d+\.\d{6}: \S+(?: \[\w+\])? <-\S+/,
    'it is of the tracer function: record events, kmem:kmalloc, kmem:mm_page_alloc, workqueue and vmscan',
  ],
  [
    /^@\w*\[|^Attaching \d+ probes?\.\.\./,
    'it is output of bpftrace: let kernel-sim record write the script, and kernel-sim record --convert read what that prints',
  ],
  [
    /^[>\s]*\w+: (?:call_site=|page=|work struct|order=)/,
    'its lines do not say whose they are: turn on the option context-info of tracefs',
  ],
  [
    /\btype: \d+$/,
    'it has numbers in place of events: turn off the options raw, hex and bin of tracefs',
  ],
  [
    /\d+\.\d{6,9}: +(?:\d+ +)?(?:kmem|workqueue|vmscan):\w+:|^\s*(?:kmem|workqueue|vmscan):\w+:/,
    'let perf script write the fields comm, tid, cpu, time, event, ip, sym, symoff, dso and trace',
  ],
  [
    /^ *\S.*? +\d+ +\d+ +\d+ +[\da-f]{8} +[\da-f]{8} +\[[\da-f]+/,
    'it is verbose: turn off the option verbose of tracefs',
  ],
]

/** What can be done about a text of which no line is an event; undefined where nothing is known of its form. */
export function wayOut(lines: readonly string[]): string | undefined {
  for (const [line, way] of KNOWN) if (lines.some((text) => line.test(text))) return way
  return undefined
}
