/**
 * Prefix: what stands before the kernel's own words on a line. Every way by which a log reaches somebody adds one: the
 * console, dmesg, syslog, journald, a serial line, a mail. They are told by what they look like, one inside of the other, and
 * may be mixed in one file. A form is data: another one is another line here.
 */

/** What the prefixes of a line said. */
export interface Prefixed {
  /** The rest of the line. */
  readonly text: string
  /** True if there was any prefix. */
  readonly found: boolean
  /** True if one of them begins a message of the kernel's: marks of a quotation stand before all lines of a mail. */
  readonly begins: boolean
  readonly time: number | undefined
  readonly caller: string | undefined
}

/** One form; a group named `time` are seconds, `caller` is who printed it, `micros` are microseconds. */
const QUOTE = /^(?:[A-Z]{0,4}>+ ?)+/
const FORMS: readonly RegExp[] = [
  // The console: `[   12.345678]`, and who prints with CONFIG_PRINTK_CALLER: `[   12.345678][   T30]`, `[ T30]`.
  /^\[ *(?<time>\d+\.\d{3,9})\](?:\[ *(?<caller>[TC]\d+)\])? ?/,
  // A mail that quotes: `> > `.
  QUOTE,
  // syslog as RFC 5424 has it: `<4>1 2020-01-01T00:00:00Z host kernel - - - `.
  /^<\d{1,3}>1 \S+ \S+ (?:kernel|klogd) \S+ \S+ (?:-|\[[^\]]*\]) ?/,
  // The level: `<6>`.
  /^<\d{1,3}>/,
  // Who prints, alone: `[ T30]`.
  /^\[ *(?<caller>[TC]\d+)\] ?/,
  // `dmesg -d` and `-e`: the time since the line before, `[Jun26 10:11]` where a minute begins, `[  +0.000012]`.
  /^\[(?:[A-Z][a-z]{2} ?\d{1,2} \d\d:\d\d| *[<+] *\d+\.\d+>?)\] ?/,
  /^\[ *(?<time>\d+\.\d+) +<[ +]*\d+\.\d+>\] ?/,
  // `dmesg -T`, in any language.
  /^\[[^\][]{0,40}\d\d:\d\d:\d\d[^\][]{0,16}\] ?/,
  // A console that says who runs: `[6:  kworker/u40:2: 7357]`, `I[6: …]`, `(6)[7357:kworker/u40:2]`.
  /^ ?(?:[A-Z] ?)?\[ *\d+: *.{1,40}?: *(?<caller>\d+)\] ?/,
  /^ ?[-.]?\(\d+\)\[(?<caller>\d+):[^\]]{1,24}\]/,
  // A time that somebody removed.
  /^\[ *\] ?/,
  // /dev/kmsg and netconsole: `6,1234,56789012,-;`.
  /^\d+,\d+,(?<micros>\d+),[-c+](?:,caller=(?<caller>[TC]\d+))?(?:,[^;]*)?;/,
  // syslog: `Sep  2 12:00:00 host kernel: `, `juil. 25 12:45:40 host kernel: `, with a year, with `kern.warn`.
  /^(?:\p{L}{2,3} )?\p{L}{3,5}\.? [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)? (?:\d{4} )?(?:\S+ )?(?:\w+\.\w+ )?(?:kernel|klogd)(?:\[\d+\])?: ?/u,
  // syslog of what netconsole sent.
  /^\p{L}{3} [ \d]\d \d\d:\d\d:\d\d \S+ (?=\d+,\d+,\d+,[-c+])/u,
  // journald: `Thu 2024-08-08 08:37:09 CEST host kernel: `, and in seconds since 1970.
  /^(?:\p{L}{2,3}\.? \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+|\d{9,10}\.\d{6}) \S+ kernel: ?/u,
  // syslog and journald with times of ISO 8601; what collectors put before each line.
  /^\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)? ?(?:\d\d[OE]\+? |(?:\S+ )?(?:kernel|klogd)(?:\[\d+\])?: ?)?/,
  // Android: `06-26 10:11:12.123  1234  1234 W kernel  : `, `W/kernel  ( 1234): `.
  /^\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} +(?:\S+ +)?\d+ +\d+ [VDIWEF] \S+ *: ?/,
  /^[VDIWEF]\/[\w.-]+ *\( *\d+\): ?/,
  // `dmesg -x`: `kern  :warn  : `.
  /^(?:kern|user|daemon|syslog|auth\w*|local\d) *:(?:emerg|alert|crit|err|warn|notice|info|debug) *: ?/,
  // Fields of `journalctl -o verbose` and `-o export`.
  /^MESSAGE=/,
  // ktest: seconds since the start of the test.
  /^0\d{4} /,
  /^(?:kernel|klogd|dmesg): ?/,
]

/** Forms that stand behind another one only: `journalctl -o short-monotonic` has the host there. */
const BEHIND: readonly RegExp[] = [/^[\w.-]{1,64} (?:kernel|klogd)(?:\[\d+\])?: ?/]

/** The deepest nesting of prefixes that is looked for. */
const DEPTH = 6

/** Takes the known prefixes off a line. */
export function withoutPrefixes(line: string): Prefixed {
  let text = line
  let time: number | undefined
  let caller: string | undefined
  let found = false
  let begins = false
  for (let depth = 0; depth < DEPTH && mayBegin(text); depth++) {
    const match: RegExpExecArray | null =
      firstMatch(text, FORMS) ?? (begins ? firstMatch(text, BEHIND) : null)
    if (match === null) break
    const { groups = {} } = match
    begins ||= !QUOTE.test(match[0])
    text = text.slice(match[0].length)
    found = true
    if (groups.time !== undefined) time = Number(groups.time)
    if (groups.micros !== undefined) time = Number(groups.micros) / 1e6
    if (groups.caller !== undefined) caller = groups.caller
  }
  return { text, found, begins, time, caller }
}

/** Returns true if a text begins with a character with which a prefix does: a bracket, `<`, `>`, `-`, a digit or a letter. */
function mayBegin(text: string): boolean {
  // Of blanks only one, before a bracket.
  const first = text.charCodeAt(text.charCodeAt(0) === 0x20 ? 1 : 0)
  return (
    first === 0x28 ||
    first === 0x2d ||
    first === 0x5b ||
    first === 0x3c ||
    first === 0x3e ||
    (first >= 0x30 && first <= 0x39) ||
    (first >= 0x41 && first <= 0x5a) ||
    (first >= 0x61 && first <= 0x7a) ||
    first > 0x7f
  )
}

function firstMatch(text: string, forms: readonly RegExp[]): RegExpExecArray | null {
  for (const form of forms) {
    const match = form.exec(text)
    if (match !== null && match[0].length > 0) return match
  }
  return null
}
