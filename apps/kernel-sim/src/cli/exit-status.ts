/** Exit status: what a script learns from `kernel-sim`. The README and `--help` say the same. */
export const EXIT = {
  /** Done, and nothing of what the command looks for was found. */
  ok: 0,
  /** Done, and something was found: see each command. */
  found: 1,
  /** Not done: the command line or the input is wrong. One sentence on standard error says how. */
  usage: 2,
  /** Not done: a bug of kernel-sim. */
  bug: 3,
} as const
