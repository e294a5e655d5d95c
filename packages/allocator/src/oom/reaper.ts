/**
 * OOM reaper: takes the memory of a victim that does not die by itself, since it waits for a lock, say (mm/oom_kill.c, queue_oom_reaper and
 * oom_reap_task, 6.1.192). A generator: whoever drives it lets time pass, and says whether the memory could be taken.
 */

/** Jiffies in a second, as Debian configures it. */
const HZ = 250
/** It gives the victim two seconds (OOM_REAPER_DELAY). */
const DELAY = 2 * HZ
/** Between two attempts. */
const PAUSE = HZ / 10
/** MAX_OOM_REAP_RETRIES. */
const MAX_RETRIES = 10

/** What the reaper does next. `reap` is answered with true when it has come to an end, `sleep` with true when the victim has exited. */
export type ReapStep =
  | {
      /** Let time pass. */
      readonly kind: 'sleep'
      /** How long. */
      readonly jiffies: number
    }
  | {
      /** Take the pages of the victim that belong to no file, if its mmap_lock can be had at once; false if not. */
      readonly kind: 'reap'
    }

/** Reaps one victim. Returns false when it could not: its memory is given up, and another victim may be chosen. */
export function* oomReap(): Generator<ReapStep, boolean, boolean> {
  if (yield { kind: 'sleep', jiffies: DELAY }) return true
  for (let attempt = 0; attempt < MAX_RETRIES; attempt++) {
    if (yield { kind: 'reap' }) return true
    yield { kind: 'sleep', jiffies: PAUSE }
  }
  return false
}
